"""Requests for jobs that wait until there are some."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from kiang.errors import ClientError
from kiang.protocol.answers import ActivatedJobs, Rejection
from kiang.protocol.commands import ActivateJobs

PollAnswer = Callable[[ActivatedJobs | Rejection | ClientError], None]
"""Takes the answer; called once, on the event loop, unless the poll was cancelled."""


class Poll:
    """One request for jobs.

    Attributes:
        command: What it asks for.
        wait_ms: How long it waits; negative to be answered at once.
        is_open: It was neither answered nor cancelled.
    """

    __slots__ = ("answer", "command", "is_open", "timer", "wait_ms")

    def __init__(self, command: ActivateJobs, wait_ms: int, answer: PollAnswer) -> None:
        self.command = command
        self.wait_ms = wait_ms
        self.answer = answer
        self.is_open = True
        self.timer: asyncio.TimerHandle | None = None

    def settle(self, answer: ActivatedJobs | Rejection | ClientError) -> None:
        """Answer it; it must be open."""
        self.close()
        self.answer(answer)

    def close(self) -> None:
        """It is answered or nobody wants the answer any more."""
        self.is_open = False
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class LongPolling:
    """Open polls by job type, first come, first served."""

    def __init__(self) -> None:
        self._by_type: dict[str, dict[Poll, None]] = {}
        self.count = 0

    def add(self, poll: Poll) -> None:
        """It waits; nothing changes if it did."""
        polls = self._by_type.setdefault(poll.command.job_type, {})
        if poll not in polls:
            polls[poll] = None
            self.count += 1

    def discard(self, poll: Poll) -> None:
        """It does not wait any more, if it did."""
        polls = self._by_type.get(poll.command.job_type)
        if polls is None or poll not in polls:
            return
        del polls[poll]
        self.count -= 1
        if not polls:
            del self._by_type[poll.command.job_type]

    def waiting(self, job_type: str) -> list[Poll]:
        """Those that wait for a type, longest first."""
        polls = self._by_type.get(job_type)
        return list(polls) if polls else []

    def types(self) -> Iterator[str]:
        """Types that somebody waits for."""
        return iter(self._by_type)

    def __contains__(self, job_type: str) -> bool:
        return job_type in self._by_type

    def take_all(self) -> list[Poll]:
        """Everyone who waits; nobody does afterwards."""
        polls = [poll for of_type in self._by_type.values() for poll in of_type]
        self._by_type.clear()
        self.count = 0
        return polls
