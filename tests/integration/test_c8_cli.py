"""The first steps with @camunda8/cli (c8), unchanged; `make check-c8` tries all of its commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.c8_cli.run import C8, NotInstalled, first_steps, install
from tests.integration.running_engine import running_engine


def test_first_steps_with_the_command_line_of_camunda_8(tmp_path: Path) -> None:
    try:
        program = install()
    except NotInstalled as reason:
        pytest.skip(str(reason))
    with running_engine(tmp_path / "data") as engine:
        first_steps(C8(program, engine.rest_url, tmp_path))
