"""A copy of a memory store as a database, so that searches have one implementation.

It is made anew when the store has changed since: made for tests and small embedded engines, where that takes milliseconds.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from kiang.engine.state.table import Table
from kiang.engine.state.tables import TABLES
from kiang.store.memory import MemoryStore
from kiang.store.schema import create_index, create_table, insert_row


class Mirror:
    """See the module."""

    def __init__(self, store: MemoryStore, tables: tuple[Table[Any], ...] = TABLES) -> None:
        self._store = store
        self._tables = tables
        self._revision = -1

    def connect(self) -> sqlite3.Connection:
        """An empty copy."""
        connection = sqlite3.connect("file::memory:", uri=True, isolation_level=None, check_same_thread=False)
        for table in self._tables:
            connection.execute(create_table(table))
            for index in table.indexes:
                connection.execute(create_index(table, index))
        connection.execute("CREATE TABLE meta (position INTEGER)")
        connection.execute("INSERT INTO meta VALUES (0)")
        self._revision = -1
        return connection

    def refresh(self, connection: sqlite3.Connection) -> None:
        """Bring the copy to the present state of the store."""
        revision = self._store.revision
        if revision == self._revision:
            return
        connection.execute("BEGIN")
        for table in self._tables:
            connection.execute(f"DELETE FROM {table.name}")  # noqa: S608 - declared names
            connection.executemany(insert_row(table), map(table.values, self._store.select(table)))
        connection.execute("COMMIT")
        self._revision = revision
