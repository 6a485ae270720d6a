"""`kiang export`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer


def export(
    data: Annotated[Path, typer.Option("--data", envvar="KIANG_DATA", help="The data folder of the engine.")] = Path(
        "kiang-data"
    ),
    after: Annotated[int, typer.Option("--after", min=0, metavar="POSITION", help="Begin behind this commit.")] = 0,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is new, until Ctrl-C.")] = False,
) -> None:
    """Print the record log as JSON lines: everything that the engine has decided, in order.

    The engine may run meanwhile. How far back the log reaches, `kiang serve --log-retention` decides. To have it exported all the time,
    see `kiang serve --export`.

    Example: kiang export --data /var/lib/kiang | grep '"event":"IncidentCreated"'
    """
    from kiang.exporter.process import ENTRIES_MAX, POLL_S  # noqa: PLC0415 - `--help` does without
    from kiang.exporter.record import records  # noqa: PLC0415 - as above
    from kiang.store.log_reader import LogReader  # noqa: PLC0415 - as above

    output = sys.stdout.buffer
    with LogReader(data) as log:
        position = after
        while True:
            before = position
            for entry in log.entries(position, ENTRIES_MAX):
                for record in records(entry, log.partition):
                    output.write(record)
                    output.write(b"\n")
                position = entry.position
            output.flush()
            if position == before:
                if not follow:
                    return
                time.sleep(POLL_S)
