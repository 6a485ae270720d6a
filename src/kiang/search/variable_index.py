"""Finding variables by name and value, without an index that every new variable would have to be put into.

A B-tree over values costs 15 kB of random writes per process instance with three variables, and as much work as all its other
rows together. So values are indexed beside the store, some seconds later, in segments that are written once and in order:

    segment    the variables of a range of keys, sorted by name and beginning of the value; small ones are merged into larger ones
    updated    variables whose value has changed since they were made: a partial index of the store itself
    tail       variables younger than the last segment: they are looked through, at most `TAIL_MAX` when the index keeps up

Together they are exact. Keys are committed in ascending order, so what is behind the last segment is the tail. A segment holds what
was true at a position of the store; a search uses the segments whose position it has reached, and whatever has changed since a
segment was made is in the partial index. Candidates are looked up in the store itself before anybody sees them.

The file can be deleted at any time: it is made anew.
"""

# ruff: noqa: S608 - names and numbers are our own, every value is bound

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from pathlib import Path
from typing import Any

from kiang.engine.state.variable import VALUE_PREFIX_CHARACTERS
from kiang.search.value import Stored

LOG = logging.getLogger(__name__)

TAIL_MAX = 20_000
"""Variables that are not in a segment yet before one is made: looking through them takes some milliseconds."""

SEGMENT_MAX = 1_000_000
"""Variables of one new segment: about two seconds of work in the database's own code."""

MERGED_SEGMENTS = 8
"""Segments of one size that are merged into one."""

UNEVEN_SEGMENTS_MAX = 40
"""Beyond so many they are merged whatever their sizes: each costs a search some microseconds."""

MERGED_VARIABLES_MAX = 8_000_000
"""Segments beyond this are not merged any more."""

PAUSE_S = 1.0
"""Rest between two looks at the tail."""

CACHE_KIB = 8 * 1024

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS segment "
    "(id INTEGER PRIMARY KEY, last_key INTEGER NOT NULL, count INTEGER NOT NULL, position INTEGER NOT NULL)"
)


_IN_SEGMENT = "SELECT key FROM side.segment_{} WHERE name = ? AND value = ?"
_UPDATED = (
    "SELECT v.key FROM variable v WHERE v.is_updated = 1 AND v.name = ? "
    f"AND substr(v.value, 1, {VALUE_PREFIX_CHARACTERS}) = ?"
)
_IN_TAIL = "SELECT v.key FROM variable v WHERE v.key > ? AND +v.name = ? AND v.value = ?"


def attach(connection: sqlite3.Connection, path: Path | None) -> None:
    """Let a connection of searches see the segments as `side`; without a file there are none."""
    if path is None:
        connection.execute("ATTACH ':memory:' AS side")
        connection.execute(_SCHEMA.replace("EXISTS segment", "EXISTS side.segment"))
    else:
        connection.execute("ATTACH ? AS side", (f"{path.absolute().as_uri()}?mode=ro",))


def candidates(run: Any, name: str, values: tuple[Stored, ...], limit: int) -> list[int] | None:
    """Keys of the variables that have this name and one of these values; None if there are more than `limit`."""
    segments = run(
        "SELECT id, last_key FROM side.segment WHERE position <= (SELECT position FROM main.meta) ORDER BY last_key", []
    )
    found: set[int] = set()
    last_key = segments[-1][1] if segments else 0
    for value in values:
        prefix = str(value)[:VALUE_PREFIX_CHARACTERS]
        named: list[Stored] = [name, prefix]
        sources = [(_IN_SEGMENT.format(id_), named) for id_, _ in segments]
        sources += [(_UPDATED, named), (_IN_TAIL, [last_key, name, value])]
        for statement, parameters in sources:
            found.update(row[0] for row in run(f"{statement} LIMIT ?", [*parameters, limit + 1]))
            if len(found) > limit:
                return None
    return sorted(found)


def index_path(store_path: Path) -> Path:
    """Where the segments of a store are."""
    return store_path.with_name(f"{store_path.stem}-search.db")


class VariableIndex:
    """Keeps the segments of a store up to date, in a thread of its own.

    Args:
        store_path: The database of the store.
        is_kept: False to make only sure that there is a file with segments of this store; another process keeps them.
    """

    def __init__(self, store_path: Path, *, is_kept: bool = True) -> None:
        self.path = index_path(store_path)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._connection = self._open(store_path)
        self._thread = threading.Thread(target=self._keep, name="kiang-variable-index", daemon=True)
        if is_kept:
            self._thread.start()

    def close(self) -> None:
        """End the thread; may be called twice."""
        self._stop.set()
        if self._thread.is_alive():
            self._connection.interrupt()
            self._thread.join()
        self._connection.close()

    def grow(self, tail_max: int = TAIL_MAX) -> bool:
        """Make one segment if the tail is too long, or merge some; whether there was something to do."""
        with self._lock:
            return self._add_segment(tail_max) or self._merge_segments()

    def _open(self, store_path: Path) -> sqlite3.Connection:
        try:
            return self._connect(store_path)
        except sqlite3.DatabaseError:
            LOG.warning("index of variables is damaged and made anew", extra={"path": str(self.path)})
            for suffix in ("", "-wal", "-shm"):
                with contextlib.suppress(FileNotFoundError):
                    Path(f"{self.path}{suffix}").unlink()
            return self._connect(store_path)

    def _connect(self, store_path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path.absolute().as_uri(), uri=True, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            connection.execute(_SCHEMA)
            connection.execute("ATTACH ? AS store", (f"{store_path.absolute().as_uri()}?mode=ro",))
            self._match(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    @staticmethod
    def _match(connection: sqlite3.Connection) -> None:
        """Segments of a store that has been set back since tell of variables that it may never have had."""
        (known,) = connection.execute("SELECT COALESCE(MAX(position), 0) FROM segment").fetchone()
        (position,) = connection.execute("SELECT position FROM store.meta").fetchone()
        if known > position:
            for (id_,) in connection.execute("SELECT id FROM segment").fetchall():
                connection.execute(f"DROP TABLE segment_{id_}")
            connection.execute("DELETE FROM segment")

    def _keep(self) -> None:
        while not self._stop.is_set():
            try:
                while not self._stop.is_set() and self.grow():
                    pass
            except sqlite3.Error as error:
                if not self._stop.is_set():
                    LOG.warning("index of variables cannot be kept", extra={"reason": str(error)})
            self._stop.wait(PAUSE_S)

    def _add_segment(self, tail_max: int) -> bool:
        db = self._connection
        (last,) = db.execute("SELECT COALESCE(MAX(last_key), 0) FROM segment").fetchone()
        bounds = db.execute(
            "SELECT key FROM store.variable WHERE key > ? ORDER BY key LIMIT 1 OFFSET ?", (last, tail_max)
        ).fetchone()
        if bounds is None:
            return False
        db.execute("BEGIN IMMEDIATE")
        try:
            (position,) = db.execute("SELECT position FROM store.meta").fetchone()
            count, last_key = db.execute(
                "SELECT COUNT(*), MAX(key) FROM (SELECT key FROM store.variable WHERE key > ? ORDER BY key LIMIT ?)",
                (last, SEGMENT_MAX),
            ).fetchone()
            id_ = self._make(count, last_key, position)
            db.execute(
                f"INSERT INTO segment_{id_} SELECT name, substr(value, 1, {VALUE_PREFIX_CHARACTERS}), key "
                "FROM store.variable WHERE key > ? AND key <= ? ORDER BY 1, 2, 3",
                (last, last_key),
            )
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")
        return True

    def _merge_segments(self) -> bool:
        db = self._connection
        segments = db.execute("SELECT id, last_key, count, position FROM segment ORDER BY last_key").fetchall()
        merged = _to_merge(segments)
        if not merged:
            return False
        db.execute("BEGIN IMMEDIATE")
        try:
            id_ = self._make(sum(s[2] for s in merged), merged[-1][1], max(s[3] for s in merged))
            union = " UNION ALL ".join(f"SELECT name, value, key FROM segment_{s[0]}" for s in merged)
            db.execute(f"INSERT INTO segment_{id_} SELECT * FROM ({union}) ORDER BY 1, 2, 3")
            for segment in merged:
                db.execute(f"DROP TABLE segment_{segment[0]}")
                db.execute("DELETE FROM segment WHERE id = ?", (segment[0],))
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")
        return True

    def _make(self, count: int, last_key: int, position: int) -> int:
        (id_,) = self._connection.execute("SELECT COALESCE(MAX(id), 0) + 1 FROM segment").fetchone()
        self._connection.execute("INSERT INTO segment VALUES (?, ?, ?, ?)", (id_, last_key, count, position))
        self._connection.execute(
            f"CREATE TABLE segment_{id_} (name TEXT, value TEXT, key INTEGER, PRIMARY KEY (name, value, key)) WITHOUT ROWID"
        )
        return int(id_)


def _to_merge(segments: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """The youngest segments if there are enough of about one size: neighbours, so that ranges of keys stay ranges."""
    youngest = segments[-MERGED_SEGMENTS:]
    if len(youngest) < MERGED_SEGMENTS:
        return []
    sizes = [count for _, _, count, _ in youngest]
    is_even = max(sizes) <= MERGED_SEGMENTS * min(sizes)
    is_crowded = len(segments) > UNEVEN_SEGMENTS_MAX
    return youngest if sum(sizes) <= MERGED_VARIABLES_MAX and (is_even or is_crowded) else []
