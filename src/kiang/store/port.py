"""What every store offers. `tests/conformance/store` runs one suite over all implementations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from kiang.engine.state.source import RowSource
from kiang.engine.state.table import Table
from kiang.engine.state.unit_of_work import Commit


@dataclass(frozen=True, slots=True)
class Header:
    """Where a store stands.

    Attributes:
        partition: Whose state this is, from 1.
        position: Number of the last commit; 0 for a new store.
        last_key: The youngest key handed out.
        epoch: How often the store has been opened for writing; the number of this opening.
        time_ms: Time of the last command of the last commit: the engine's clock must not run behind it.
    """

    partition: int
    position: int
    last_key: int
    epoch: int
    time_ms: int


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry of the record log: what one commit wrote."""

    position: int
    time_ms: int
    records: bytes


@dataclass(frozen=True, slots=True)
class Removal:
    """Rows that are not needed any more: those of `table` whose `column` has one of `values`."""

    table: Table[Any]
    column: str
    values: Sequence[int]


class Store(RowSource, Protocol):
    """Durable rows and the record log of one partition.

    Contract:
        * `commit` is one transaction: all of it is durable when it returns, nothing of it after it raised. It is called by one thread
          at a time; its position must be one more than that of the commit before. It must check that this process still is the writer.
        * `select` may be called from another thread while a commit is in progress.
        * After `commit` raised, the store is still usable for `select`, and a later commit may succeed.

    Raises:
        StoreFullError: the disk is full; FencedError: another writer has taken over; CorruptStoreError: the files are damaged;
        StoreError: anything else that kept a commit from being durable.
    """

    @property
    def waits_for_disk(self) -> bool:
        """Whether `commit` takes so long that an event loop must not wait for it."""
        ...

    @property
    def header(self) -> Header:
        """As of the last commit."""
        ...

    def commit(self, commit: Commit) -> None:
        """Write one batch."""
        ...

    def log(self, after_position: int = 0, limit: int = 1000) -> Iterator[LogEntry]:
        """Entries of the record log behind a position, oldest first, at most `limit`."""
        ...

    def trim_log(self, before_position: int) -> int:
        """Forget entries of the record log before a position, in small batches; return how many."""
        ...

    def remove(self, removals: Sequence[Removal]) -> int:
        """Delete rows that the engine is done with, in one transaction that is no commit; return how many.

        Commits wait meanwhile, so the caller keeps it small.
        """
        ...

    def close(self) -> None:
        """Release files and locks; may be called twice."""
        ...


@runtime_checkable
class StoreWithReplies(Store, Protocol):
    """A store that an event loop can have a commit done by, without a thread that waits for it.

    Contract: after `start_commit`, `finish_commit` is to be called whenever `reply_fd` is readable, until it has returned True or raised;
    nothing of the commit is known before. Both belong to one thread. `commit` may be called instead of the two.
    """

    @property
    def reply_fd(self) -> int | None:
        """Becomes readable when the commit that was started is done; None if commits cannot be started at all.

        It may be another one after `finish_commit`; the one before then stays open until the next `start_commit`.
        """
        ...

    def start_commit(self, commit: Commit) -> bool:
        """Hand a batch over; False if that would have to wait: then nothing has happened, and `commit` is to be called."""
        ...

    def finish_commit(self) -> bool:
        """Take a reply; never waits. True: the batch is durable; False: no reply, or one about something else. Raises as `commit`."""
        ...
