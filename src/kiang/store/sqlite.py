"""The store in a SQLite file: write-ahead log, every commit on the disk before it counts.

One connection writes, by default in a process of its own (see `writer`); one reads for the engine; searches open their own. Readers
never wait for the writer, nor the writer for them.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from kiang.engine.state.table import Table
from kiang.engine.state.tables import TABLES
from kiang.engine.state.unit_of_work import Commit
from kiang.errors import KiangError, StoreError
from kiang.store.lock import LOCK_WAIT_S, FolderLock
from kiang.store.port import Header, Removal
from kiang.store.schema import bring_up, delete_row, insert_row, update_row
from kiang.store.sqlite_rows import ERRORS, SqliteRows, encode_json
from kiang.store.writer import (
    Execution,
    Opening,
    Statements,
    WriteError,
    Writer,
    connect,
    failure_of,
)
from kiang.store.writer_process import WriterGone, WriterProcess

TRIM_ENTRIES = 500
"""Entries of the record log that are deleted in one transaction."""

_encode = msgspec.msgpack.Encoder().encode


class SqliteStore(SqliteRows):
    """See `store.port.Store`.

    Attributes:
        path: The database file.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        partition: int = 1,
        tables: Sequence[Table[Any]] = TABLES,
        writes_apart: bool = True,
        lock_wait_s: float = LOCK_WAIT_S,
        pages_max: int = 0,
        commit_delay_ms: float = 0.0,
    ) -> None:
        """Open the store, making folder and file if they are not there, and take over as its writer.

        Args:
            folder: The data folder.
            partition: Whose state it holds; each partition has a file of its own.
            tables: What is stored.
            writes_apart: Write in a process of its own; else in the thread that calls `commit`.
            lock_wait_s: How long to wait for another process to let go of the folder.
            pages_max: Limit of the database in pages of 4 kB, as a quota; 0 for none.
            commit_delay_ms: Added to every commit, for measurements: as if the disk were slower by that.

        Raises:
            StoreLockedError: Another process uses the folder.
            StoreVersionError: The store was written by a newer version.
            CorruptStoreError: The file is damaged or is something else.
            StoreFullError: There is no room to open it.
            StoreError: The folder cannot be used.
        """
        self._folder = Path(folder)
        path = self._folder / f"partition-{partition}.db"
        self._tables = tables
        self._pages_max = pages_max
        self._commit_delay_ms = commit_delay_ms
        self._writes_apart = writes_apart and bool(sys.executable)
        self._write_lock = threading.Lock()
        self._is_closed = False
        self._started: Commit | None = None
        self._gone: list[Writer | WriterProcess] = []
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"Expected {self._folder} to be a data folder, but {error.strerror}.") from error
        self._lock = FolderLock(self._folder / f"partition-{partition}.lock", wait_s=lock_wait_s)
        try:
            self._header = self._take_over(path, partition)
            super().__init__(path, tables)
            self._writer = self._open_writer()
        except BaseException as error:
            self._lock.release()
            if isinstance(error, sqlite3.Error):
                raise _opening_failed(path, error) from error
            raise

    @property
    def header(self) -> Header:
        """As of the last commit."""
        return self._header

    @property
    def waits_for_disk(self) -> bool:
        """Every commit does."""
        return True

    def commit(self, commit: Commit) -> None:
        """Write one batch."""
        with self._write_lock:
            self._close_gone()
            try:
                self._writer.commit(_encoded(commit))
            except WriteError as error:
                raise ERRORS[error.kind](str(error)) from error
            except WriterGone:
                self._writer_gone(commit)
            self._committed(commit)
            if isinstance(self._writer, Writer) and self._writer.wants_checkpoint:
                self._writer.checkpoint()

    @property
    def reply_fd(self) -> int | None:
        """See `StoreWithReplies`."""
        return self._writer.reply_fd if isinstance(self._writer, WriterProcess) else None

    def start_commit(self, commit: Commit) -> bool:
        """See `StoreWithReplies`."""
        writer = self._writer
        if not isinstance(writer, WriterProcess) or not self._write_lock.acquire(blocking=False):
            return False
        is_started = False
        try:
            self._close_gone()
            is_started = writer.start_commit(_encoded(commit))
            self._started = commit if is_started else None
        except WriterGone:  # the reply will tell, too: the pipe has ended
            self._started = commit
            is_started = True
        finally:
            if not is_started:
                self._write_lock.release()
        return is_started

    def finish_commit(self) -> bool:
        """See `StoreWithReplies`."""
        commit = self._started
        if commit is None and not self._write_lock.acquire(blocking=False):
            return False  # somebody else has asked, and waits for this reply
        is_done = True
        try:
            assert isinstance(self._writer, WriterProcess)
            is_done = self._writer.take_reply()
            if is_done and commit is not None:
                self._committed(commit)
        except WriteError as error:
            raise ERRORS[error.kind](str(error)) from error
        except WriterGone:
            if commit is None:
                self._replace_writer()
                return False
            self._writer_gone(commit)
            self._committed(commit)
        finally:
            if is_done:
                self._started = None
            if is_done or commit is None:
                self._write_lock.release()
        return is_done and commit is not None

    def trim_log(self, before_position: int) -> int:
        """Forget entries of the record log before a position, some hundred at a time, so that commits come in between."""
        sql = (
            "DELETE FROM record_log WHERE position IN"
            " (SELECT position FROM record_log WHERE position < ? ORDER BY position LIMIT ?)"
        )
        portion = Execution([(sql, (before_position, TRIM_ENTRIES))])
        total = 0
        while True:
            count = self._execute(portion)
            total += count
            if count < TRIM_ENTRIES:
                return total

    def remove(self, removals: Sequence[Removal]) -> int:
        """Delete rows that the engine is done with, in one transaction."""
        return self._execute(
            Execution(
                [
                    (
                        f"DELETE FROM {removal.table.name} WHERE {removal.column} IN (SELECT value FROM json_each(?))",  # noqa: S608 - declared names
                        (encode_json(list(removal.values)),),
                    )
                    for removal in removals
                ]
            )
        )

    def _execute(self, execution: Execution) -> int:
        while True:
            with self._write_lock:
                try:
                    return self._writer.execute(execution)
                except WriteError as error:
                    raise ERRORS[error.kind](str(error)) from error
                except WriterGone:
                    self._replace_writer()

    def close(self) -> None:
        """Release files and locks; may be called twice."""
        if self._is_closed:
            return
        self._is_closed = True
        with self._write_lock, self._read_lock:
            self._reader.close()
            self._close_gone()
            self._writer.close()
            self._lock.release()

    def _take_over(self, path: Path, partition: int) -> Header:
        """Bring the schema up and become the writer: the epoch is ours from now on."""
        db = connect(str(path))
        try:
            bring_up(db, self._tables, partition)
            db.execute("UPDATE meta SET epoch = epoch + 1")
            position, last_key, epoch, time_ms = db.execute(
                "SELECT position, last_key, epoch, time_ms FROM meta"
            ).fetchone()
        finally:
            db.close()
        return Header(partition, position, last_key, epoch, time_ms)

    def _open_writer(self) -> Writer | WriterProcess:
        statements = {t.name: Statements(insert_row(t), update_row(t), delete_row(t)) for t in self._tables}
        opening = Opening(str(self.path), self._header.epoch, statements, self._pages_max, self._commit_delay_ms)
        return WriterProcess(opening, self._lock.fd) if self._writes_apart else Writer(opening)

    def _committed(self, commit: Commit) -> None:
        old = self._header
        self._header = Header(old.partition, commit.position, commit.last_key, old.epoch, commit.time_ms)

    def _writer_gone(self, commit: Commit) -> None:
        """The writer's process has ended in the middle: look whether the commit was durable, and start another one."""
        with self._read_lock:
            (position,) = self._reader.execute("SELECT position FROM meta").fetchone()
        self._replace_writer()
        if position != commit.position:
            raise StoreError(
                "Expected the process that writes the store to answer, but it has ended. It was started again; nothing of the"
                " batch was written."
            )

    def _replace_writer(self) -> None:
        self._gone.append(self._writer)
        self._writer = self._open_writer()

    def _close_gone(self) -> None:
        while self._gone:
            self._gone.pop().close()


def _opening_failed(path: Path, error: sqlite3.Error) -> KiangError:
    failure = failure_of(error)
    return ERRORS[failure.kind](f"Cannot open {path}. {failure}")


def _encoded(commit: Commit) -> bytes:
    changes = [(change.table.name, change.inserts, change.updates, change.deletes) for change in commit.changes]
    try:
        return _encode((commit.position, commit.last_key, commit.time_ms, commit.records, changes))
    except (OverflowError, TypeError, ValueError) as error:
        raise StoreError(f"Expected rows that can be stored, but one of them cannot be encoded: {error}.") from error
