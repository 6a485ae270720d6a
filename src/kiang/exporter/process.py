"""The process of one exporter: `python -m kiang.exporter.process DATA TARGET`.

It ends when its standard input ends, so it does not outlive the engine, and when the store or the sink fails: the supervisor then starts
it again, and it goes on from the position that it has remembered.
"""

from __future__ import annotations

import logging
import select
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from kiang.errors import KiangError
from kiang.exporter.position import Exporting, PositionFile
from kiang.exporter.record import records
from kiang.exporter.sink import Sink, open_sink
from kiang.store.log_reader import LogReader

LOG = logging.getLogger("kiang.exporter")

POLL_S = 0.2
"""Rest when there is nothing new: how far an export may be behind an idle engine."""

ENTRIES_MAX = 200
RECORDS_BYTES_MAX = 8 * 1024 * 1024
"""What is written at once: so many commits, and no more bytes than that unless one commit has more."""


def export_portion(log: LogReader, sink: Sink, after_position: int) -> int:
    """Write what stands behind a position in the log, as far as one portion goes.

    Returns:
        The position of the last commit that is in the sink; `after_position` if there was nothing.

    Raises:
        OSError: The sink refused.
        StoreError: The log cannot be read.
    """
    position, portion, size = after_position, [], 0
    for entry in log.entries(after_position, ENTRIES_MAX):
        for record in records(entry, log.partition):
            portion.append(record)
            size += len(record)
        position = entry.position
        if size >= RECORDS_BYTES_MAX:
            break
    if portion:
        sink.write(portion)
    return position


def run(data: Path, target: str, wait: Callable[[float], bool]) -> None:
    """Export until `wait` says that it is enough.

    Args:
        data: The data folder.
        target: Where to.
        wait: Rests for some seconds; returns whether to end.

    Raises:
        KiangError: The target is wrong or the store cannot be read.
        OSError: The sink cannot be written.
    """
    position_file, exporting = PositionFile(data, target), Exporting(data, (target,))
    position = position_file.read()
    with LogReader(data) as log:
        sink = open_sink(target)
        try:
            LOG.info("exporting target=%s position=%d", target, position)
            rest_s = 0.0
            while not wait(rest_s):
                rest_s = POLL_S
                if exporting.is_paused:
                    continue
                reached = export_portion(log, sink, position)
                if reached != position:
                    position_file.write(reached)
                    position, rest_s = reached, 0.0
        finally:
            sink.close()


def main() -> int:
    """Run as a process; 0 when the input has ended, 1 after a failure, which is logged."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the engine decides when to stop: it closes the pipe
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    data, target = sys.argv[1:]
    try:
        run(Path(data), target, _input_has_ended)
    except (KiangError, OSError) as error:
        LOG.error("export_failed target=%s error=%s", target, error)  # noqa: TRY400 - the trace says nothing more
        return 1
    return 0


def _input_has_ended(rest_s: float) -> bool:
    readable, _, _ = select.select([sys.stdin], [], [], rest_s)
    return bool(readable)


if __name__ == "__main__":
    sys.exit(main())
