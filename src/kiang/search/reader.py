"""Runs the statements of a search in a thread, each search on one state of the store."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

from kiang.engine.state.source import RowSource
from kiang.errors import DeadlineExceeded, ResourceExhausted, StoreError, Unavailable
from kiang.search.definition_files import DefinitionFiles
from kiang.search.limits import READER_CACHE_KIB, READERS_MAX, SEARCH_TIME_MS_MAX, WAITING_SEARCHES_MAX
from kiang.search.mirror import Mirror
from kiang.search.resources.statistics import java_hash
from kiang.search.statement import Run
from kiang.search.value import date_of_text, print_date
from kiang.search.variable_index import VariableIndex, attach
from kiang.store.memory import MemoryStore

T = TypeVar("T")

PROGRESS_STEPS = 20_000
"""Steps of the database's machine between two looks at the clock: about a millisecond."""


@runtime_checkable
class ReadableStore(Protocol):
    """A store whose database can be read by others."""

    path: Path

    def connect_for_reading(self) -> sqlite3.Connection:
        """A connection on which nothing can be written; the caller closes it."""
        ...


class Reader:
    """See the module. `read` may be called from the event loop, `read_now` from any thread."""

    def __init__(self, store: RowSource, *, keeps_index: bool = True, batches: str | None = None) -> None:
        """Connections are opened when they are needed.

        Args:
            store: What is read.
            keeps_index: False if another process keeps the index of variables.
            batches: URI of the database in which batch operations keep their items; None if there are none.
        """
        self._connect: Callable[[], sqlite3.Connection]
        self._mirror: Mirror | None = None
        self._index: VariableIndex | None = None
        if isinstance(store, ReadableStore):
            self._connect = store.connect_for_reading
            self._index = VariableIndex(store.path, is_kept=keeps_index)
        else:
            assert isinstance(store, MemoryStore), f"Expected a store that can be searched, but got {store!r}"
            self._mirror = Mirror(store)
            self._connect = self._mirror.connect
        self._batches = batches
        self.files = DefinitionFiles(store)
        self._threads = ThreadPoolExecutor(1 if self._mirror else READERS_MAX, thread_name_prefix="kiang-search")
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._waiting = 0
        self._is_closed = False

    async def read(self, work: Callable[[Run], T]) -> T:
        """Have `work` done in a thread; what it runs sees one state of the store.

        Raises:
            ResourceExhausted: Too many searches wait.
            DeadlineExceeded: It took too long.
            Unavailable: The reader is closed.
            StoreError: The store cannot be read.
        """
        if self._is_closed:
            raise Unavailable("Expected to search, but the search has been closed")
        if self._waiting >= WAITING_SEARCHES_MAX:
            raise ResourceExhausted("Expected to search, but too many searches wait. Please try again later.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self.read_now, work)
        finally:
            self._waiting -= 1

    def read_now(self, work: Callable[[Run], T]) -> T:
        """As `read`, in the calling thread."""
        connection = self._connection()
        if self._mirror is not None:
            self._mirror.refresh(connection)
        deadline = time.monotonic() + SEARCH_TIME_MS_MAX / 1000
        connection.set_progress_handler(lambda: time.monotonic() > deadline, PROGRESS_STEPS)

        def run(statement: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
            return connection.execute(statement, parameters).fetchall()

        try:
            connection.execute("BEGIN")
            try:
                return work(run)
            finally:
                connection.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise DeadlineExceeded(
                    f"Expected the search to end within {SEARCH_TIME_MS_MAX} ms, but it did not. Narrow its filter, or sort "
                    "by key."
                ) from None
            raise StoreError(f"The store cannot be read: {error}") from error
        finally:
            connection.set_progress_handler(None, 0)

    def close(self) -> None:
        """Wait for what runs, and close the connections; may be called twice."""
        self._is_closed = True
        self._threads.shutdown(wait=True, cancel_futures=True)
        for connection in self._connections:
            with contextlib.suppress(sqlite3.Error):
                connection.close()
        self._connections.clear()
        if self._index is not None:
            self._index.close()
            self._index = None

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = self._local.connection = self._connect()
            attach(found, None if self._index is None else self._index.path)
            self._attach_batches(found)
            found.execute(f"PRAGMA cache_size = -{READER_CACHE_KIB}")
            found.create_function("element_name", 2, self.files.name, deterministic=True)
            found.create_function("element_title", 2, self.files.title, deterministic=True)
            found.create_function("has_start_form", 1, self.files.has_start_form, deterministic=True)
            found.create_function("date_ms", 1, date_of_text, deterministic=True)
            found.create_function("date_text", 1, _date_text, deterministic=True)
            found.create_function("java_hash", 1, java_hash, deterministic=True)
            self._connections.append(found)
        return found

    def _attach_batches(self, connection: sqlite3.Connection) -> None:
        if self._batches is None:
            connection.execute("ATTACH ':memory:' AS batch")
            (is_read_only,) = connection.execute("PRAGMA query_only").fetchone()
            connection.execute("PRAGMA query_only = OFF")
            connection.execute("CREATE TABLE batch.batch_item (operation_key INTEGER, process_instance_key INTEGER)")
            connection.execute(f"PRAGMA query_only = {is_read_only}")
            return
        connection.execute("ATTACH ? AS batch", (self._batches,))
        # One in memory is shared with its writer, who would have to wait for us.
        connection.execute("PRAGMA read_uncommitted = ON")


def _date_text(epoch_ms: int | None) -> str | None:
    return None if epoch_ms is None else print_date(epoch_ms)
