"""The one who writes: applies encoded batches to a SQLite database, in this process or in one of its own.

A process of its own keeps binding and stepping through rows out of the engine's interpreter: a thread would have to win the interpreter
lock back from a busy engine after every row. The engine's side pays one encoding per batch, about 1.5 microseconds per process instance.

This file is also run as a script by that process. It imports nothing of Kiang, so that the process is small and starts quickly; what it
has to know comes with the first message. It ends when its input ends: it does not outlive the engine.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import select
import signal
import sqlite3
import struct
import sys
import time
from typing import Any

import msgspec

PAGE_SIZE = 4096
CACHE_KIB = 16 * 1024
"""Pages that the writer keeps: the last ones of every table and index, and those of instances that wait."""

CHECKPOINT_PAGES = 2_000
"""Pages in the write-ahead log, about, before they are moved to the database: 8 MB, some 5 ms of work."""

PAGES_PER_COMMIT = 12
BYTES_PER_PAGE = 600
"""What a commit writes, about: some pages anyway, and one more for so many bytes of rows. Measured; it need not be exact."""

IDLE_S = 1.0
"""Rest after which the log is moved to the database, however short it is."""

MESSAGE_HEAD = struct.Struct("<BI")
"""Kind and length of a message."""

OPEN, COMMIT, EXECUTE = 1, 2, 3
DONE, FAILED = 4, 5

ROWS_PER_INSERT = 32
"""Rows that one statement inserts while there are so many: a fifth less work than row by row. A table of 40 columns then has 1,280
parameters, far from the 32,766 that SQLite takes."""

BUSY_MS = 5_000


class Statements(msgspec.Struct, array_like=True):
    """SQL for one table; "" for what is never done to it."""

    insert: str
    update: str
    delete: str


class Opening(msgspec.Struct, array_like=True):
    """First message to a writer.

    Attributes:
        path: The database; it exists and has its schema.
        epoch: Proves that nobody else has taken over.
        tables: Statements by name of the table.
        pages_max: The database never gets larger; 0 for no limit.
        delay_ms: Added to every commit, for measurements: as if the disk were slower by that.
    """

    path: str
    epoch: int
    tables: dict[str, Statements]
    pages_max: int = 0
    delay_ms: float = 0.0


Rows = list[tuple[Any, ...]]


class TableRows(msgspec.Struct, array_like=True):
    """What happens to the rows of one table."""

    table: str
    inserts: Rows
    updates: Rows
    deletes: Rows


class EncodedCommit(msgspec.Struct, array_like=True):
    """One transaction."""

    position: int
    last_key: int
    time_ms: int
    records: bytes
    changes: list[TableRows]


class Execution(msgspec.Struct, array_like=True):
    """Statements with their parameters, in a transaction of their own; the answer is the number of rows that they have changed."""

    statements: list[tuple[str, tuple[Any, ...]]]


class Failure(msgspec.Struct, array_like=True):
    """Why something was not done: `kind` is one of the names below."""

    kind: str
    message: str


FULL, FENCED, CORRUPT, OTHER = "full", "fenced", "corrupt", "other"

_decode_commit = msgspec.msgpack.Decoder(EncodedCommit).decode


class WriteError(Exception):
    """Nothing was written."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Writer:
    """One connection that writes."""

    def __init__(self, opening: Opening) -> None:
        self._epoch = opening.epoch
        self._tables = opening.tables
        self._delay_s = opening.delay_ms / 1000
        self._pages = 0
        self._many: dict[str, str] = {}
        self._db = connect(opening.path)
        self._db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._db.execute("PRAGMA wal_autocheckpoint = 0")
        if opening.pages_max:
            self._db.execute(f"PRAGMA max_page_count = {opening.pages_max}")

    def commit(self, encoded: bytes) -> None:
        """Make a batch durable.

        Raises:
            WriteError: Nothing of it was written.
        """
        db = self._db
        try:
            commit = _decode_commit(encoded)
            db.execute("BEGIN IMMEDIATE")
            for change in commit.changes:
                statements = self._tables[change.table]
                if change.inserts:
                    self._insert(change.table, statements.insert, change.inserts)
                if change.updates:
                    db.executemany(statements.update, change.updates)
                if change.deletes:
                    db.executemany(statements.delete, change.deletes)
            if commit.records:
                db.execute("INSERT INTO record_log VALUES (?, ?, ?)", (commit.position, commit.time_ms, commit.records))
            self._advance(commit)
            db.execute("COMMIT")
        except (
            Exception
        ) as error:  # whatever it is, for example a number that no column can hold: nothing of the batch stays
            self._roll_back()
            raise failure_of(error) from error
        if self._delay_s:
            time.sleep(self._delay_s)
        self._pages += PAGES_PER_COMMIT + len(encoded) // BYTES_PER_PAGE

    def execute(self, execution: Execution) -> int:
        """Run statements in one transaction.

        Raises:
            WriteError: They had no effect.
        """
        db = self._db
        changed = 0
        try:
            db.execute("BEGIN IMMEDIATE")
            for sql, parameters in execution.statements:
                changed += db.execute(sql, parameters).rowcount
            db.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise failure_of(error) from error
        self._pages += PAGES_PER_COMMIT + max(changed, 0)
        return changed

    @property
    def wants_checkpoint(self) -> bool:
        """Whether the log has grown long."""
        return self._pages >= CHECKPOINT_PAGES

    @property
    def has_log(self) -> bool:
        """Whether there is anything in it."""
        return self._pages > 0

    def checkpoint(self) -> None:
        """Move the log to the database as far as readers allow; readers and what is durable are not disturbed."""
        with contextlib.suppress(sqlite3.Error):  # a full disk, for example: the log stays, the next commit will tell
            self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        self._pages = 0

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def _insert(self, table: str, statement: str, rows: Rows) -> None:
        db, done = self._db, 0
        if len(rows) >= ROWS_PER_INSERT:
            many = self._many.get(table)
            if many is None:
                head, _, values = statement.rpartition(" VALUES ")
                many = self._many[table] = f"{head} VALUES {', '.join([values] * ROWS_PER_INSERT)}"
            while len(rows) - done >= ROWS_PER_INSERT:
                part = rows[done : done + ROWS_PER_INSERT]
                db.execute(many, list(itertools.chain.from_iterable(part)))
                done += ROWS_PER_INSERT
        if done < len(rows):
            db.executemany(statement, rows[done:] if done else rows)

    def _advance(self, commit: EncodedCommit) -> None:
        changed = self._db.execute(
            "UPDATE meta SET position = ?, last_key = ?, time_ms = ? WHERE epoch = ? AND position = ?",
            (commit.position, commit.last_key, commit.time_ms, self._epoch, commit.position - 1),
        ).rowcount
        if changed == 1:
            return
        position, epoch = self._db.execute("SELECT position, epoch FROM meta").fetchone()
        if epoch != self._epoch:
            raise WriteError(
                FENCED,
                f"Expected to be writer {self._epoch} of this partition, but writer {epoch} has taken over."
                " This process must stop.",
            )
        raise WriteError(OTHER, f"Expected commit {position + 1}, but got {commit.position}.")

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")


def connect(path: str) -> sqlite3.Connection:
    """A connection in autocommit mode, durable at every commit."""
    db = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000, cached_statements=512
    )
    db.execute(f"PRAGMA page_size = {PAGE_SIZE}")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    return db


def failure_of(error: Exception) -> WriteError:
    """What an error, of SQLite as a rule, means to us."""
    if isinstance(error, WriteError):
        return error
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return WriteError(FULL, "Expected room on the disk, but it is full. Make room; nothing was lost.")
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return WriteError(
            CORRUPT,
            f"Expected an intact store, but SQLite says: {error}. Restore it from a backup, or use `sqlite3 FILE .recover`.",
        )
    return WriteError(
        OTHER, f"Expected the store to be written, but SQLite says: {error}. Look at the disk and its quota."
    )


def main() -> None:
    """Serve one engine: messages come by standard input, answers go by standard output."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the engine decides when to stop: it closes the pipe
    source, sink = sys.stdin.fileno(), sys.stdout.fileno()
    writer: Writer | None = None
    poller = select.poll()
    poller.register(source, select.POLLIN)
    while True:
        if writer is not None and not poller.poll(IDLE_S * 1000) and writer.has_log:
            writer.checkpoint()
        message = read_message(source)
        if message is None:
            break
        kind, body = message
        try:
            changed = 0
            if kind == COMMIT:
                assert writer is not None
                writer.commit(body)
            elif kind == EXECUTE:
                assert writer is not None
                changed = writer.execute(msgspec.msgpack.decode(body, type=Execution))
            else:
                writer = Writer(msgspec.msgpack.decode(body, type=Opening))
        except (WriteError, sqlite3.Error) as error:
            failure = failure_of(error)
            write_message(sink, FAILED, msgspec.msgpack.encode(Failure(failure.kind, str(failure))))
        else:
            write_message(sink, DONE, msgspec.msgpack.encode(changed))
        if writer is not None and writer.wants_checkpoint:
            writer.checkpoint()
    if writer is not None:
        writer.close()


def read_message(fd: int) -> tuple[int, bytes] | None:
    """Kind and body; None at the end."""
    head = _read_exactly(fd, MESSAGE_HEAD.size)
    if head is None:
        return None
    kind, length = MESSAGE_HEAD.unpack(head)
    body = _read_exactly(fd, length)
    return None if body is None else (kind, body)


def write_message(fd: int, kind: int, body: bytes) -> None:
    """Blocks until it is written."""
    view = memoryview(MESSAGE_HEAD.pack(kind, len(body)) + body)
    while view:
        view = view[os.write(fd, view) :]


def _read_exactly(fd: int, length: int) -> bytes | None:
    parts, missing = [], length
    while missing:
        try:
            part = os.read(fd, missing)
        except BlockingIOError:  # an event loop that watches a pipe makes it so
            poller = select.poll()  # not `select`, which knows no descriptor above 1,023
            poller.register(fd, select.POLLIN)
            poller.poll()
            continue
        if not part:
            return None
        if len(part) == length:
            return part
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main()
