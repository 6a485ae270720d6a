"""Fixtures for pytest; registered as a plugin when Kiang is installed. It imports the engine when a test wants it, not before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from kiang.testing.in_process import InProcessEngine


@pytest.fixture
def kiang_engine() -> Iterator[InProcessEngine]:
    """A new, empty engine inside the test; see `kiang.testing`."""
    from kiang.testing.in_process import engine  # noqa: PLC0415 - a run without such tests must not pay for it

    with engine() as started:
        yield started
