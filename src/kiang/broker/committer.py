"""How commits are done without the event loop waiting for them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from time import perf_counter

from kiang.engine.state.unit_of_work import Commit
from kiang.store.port import Store, StoreWithReplies

Committed = Callable[[BaseException | None, float], None]
"""Takes what the store has raised, if it has, and how many seconds it took."""


class Committer:
    """Commits one batch at a time: by the store's own process if it has one, else in a thread, or at once if no disk is waited for."""

    def __init__(self, store: Store, loop: asyncio.AbstractEventLoop, committed: Committed) -> None:
        """Be ready.

        Args:
            store: Where to.
            loop: Where `committed` is called.
            committed: Called after each commit, never from within `commit`.
        """
        self._store = store
        self._loop = loop
        self._committed = committed
        self._started_at = 0.0
        self._queue: SimpleQueue[Commit | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._replies = store if isinstance(store, StoreWithReplies) else None
        self._reply_fd: int | None = None
        self._watch_replies()

    def commit(self, commit: Commit) -> None:
        """Begin; must not be called again before `committed` was."""
        self._started_at = perf_counter()
        if self._reply_fd is not None and self._replies is not None:
            try:
                if self._replies.start_commit(commit):
                    return
            except Exception as raised:  # noqa: BLE001 - the loop decides
                self._loop.call_soon(self._done, raised)
                return
        if self._store.waits_for_disk:
            self._in_thread(commit)
        else:
            self._loop.call_soon(self._done, self._try(commit))

    def stop(self) -> None:
        """End what was made for commits; none may be under way."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None
        if self._reply_fd is not None:
            self._loop.remove_reader(self._reply_fd)
            self._reply_fd = None

    def _try(self, commit: Commit) -> BaseException | None:
        try:
            self._store.commit(commit)
        except Exception as raised:  # noqa: BLE001 - the loop decides
            return raised
        return None

    def _done(self, error: BaseException | None) -> None:
        self._watch_replies()
        self._committed(error, perf_counter() - self._started_at)

    def _reply(self) -> None:
        assert self._replies is not None
        error: BaseException | None = None
        try:
            if not self._replies.finish_commit():
                self._watch_replies()
                return
        except Exception as raised:  # noqa: BLE001 - the loop decides
            error = raised
        self._done(error)

    def _watch_replies(self) -> None:
        """The store may have another process now than before."""
        fd = None if self._replies is None else self._replies.reply_fd
        if fd == self._reply_fd:
            return
        if self._reply_fd is not None:
            self._loop.remove_reader(self._reply_fd)
        self._reply_fd = fd
        if fd is not None:
            self._loop.add_reader(fd, self._reply)

    def _in_thread(self, commit: Commit) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="kiang-commit", daemon=True)
            self._thread.start()
        self._queue.put(commit)

    def _run(self) -> None:
        while (commit := self._queue.get()) is not None:
            self._loop.call_soon_threadsafe(self._done, self._try(commit))
