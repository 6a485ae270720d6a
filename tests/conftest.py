"""For all tests."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from kiang.cli.logs import LineFormatter


@pytest.fixture(autouse=True)
def log_of_commands_ends() -> Iterator[None]:
    """A command that a test has run in this process no longer logs: the standard error that it found is closed by now."""
    root = logging.getLogger()
    level = root.level
    yield
    if any(isinstance(handler.formatter, LineFormatter) for handler in root.handlers):
        root.handlers[:] = [handler for handler in root.handlers if not isinstance(handler.formatter, LineFormatter)]
        root.setLevel(level)
