"""Records as lines of a file."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

FILE_BYTES_MAX = 256 * 1024 * 1024
"""A file that has grown beyond it is put aside under a name with the time, and another one is begun."""

_TAIL_BYTES = 64 * 1024


class JsonLines:
    """A file with one record per line; lines are only ever added, and a line that a crash has cut is taken away.

    Args:
        path: The file; made with its folder if it is not there.

    Raises:
        OSError: It cannot be written.
    """

    def __init__(self, path: str, *, file_bytes_max: int = FILE_BYTES_MAX) -> None:
        self._path = Path(path)
        self._file_bytes_max = file_bytes_max
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("ab", buffering=0)
        self._cut_unfinished_line()

    def write(self, records: Sequence[bytes]) -> None:
        """Add lines and wait for the disk."""
        view = memoryview(b"".join(part for record in records for part in (record, b"\n")))
        while view:
            view = view[self._file.write(view) :]
        os.fsync(self._file.fileno())
        if self._file.tell() > self._file_bytes_max:
            self._put_aside()

    def close(self) -> None:
        """May be called twice."""
        self._file.close()

    def _put_aside(self) -> None:
        self._file.close()
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
        number, aside = 0, self._path.with_name(f"{self._path.stem}.{stamp}{self._path.suffix}")
        while aside.exists():
            number += 1
            aside = self._path.with_name(f"{self._path.stem}.{stamp}-{number}{self._path.suffix}")
        self._path.rename(aside)
        self._file = self._path.open("ab", buffering=0)

    def _cut_unfinished_line(self) -> None:
        size = self._path.stat().st_size
        with self._path.open("rb") as file:
            end = size
            while end > 0:
                start = max(0, end - _TAIL_BYTES)
                file.seek(start)
                at = file.read(end - start).rfind(b"\n")
                if at >= 0:
                    end = start + at + 1
                    break
                end = start
        if end < size:
            self._file.truncate(end)
