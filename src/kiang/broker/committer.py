"""The thread that commits, so that the loop can go on collecting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from time import perf_counter

from kiang.engine.state.unit_of_work import Commit
from kiang.store.port import Store

Committed = Callable[[BaseException | None, float], None]
"""Takes what the store has raised, if it has, and how many seconds it took."""


class Committer:
    """Commits one batch at a time in a thread of its own."""

    def __init__(self, store: Store, loop: asyncio.AbstractEventLoop, committed: Committed) -> None:
        """Start the thread.

        Args:
            store: Where to.
            loop: Where `committed` is called.
            committed: Called after each commit.
        """
        self._store = store
        self._loop = loop
        self._committed = committed
        self._queue: SimpleQueue[Commit | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="kiang-commit", daemon=True)
        self._thread.start()

    def commit(self, commit: Commit) -> None:
        """Begin; must not be called again before `committed` was."""
        self._queue.put(commit)

    def stop(self) -> None:
        """End the thread after what it is at; returns when it has ended."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (commit := self._queue.get()) is not None:
            started = perf_counter()
            error: BaseException | None = None
            try:
                self._store.commit(commit)
            except Exception as raised:  # noqa: BLE001 - the loop decides
                error = raised
            self._loop.call_soon_threadsafe(self._committed, error, perf_counter() - started)
