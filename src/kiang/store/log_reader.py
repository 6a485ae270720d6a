"""Reading the record log of a data folder from outside the engine's process, while it runs or not."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from kiang.errors import CorruptStoreError, StoreError
from kiang.store.port import LogEntry
from kiang.store.schema import APPLICATION_ID

BUSY_S = 5.0


class LogReader:
    """The record log of one partition; `with LogReader(folder) as log`.

    Args:
        folder: What `kiang serve --data` names.
        partition: Whose log.

    Raises:
        StoreError: There is no store.
        CorruptStoreError: It is something else.
    """

    def __init__(self, folder: Path, *, partition: int = 1) -> None:
        self.partition = partition
        path = folder / f"partition-{partition}.db"
        if not path.is_file():
            raise StoreError(f"Expected {folder} to be the data folder of an engine, but it has no {path.name}.")
        try:
            self._db = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=BUSY_S
            )
            (found,) = self._db.execute("PRAGMA application_id").fetchone()
        except sqlite3.Error as error:
            raise CorruptStoreError(f"Expected {path} to be a store of Kiang, but SQLite says: {error}.") from error
        if found != APPLICATION_ID:
            self._db.close()
            raise CorruptStoreError(f"Expected {path} to be a store of Kiang, but it is another database.")

    def entries(self, after_position: int, limit: int) -> Iterator[LogEntry]:
        """Entries behind a position, oldest first.

        Raises:
            StoreError: They cannot be read.
        """
        try:
            rows = self._db.execute(
                "SELECT position, time_ms, records FROM record_log WHERE position > ? ORDER BY position LIMIT ?",
                (after_position, limit),
            ).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"Expected the record log to be readable, but SQLite says: {error}.") from error
        return (LogEntry(*row) for row in rows)

    def close(self) -> None:
        """May be called twice."""
        with contextlib.suppress(sqlite3.Error):
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
