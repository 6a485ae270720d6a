"""A simulated broker: it answers what a test has told it to, and remembers what it was asked."""

from __future__ import annotations

import asyncio
from typing import Any

from kiang.broker.health import Health, HealthState
from kiang.protocol.answers import ActivatedJobs, Done, Rejection
from kiang.protocol.audit import Audit, Audited, NoteOperations, Operation
from kiang.protocol.commands import ActivateJobs, Command
from kiang.store.memory import MemoryStore


class SimulatedClock:
    def __init__(self) -> None:
        self.now = 1_700_000_000_000

    def now_ms(self) -> int:
        return self.now


class SimulatedBroker:
    """Answers are given by the type of the command: a value, or an exception to raise; `Done` by default.

    Attributes:
        asked: Commands, without what is noted about them in the audit log.
        audits: Who has asked, for those commands that leave entries in the audit log.
        noted: Entries for what is no command.
    """

    def __init__(self) -> None:
        self.asked: list[Command] = []
        self.audits: list[Audit] = []
        self.noted: list[tuple[Audit, Operation]] = []
        self.timeouts: list[int | None] = []
        self.answers: dict[type[Command], Any] = {}
        self.jobs: asyncio.Queue[ActivatedJobs | Rejection] = asyncio.Queue()
        self.polls = 0
        self.cancelled_polls = 0
        self.clock = SimulatedClock()
        self.partition_id = 1
        self.health = Health()
        self.health.set(HealthState.HEALTHY)
        self.store = MemoryStore()

    async def execute(self, command: Command, *, timeout_ms: int | None = None) -> Any:
        if isinstance(command, NoteOperations):
            self.noted += [(command.audit, operation) for operation in command.operations]
            return Done()
        if isinstance(command, Audited):
            self.audits.append(command.audit)
            command = command.command
        self.asked.append(command)
        self.timeouts.append(timeout_ms)
        answer = self.answers.get(type(command), Done())
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def activate_jobs(self, command: ActivateJobs, *, request_timeout_ms: int = 0) -> Any:
        self.asked.append(command)
        self.timeouts.append(request_timeout_ms)
        if request_timeout_ms < 0 and self.jobs.empty():
            return ActivatedJobs([])
        self.polls += 1
        try:
            return await self.jobs.get()
        except asyncio.CancelledError:
            self.cancelled_polls += 1
            raise
