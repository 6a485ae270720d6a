"""The threads in which blocking handlers run, shared by all job types of a worker."""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class HandlerThreads:
    """A pool whose free places are handed out on the event loop, first come first served.

    So a job that waits for a thread is still the worker's, not the pool's: it can be given back or dropped.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._free = count
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="kiang-handler")

    async def acquire(self) -> None:
        """Wait for a free thread. Each `acquire` is followed by `run` or `release`."""
        if self._free and not self._waiting:
            self._free -= 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.release()
            raise

    def release(self) -> None:
        """Give a thread back that was not used."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._free += 1

    async def run(self, function: Callable[[], T]) -> T:
        """Call `function` in the acquired thread, with the context variables of the caller.

        If the waiting task is cancelled, the thread goes on and its place is free when it ends.
        """
        context = contextvars.copy_context()
        future = asyncio.get_running_loop().run_in_executor(self._pool, context.run, function)
        future.add_done_callback(self._ended)
        return await asyncio.shield(future)

    def _ended(self, future: asyncio.Future[T]) -> None:
        if not future.cancelled():
            future.exception()  # seen, also where nobody waits any more
        self.release()

    def close(self) -> None:
        """End the idle threads; the busy ones end with what they do."""
        self._pool.shutdown(wait=False, cancel_futures=True)
