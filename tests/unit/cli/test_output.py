"""Tables of the command line."""

from __future__ import annotations

import pytest

from kiang.cli.output import print_table


def test_values_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("Connectors", ("Type",), [("io.camunda:email:1",), ("[red]",)], empty="None.")

    printed = capsys.readouterr().out
    assert "io.camunda:email:1" in printed
    assert "[red]" in printed
