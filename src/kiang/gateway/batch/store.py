"""Keeps batch operations and their items in a SQLite file; every change is durable when a method returns."""

# ruff: noqa: S608 - numbers are our own, every value is bound

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from uuid import uuid4

from kiang.gateway.batch.rows import BATCH_ITEMS, BATCH_OPERATIONS, BatchState, ItemState
from kiang.search.statement import Run
from kiang.store.schema import create_index, create_table

T = TypeVar("T")

FIRST_KEY = 4095 << 51
"""Keys of operations are those of a partition that never is, so that they are no key of the engine."""


class Target(NamedTuple):
    """What an item is about."""

    item_key: int
    process_instance_key: int
    root_process_instance_key: int


class Pending(NamedTuple):
    """An item whose turn has come."""

    key: int
    item_key: int


class Done(NamedTuple):
    """What became of an item; no message if all went well."""

    key: int
    error_message: str


class BatchStore:
    """See the module. Methods may block for the disk and may be called from any thread.

    Args:
        path: The file; None to keep everything in memory.
    """

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        # A database in memory has a name, so that searches can see into it, too.
        named = f"file:kiang-batch-{uuid4().hex}?mode=memory&cache=shared"
        self._db = sqlite3.connect(
            named if path is None else path, isolation_level=None, check_same_thread=False, uri=path is None
        )
        self.uri = named if path is None else f"{path.absolute().as_uri()}?mode=ro"
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        for table in (BATCH_OPERATIONS, BATCH_ITEMS):
            known = self._db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table.name,)).fetchone()
            if known is None:
                self._db.execute(create_table(table))
                for index in table.indexes:
                    self._db.execute(create_index(table, index))

    def create(self, type_: str, plan: str, targets: Iterable[Target], now_ms: int) -> int:
        """A new operation with its items; returns its key. One without items is complete at once."""

        def work(db: sqlite3.Connection) -> int:
            (key,) = db.execute("SELECT COALESCE(MAX(key), ?) + 1 FROM batch_operation", (FIRST_KEY,)).fetchone()
            rows = [
                (key, type_, target.item_key, target.process_instance_key, target.root_process_instance_key)
                for target in targets
            ]
            state, ended_at = (BatchState.ACTIVE, None) if rows else (BatchState.COMPLETED, now_ms)
            db.execute(
                "INSERT INTO batch_operation (key, type, plan, state, started_at, total, ended_at, completed, failed) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0)",
                (key, type_, plan, int(state), now_ms, len(rows), ended_at),
            )
            db.executemany(
                "INSERT INTO batch_item (operation_key, operation_type, item_key, process_instance_key, "
                "root_process_instance_key, state, error_message) "
                f"VALUES (?, ?, ?, ?, ?, {int(ItemState.ACTIVE)}, '')",
                rows,
            )
            return int(key)

        return self._write(work)

    def next(self, limit: int) -> tuple[int, str, str, list[Pending]] | None:
        """Key, type and plan of the oldest active operation, and its next items; None if nothing is active."""

        def work(run: Run) -> tuple[int, str, str, list[Pending]] | None:
            found = run(
                "SELECT key, type, plan FROM batch_operation WHERE state = ? ORDER BY key LIMIT 1",
                [int(BatchState.ACTIVE)],
            )
            if not found:
                return None
            key, type_, plan = found[0]
            items = run(
                "SELECT key, item_key FROM batch_item WHERE operation_key = ? AND state = ? ORDER BY key LIMIT ?",
                [key, int(ItemState.ACTIVE), limit],
            )
            return key, type_, plan, [Pending(*item) for item in items]

        return self.read(work)

    def finish_items(self, operation_key: int, done: list[Done], now_ms: int) -> None:
        """Note what became of items; the operation is complete when none is left."""

        def work(db: sqlite3.Connection) -> None:
            db.executemany(
                "UPDATE batch_item SET state = ?, processed_at = ?, error_message = ? WHERE key = ?",
                [
                    (
                        int(ItemState.FAILED if one.error_message else ItemState.COMPLETED),
                        now_ms,
                        one.error_message,
                        one.key,
                    )
                    for one in done
                ],
            )
            failed = sum(bool(one.error_message) for one in done)
            db.execute(
                "UPDATE batch_operation SET completed = completed + ?, failed = failed + ? WHERE key = ?",
                (len(done) - failed, failed, operation_key),
            )
            left = db.execute(
                "SELECT 1 FROM batch_item WHERE operation_key = ? AND state = ? LIMIT 1",
                (operation_key, int(ItemState.ACTIVE)),
            ).fetchone()
            if left is None:
                db.execute(
                    "UPDATE batch_operation SET state = ?, ended_at = ? WHERE key = ? AND state = ?",
                    (int(BatchState.COMPLETED), now_ms, operation_key, int(BatchState.ACTIVE)),
                )

        self._write(work)

    def change(self, key: int, allowed: tuple[BatchState, ...], state: BatchState, now_ms: int) -> BatchState | None:
        """Put an operation into a state if it is in one of `allowed`; returns the state that it was in, None if it is unknown."""

        def work(db: sqlite3.Connection) -> BatchState | None:
            found = db.execute("SELECT state FROM batch_operation WHERE key = ?", (key,)).fetchone()
            if found is None:
                return None
            before = BatchState(found[0])
            if before in allowed:
                ended_at = now_ms if state is BatchState.CANCELED else None
                db.execute(
                    "UPDATE batch_operation SET state = ?, ended_at = ? WHERE key = ?", (int(state), ended_at, key)
                )
                if state is BatchState.CANCELED:
                    db.execute(
                        "UPDATE batch_item SET state = ?, processed_at = ? WHERE operation_key = ? AND state = ?",
                        (int(ItemState.CANCELED), now_ms, key, int(ItemState.ACTIVE)),
                    )
            return before

        return self._write(work)

    def read(self, work: Callable[[Run], T]) -> T:
        """Have `work` ask for whatever it needs."""

        def run(statement: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
            return self._db.execute(statement, parameters).fetchall()

        with self._lock:
            return work(run)

    def close(self) -> None:
        """Release the file; may be called twice."""
        with self._lock:
            self._db.close()

    def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                result = work(self._db)
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
            return result
