"""The engine of one partition: commands in, answers and rows out.

Contract:
    * One caller at a time. `process` and `run_due` change the state in memory at once; nothing that they return may leave the caller before
      the commit that `begin_commit` gives is durable and `end_commit` was called.
    * Between `begin_commit` and `end_commit` the caller may go on with `process` and `run_due`, but not with another `begin_commit`.
    * After a commit that failed, and after an exception, the engine must be thrown away: a new one on the same rows continues.
    * The engine reads no clock; time comes with each call and must not go backwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from kiang.engine.actions import suspension
from kiang.engine.actions.conditions import evaluate_soon
from kiang.engine.due import DUES
from kiang.engine.faults import Fault, contain
from kiang.engine.lifecycle import FOLLOW_UPS
from kiang.engine.processing import Processing, Refused
from kiang.engine.processors import PROCESSORS
from kiang.engine.state.source import RowSource
from kiang.engine.state.state import State
from kiang.engine.state.unit_of_work import Commit
from kiang.protocol.answers import Answer, Rejection
from kiang.protocol.commands import Command, CompleteJob, FailJob, ThrowError, YieldJob
from kiang.protocol.events import Event, encode_log
from kiang.protocol.keys import first_key

FOLLOW_UPS_MAX = 500
"""Follow-up commands that run within one call: some 10 ms, so that a process that never waits cannot hold up the others."""

DUE_MAX = 500
"""Due things that one call of `run_due` carries out."""


OF_JOBS: frozenset[type[Command]] = frozenset({CompleteJob, FailJob, ThrowError, YieldJob})
"""Commands of workers: what they need is loaded together, see `Engine.prepare`."""


class Outcome(NamedTuple):
    """What a call has brought; nothing of it may be told to anybody before the commit.

    Attributes:
        answer: To the command; None if it comes later through the `results` of some call (or if there was no command).
        results: Answers to earlier commands, by the key that the command is `awaited` under.
        available_jobs: Jobs that can be activated now, as (job type, job key).
        awaited: The key under which the answer of this command will come; 0 if it is here.
        faults: Exceptions that the engine has contained: faults of its own, for the log. The element instance has an incident.
    """

    answer: Answer | Rejection | None
    results: list[tuple[int, Answer | Rejection]]
    available_jobs: list[tuple[str, int]]
    awaited: int = 0
    faults: tuple[Fault, ...] = ()


class Engine:
    """See the module."""

    def __init__(
        self,
        source: RowSource,
        *,
        partition_id: int = 1,
        last_key: int = 0,
        position: int = 0,
        is_new: bool = False,
        contains_faults: bool = True,
    ) -> None:
        """Continue where the rows of `source` end.

        Args:
            source: What earlier commits have left.
            partition_id: Goes into the upper bits of every key.
            last_key: The youngest key that was handed out; 0 for none.
            position: Number of the last commit.
            is_new: There is nothing in `source`.
            contains_faults: Turn exceptions in follow-up commands into incidents; tests of the engine want to see them.
        """
        self.state = State(source, last_key=max(last_key, first_key(partition_id)), position=position, is_new=is_new)
        self._contains_faults = contains_faults
        self._log: list[tuple[int, list[Event]]] = []

    def prepare(self, commands: Iterable[Command]) -> None:
        """Load what commands will need, in fewer queries than they would take one by one; `process` works without, too."""
        jobs = self.state.job_keys
        missing = [c.job_key for c in commands if c.__class__ in OF_JOBS and c.job_key not in jobs]  # type: ignore[attr-defined]
        if len(missing) > 1:
            self.state.load_jobs(missing)

    def process(self, command: Command, now: int) -> Outcome:
        """Carry out a command and what follows from it at once; what is beyond `FOLLOW_UPS_MAX` waits for `run_due`.

        Args:
            command: From a client.
            now: Epoch ms.
        """
        state = self.state
        state.now = now
        p = Processing(state, now)
        try:
            answer = PROCESSORS[command.__class__](p, command)
        except Refused as refused:
            return Outcome(refused.rejection(command.intent), [], [])
        if p.variable_changes:
            evaluate_soon(p)
        if p.queue:
            self._run(p)
        if p.events:
            self._log.append((now, p.events))
        return Outcome(answer, p.results, p.available_jobs, p.awaited, tuple(p.faults))

    def run_due(self, now: int) -> Outcome | None:
        """One portion of what waits: follow-ups that found no place in their batch, and what the passing of time has brought.

        Returns:
            None if there is nothing to do until `next_due`.
        """
        state = self.state
        state.now = now
        p = Processing(state, now)
        if state.follow_ups:
            self._run_deferred(p)
        elif not self._run_dues(p):
            return None
        if p.events:
            self._log.append((now, p.events))
        return Outcome(None, p.results, p.available_jobs, 0, tuple(p.faults))

    def next_due(self) -> int | None:
        """When there is something to do: epoch ms, 0 for at once, None for never unless a command comes."""
        if self.state.follow_ups:
            return 0
        dues = [at for due in DUES if (at := due.next_at(self.state)) is not None]
        return min(dues, default=None)

    def begin_commit(self) -> Commit | None:
        """Everything since the last time, to be written in one transaction; None if there is nothing."""
        records = encode_log(self._log) if self._log else b""
        commit = self.state.begin_commit(records)
        if commit is not None:
            self._log = []
        return commit

    def end_commit(self) -> None:
        """The commit is durable."""
        self.state.end_commit()

    def _run(self, p: Processing) -> None:
        queue = p.queue
        take = queue.popleft
        budget = FOLLOW_UPS_MAX
        while queue:
            if budget == 0:
                p.state.defer(queue)
                queue.clear()
                return
            budget -= 1
            command = take()
            if p.state.may_have_suspended and suspension.park(p, command):
                continue
            try:
                FOLLOW_UPS[command.__class__](p, command)
            except Exception as fault:
                if not self._contains_faults:
                    raise
                contain(p, command, fault)
            if p.variable_changes:
                evaluate_soon(p)

    def _run_deferred(self, p: Processing) -> None:
        """Those that wait come first, so that order is kept."""
        for _ in range(FOLLOW_UPS_MAX):
            command = p.state.take_deferred()
            if command is None:
                if not p.queue:
                    break
                command = p.queue.popleft()
            if p.state.may_have_suspended and suspension.park(p, command):
                continue
            try:
                FOLLOW_UPS[command.__class__](p, command)
            except Exception as fault:
                if not self._contains_faults:
                    raise
                contain(p, command, fault)
            if p.variable_changes:
                evaluate_soon(p)
        p.state.defer(p.queue)
        p.queue.clear()

    def _run_dues(self, p: Processing) -> bool:
        found = False
        budget = DUE_MAX
        for due in DUES:
            due.prepare(p, budget)
            while budget and due.run_next(p):
                found = True
                budget -= 1
                if p.queue:
                    self._run(p)
                if p.state.follow_ups:
                    return True
        return found
