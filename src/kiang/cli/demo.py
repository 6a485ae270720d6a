"""`kiang demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Folder for the engine's data, new or empty; else a fresh temporary one."),
    ] = None,
    instances: Annotated[int, typer.Option("--instances", "-n", min=2, max=100_000, help="Orders to place.")] = 200,
) -> None:
    """Run the order process: an engine, three workers, 200 orders, two failures, an incident; and show what happens.

    The engine runs in this process on free ports, with SQLite in a fresh folder that stays, so that you can look further.
    """
    from kiang.cli.order_demo import run_demo  # noqa: PLC0415 - `--help` does without

    run_demo(data, instances)
