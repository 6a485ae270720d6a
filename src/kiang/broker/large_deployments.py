"""Deployments with large files: these are read on another thread before their deployment waits for its turn in the broker's queue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from kiang.engine.resources.read_ahead import Found, forget, is_large, keep, read_ahead
from kiang.protocol.commands import Deploy

LARGE_DEPLOYMENTS_MAX = 16
"""Deployments whose files are being read or wait for that; each holds its files in memory."""


class LargeDeployments:
    """Reads their files, one after the other: more threads would only take the interpreter from the broker more often."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="read-ahead")
        self._count = 0

    @property
    def count(self) -> int:
        """How many are being read, or wait for that."""
        return self._count

    @property
    def is_full(self) -> bool:
        """Whether no more can be taken."""
        return self._count >= LARGE_DEPLOYMENTS_MAX

    @staticmethod
    def is_one(deploy: Deploy) -> bool:
        """Whether a deployment is worth it."""
        return is_large(deploy.resources)

    @staticmethod
    def forget(deploy: Deploy) -> None:
        """A deployment has been answered: what was read for it is no longer needed."""
        forget(deploy.resources)

    def read(self, deploy: Deploy, now: int, then: Callable[[], None]) -> None:
        """Read its files.

        Args:
            deploy: With files that the engine will ask for.
            now: Epoch ms.
            then: Called on the loop when they are read, or will not be: the engine then reads them itself, and meets the same error.
        """

        def done(reading: asyncio.Future[Found]) -> None:
            self._count -= 1
            if not reading.cancelled() and reading.exception() is None:
                keep(reading.result())
            then()

        self._count += 1
        self._loop.run_in_executor(self._thread, read_ahead, deploy.resources, now).add_done_callback(done)

    def stop(self) -> None:
        """Read no more; those that wait go on at once."""
        self._thread.shutdown(wait=False, cancel_futures=True)
