"""The rows of a SQLite file as they are committed: what the engine and searches read. Nothing is written here."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from kiang.engine.state.table import Condition, Row, Table
from kiang.engine.state.tables import TABLES
from kiang.errors import CorruptStoreError, FencedError, StoreError, StoreFullError
from kiang.store.port import LogEntry
from kiang.store.schema import literal
from kiang.store.writer import CORRUPT, FENCED, FULL, OTHER, connect, failure_of

R = TypeVar("R", bound=Row)

READ_CACHE_KIB = 8 * 1024
"""Pages that the engine's reader keeps. Instances that wait are read once when they go on: a larger cache would not help."""

ERRORS: dict[str, type[StoreError]] = {
    FULL: StoreFullError,
    FENCED: FencedError,
    CORRUPT: CorruptStoreError,
    OTHER: StoreError,
}


class SqliteRows:
    """The reading half of `store.port.Store`.

    Attributes:
        path: The database file.
    """

    def __init__(self, path: Path, tables: Sequence[Table[Any]] = TABLES) -> None:
        """Open the file, which is there and has its schema.

        Args:
            path: The database file.
            tables: What is stored.
        """
        self.path = path
        self._read_lock = threading.Lock()
        self._queries: dict[Any, str] = {}
        self._shapes = {table.name: _shape(table) for table in tables}
        self._reader = connect(str(path))
        self._reader.execute(f"PRAGMA cache_size = -{READ_CACHE_KIB}")
        self._reader.execute("PRAGMA query_only = ON")

    def select(
        self, table: Table[R], where: Sequence[Condition] = (), order: Sequence[str] = (), limit: int | None = None
    ) -> list[R]:
        """Rows for which every condition holds."""
        query, parameters = self._query(table, where, order, limit)
        make = table.make
        try:
            with self._read_lock:
                return [make(values) for values in self._reader.execute(query, parameters)]
        except sqlite3.Error as error:
            failure = failure_of(error)
            raise ERRORS[failure.kind](str(failure)) from error

    def log(self, after_position: int = 0, limit: int = 1000) -> Iterator[LogEntry]:
        """Entries of the record log behind a position, oldest first."""
        with self._read_lock:
            rows = self._reader.execute(
                "SELECT position, time_ms, records FROM record_log WHERE position > ? ORDER BY position LIMIT ?",
                (after_position, limit),
            ).fetchall()
        return (LogEntry(*row) for row in rows)

    def connect_for_reading(self) -> sqlite3.Connection:
        """A connection for searches, on which nothing can be written; the caller closes it.

        It may be used by one thread at a time, whichever that is, and must not keep a cursor half read: that would keep the log from being
        moved to the database.
        """
        db = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
        )
        db.execute("PRAGMA query_only = ON")
        return db

    def _query(
        self, table: Table[Any], where: Sequence[Condition], order: Sequence[str], limit: int | None
    ) -> tuple[str, list[Any]]:
        shape = self._shapes[table.name]
        partial, texts = shape.partial, shape.texts
        parameters: list[Any] = []
        key: list[Any] = [table.name, tuple(order), limit is None]
        for column, compare, value in where:
            key += (column, compare)
            if compare == "in":
                if column in texts:
                    key.append(len(value))
                    parameters += value
                else:
                    parameters.append(encode_json(list(value)))
            elif compare == "=" and (column, value) in partial:
                key.append(value)
            else:
                parameters.append(value)
        if limit is not None:
            parameters.append(limit)
        name = tuple(key)
        query = self._queries.get(name)
        if query is None:
            query = self._queries[name] = _select(table, shape, where, order, limit)
        return query, parameters


def encode_json(values: list[Any]) -> str:
    """A list of keys as one parameter."""
    return msgspec.json.encode(values).decode()


class _Shape(NamedTuple):
    """What makes the queries of a table special.

    Attributes:
        partial: Columns and values of the conditions of partial indexes. They stand in a query as they are, or the database
            cannot tell that such an index covers it.
        texts: Columns that hold text.
    """

    partial: frozenset[tuple[str, int | str]]
    texts: frozenset[str]


def _shape(table: Table[Any]) -> _Shape:
    return _Shape(
        frozenset(condition for index in table.indexes for condition in index.where),
        frozenset(column.name for column in table.columns if column.type == "text"),
    )


def _select(
    table: Table[Any], shape: _Shape, where: Sequence[Condition], order: Sequence[str], limit: int | None
) -> str:
    conditions = []
    for column, compare, value in where:
        if compare == "in" and column in shape.texts:
            conditions.append(f"{column} IN ({', '.join('?' * len(value))})")
        elif compare == "in":  # one parameter however many keys, so that the statement stays prepared
            conditions.append(f"{column} IN (SELECT value FROM json_each(?))")  # noqa: S608 - declared names
        elif compare == "=" and (column, value) in shape.partial:
            conditions.append(f"{column} = {literal(value)}")
        else:
            conditions.append(f"{column} {compare} ?")
    query = f"SELECT {', '.join(column.name for column in table.columns)} FROM {table.name}"  # noqa: S608 - declared names
    if conditions:
        query += f" WHERE {' AND '.join(conditions)}"
    if order:
        query += f" ORDER BY {', '.join(order)}"
    return query if limit is None else f"{query} LIMIT ?"
