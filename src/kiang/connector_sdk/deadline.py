"""Waiting that ends: at a deadline, and whatever a library does with its cancellation."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

CANCEL_AGAIN_SECONDS = 0.2
"""Before work that goes on after it was cancelled is cancelled once more."""

T = TypeVar("T")


class OutOfTimeError(TimeoutError):
    """Work had not ended when its time was over; one that ends with a TimeoutError of its own is something else."""


async def within(seconds: float, work: Awaitable[T]) -> T:
    """What `work` gives.

    `asyncio.wait_for` forgets a cancellation that comes at the moment when what it waits for is done (before Python 3.12), and
    libraries that use it then wait for ever in spite of `asyncio.timeout`. Here they are cancelled until they have ended.

    Raises:
        OutOfTimeError: It has not ended in time, and was cancelled.
    """
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if done:
            return task.result()
    finally:
        while not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=CANCEL_AGAIN_SECONDS)
    raise OutOfTimeError
