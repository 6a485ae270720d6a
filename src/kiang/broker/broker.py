"""The loop of one partition: collect commands, have the engine process them, commit, answer.

    commands wait in a queue -> a batch of them is processed in memory -> the batch is committed in a thread
        while the next batch is processed -> only then its answers, jobs and wake-ups leave

Everything happens on one event loop, in short portions that the loop calls back; there is no task per command.

Two queues, and what ends work comes first: a completion that has to wait behind creations would keep its worker, and so all instances,
waiting the longer the more is asked. Within a queue it is first come, first served.

What nobody may see before it is durable is kept in the batch. If a commit fails, nobody was told anything: all who wait are refused,
and the engine is made anew from what the store has.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from itertools import islice
from time import perf_counter
from typing import Any

from kiang.broker.clock import Clock, SystemClock
from kiang.broker.committer import Committer
from kiang.broker.health import Health, HealthState
from kiang.broker.job_push import JobPush, OpenStream, Sight
from kiang.broker.job_stream import JobStream
from kiang.broker.large_deployments import LargeDeployments
from kiang.broker.limits import LONG_POLL_DEFAULT_MS, LONG_POLL_MAX_MS, RECOVERY_DELAY_S, Limits
from kiang.broker.long_polling import LongPolling, Poll, PollAnswer
from kiang.broker.metrics import Metrics
from kiang.engine.engine import Engine, Outcome
from kiang.errors import (
    ClientError,
    CorruptStoreError,
    DeadlineExceeded,
    FencedError,
    InternalError,
    ResourceExhausted,
    StoreError,
    StoreFullError,
    Unavailable,
)
from kiang.protocol.answers import ActivatedJob, ActivatedJobs, Answer, Rejection
from kiang.protocol.audit import Audited
from kiang.protocol.commands import (
    ActivateJobs,
    CancelProcessInstance,
    Command,
    CompleteJob,
    CreateProcessInstance,
    Deploy,
    FailJob,
    YieldJob,
)
from kiang.protocol.identity import Guarded
from kiang.store.port import Store

LOG = logging.getLogger(__name__)

Settle = Callable[[Answer | Rejection | ClientError], None]
"""Takes the answer to a command, or why there is none; called once, on the event loop; must not block or raise."""

ALWAYS_TAKEN: frozenset[type[Command]] = frozenset({CompleteJob, FailJob, CancelProcessInstance, Deploy, YieldJob})
"""Commands that back-pressure does not refuse: they end work rather than begin it."""

CAPACITY_TEXT = "Reached maximum capacity of requests handled"
DISK_TEXT = "Cannot accept requests for partition {partition}. Broker is out of disk space"
POLL_TEXT = (
    "Expected to activate jobs of type '{job_type}', but no jobs available and at least one broker returned"
    " 'RESOURCE_EXHAUSTED'. Please try again later."
)
STOPPED_TEXT = "Expected to execute command on partition {partition}, but it is not running"
RECOVERING_TEXT = "Expected to execute command on partition {partition}, but it is in recovery mode"
STORE_TEXT = (
    "Expected to execute command on partition {partition}, but its store failed; whether it was executed is not known"
)
TIMEOUT_TEXT = "Time out between gateway and broker: Request timed out"
CRASH_TEXT = "Unexpected error occurred during the request processing: {error}"

BEGINNING_SHARE = 8
"""The part of a batch (one in so many) that commands which begin work get at least."""

BATCH_ENOUGH = 16
"""Commands that begin work in one portion, and in a transaction for which the disk would have to wait."""

PREPARED_MAX = 128
"""Commands whose rows are loaded together: more than one portion of work gets through."""

_LOOK_AT_CLOCK = 16
"""Commands between two looks at how long the batch has taken."""

_DUE_REST_S = 1.0
"""Rest after the engine has failed at something that was due: it will fail again, and commands must go on."""

_TIMER_MIN_S = 0.005
_TIMER_MAX_S = 3600.0


class _Request:
    """A command that waits for its turn or its commit."""

    __slots__ = ("awaited", "command", "deadline_ms", "kind", "poll", "settle")

    def __init__(
        self,
        command: Command,
        settle: Settle | None,
        deadline_ms: int = 0,
        poll: Poll | None = None,
        kind: type[Command] | None = None,
    ) -> None:
        self.command = command
        self.kind = kind or command.__class__
        self.settle = settle
        self.deadline_ms = deadline_ms
        self.poll = poll
        self.awaited = 0


class _Batch:
    """What one transaction contains, and whom to tell what once it is durable."""

    __slots__ = ("answers", "beginning_count", "deliveries", "polls", "requests", "work_s")

    def __init__(self) -> None:
        self.requests: list[_Request] = []
        self.beginning_count = 0
        self.answers: list[tuple[Settle, Answer | Rejection]] = []
        self.deliveries: list[tuple[OpenStream, list[ActivatedJob]]] = []
        self.polls: list[tuple[Poll, ActivatedJobs | Rejection]] = []
        self.work_s = 0.0


class Broker:
    """One partition.

    All methods must be called on the event loop on which it was started.

    Attributes:
        store: Where its state lies; the caller closes it after `stop`.
        clock: Where its time comes from.
        partition_id: From 1.
        limits: What it takes on.
        metrics: What it has done; `metrics.registry` is for the scrape.
        health: How it is.
    """

    def __init__(
        self, store: Store, *, clock: Clock | None = None, partition_id: int = 1, limits: Limits | None = None
    ) -> None:
        self.store = store
        self.clock: Clock = clock or SystemClock()
        self.partition_id = partition_id
        self.limits = limits or Limits()
        self.health = Health()
        self._beginning: deque[_Request] = deque()
        self._ending: deque[_Request] = deque()
        self.metrics = Metrics(partition_id, lambda: len(self._ending) + len(self._beginning))
        self._engine: Engine | None = None
        self._open = _Batch()
        self._committing: _Batch | None = None
        self._awaited: dict[int, tuple[Settle, asyncio.TimerHandle | None]] = {}
        self._carried: dict[int, tuple[str, ...]] = {}
        self._polls = LongPolling()
        self._push = JobPush()
        self._fresh: dict[str, int] = {}
        self._is_scheduled = False
        self._is_stopping = False
        self._is_recovering = False
        self._refuses_until = 0.0
        self._refusal: ClientError | None = None
        self._now = 0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0
        self._current: _Request | None = None
        self._due_rests_until = 0.0
        self._commit_listeners: list[Callable[[int], None]] = []
        self._drained: asyncio.Event | None = None
        self.metrics.gauges["zeebe_broker_open_job_stream_clients"] = ("Open job streams", self._push.__len__)
        self.metrics.gauges["zeebe_long_polling_queued_current"] = (
            "Requests that wait for jobs",
            lambda: self._polls.count,
        )
        self.metrics.gauges["zeebe_health"] = ("1 if the partition takes requests", lambda: int(self.health.is_ready))

    # Life

    async def start(self) -> None:
        """Open the partition: from now on it takes commands.

        Raises:
            StoreError: The store cannot be read.
        """
        self._loop = asyncio.get_running_loop()
        self._drained = asyncio.Event()
        self._open_engine()
        self._committer = Committer(self.store, self._loop, self._committed)
        self._large = LargeDeployments(self._loop)
        self.clock.on_change(self._clock_was_set)
        self.health.set(HealthState.HEALTHY)
        self._wake()

    async def stop(self) -> None:
        """Refuse what comes from now on, answer what was taken, and return when all of it is durable. May be called twice."""
        if self._drained is None or self.health.state is HealthState.STOPPED:
            return
        self._is_stopping = True
        self.health.set(HealthState.STOPPED)
        for poll in self._polls.take_all():
            poll.settle(ActivatedJobs([]))
        self._large.stop()
        self._wake()
        await self._drained.wait()
        self._fail_awaited()
        if self._timer is not None:
            self._timer.cancel()
        self._committer.stop()

    async def enter_recovery(self) -> None:
        """Refuse what comes from now on, and do nothing that is due; return when all that was taken is durable.

        Searches go on: what they see changes no more. May be called twice.
        """
        if self._is_stopping or self._drained is None or self.health.state is HealthState.DEAD:
            return
        if self._is_recovering:
            await self._drained.wait()
            return
        self._is_recovering = True
        self.health.set(HealthState.RECOVERING)
        for poll in self._polls.take_all():
            poll.settle(ActivatedJobs([]))
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._drained.clear()
        self._wake()
        await self._drained.wait()

    def leave_recovery(self) -> None:
        """Take commands again, and do what has become due meanwhile. May be called twice."""
        if self._is_stopping or not self._is_recovering or self._drained is None:
            return
        self._is_recovering = False
        self._drained.set()  # who still waits for the beginning of it need not wait for its next
        self._drained.clear()
        if self.health.state is HealthState.RECOVERING:
            self.health.set(HealthState.HEALTHY)
        self._wake()

    @property
    def _rests(self) -> bool:
        """Whether only what was taken before is done."""
        return self._is_stopping or self._is_recovering

    def on_commit(self, listener: Callable[[int], None]) -> None:
        """Have `listener` called with the position of each commit once it is durable: exporters then read the record log."""
        self._commit_listeners.append(listener)

    @property
    def is_idle(self) -> bool:
        """Whether everything that was asked is done and durable."""
        return not (self._ending or self._beginning or self._is_scheduled or self._committing is not None)

    # Commands

    async def execute(self, command: Command, *, timeout_ms: int | None = None) -> Answer | Rejection:
        """Have a command executed; the answer comes when it is durable.

        If the caller is cancelled, the command is executed all the same.

        Args:
            command: What to do; `ActivateJobs` is answered at once, with no jobs if there are none.
            timeout_ms: How long to wait for the turn of the command, or for the result that it asks for.

        Raises:
            ResourceExhausted: Too many commands wait, or the disk is full; the command was not executed.
            Unavailable: The partition has stopped or its store has failed.
            DeadlineExceeded: The time is over.
            InternalError: The engine failed at this command.
        """
        future: asyncio.Future[Answer | Rejection] = self._loop.create_future()
        self.submit(command, _settle(future), timeout_ms=timeout_ms)
        return await future

    def submit(self, command: Command, settle: Settle, *, timeout_ms: int | None = None) -> None:
        """As `execute`, for callers that would rather be called back than wait.

        Args:
            command: What to do.
            settle: Takes the answer, or the error that `execute` would raise; for a refused command it is called before this returns.
            timeout_ms: As in `execute`.
        """
        asked = command.command if isinstance(command, Audited) else command
        asked = asked.command if isinstance(asked, Guarded) else asked
        kind = asked.__class__
        queue = self._ending if kind in ALWAYS_TAKEN else self._beginning
        refusal = self.refusal(kind)
        if (
            kind is CreateProcessInstance
            and asked.awaits_result  # type: ignore[attr-defined]
            and len(self._awaited) >= self.limits.awaited_results_max
        ):
            refusal = refusal or self._refused(ResourceExhausted(CAPACITY_TEXT))
        if refusal is not None:
            settle(refusal)
            return
        deadline_ms = 0 if timeout_ms is None else self._real_ms() + timeout_ms
        if kind is Deploy and LargeDeployments.is_one(asked):  # type: ignore[arg-type]
            self._read_first(command, asked, settle, deadline_ms)  # type: ignore[arg-type]
            return
        queue.append(_Request(command, settle, deadline_ms, None, kind))
        if not self._is_scheduled:
            self._schedule()

    def _read_first(self, command: Command, deploy: Deploy, settle: Settle, deadline_ms: int) -> None:
        """Let large files be read on another thread before their deployment waits for its turn."""
        if self._large.is_full:
            settle(self._refused(ResourceExhausted(CAPACITY_TEXT)))
            return

        def answered(answer: Any) -> None:
            self._large.forget(deploy)
            settle(answer)

        def enqueue() -> None:
            refusal = self.refusal(Deploy)
            if refusal is not None:
                answered(refusal)
                return
            self._beginning.append(_Request(command, answered, deadline_ms, None, Deploy))
            self._wake()

        self._large.read(deploy, self.clock.now_ms(), enqueue)

    def refusal(self, kind: type[Command]) -> ClientError | None:
        """Why a command of this kind would not be taken now: callers may ask before they read one at length."""
        refusal = self._refuses(self._ending if kind in ALWAYS_TAKEN else self._beginning, kind)
        return refusal and self._refused(refusal)

    async def activate_jobs(self, command: ActivateJobs, *, request_timeout_ms: int = 0) -> ActivatedJobs | Rejection:
        """Hand out jobs, waiting for some if there are none; those who wait for a type get theirs in the order in which they came.

        If the caller is cancelled it takes no job: those that were activated for it go back to the queue.

        Args:
            command: What to hand out; without `keys`.
            request_timeout_ms: How long to wait; 0 for `LONG_POLL_DEFAULT_MS`, negative not to wait.

        Raises:
            ResourceExhausted: Too many commands or polls wait, or the disk is full.
            Unavailable: The partition has stopped or its store has failed.
        """
        future: asyncio.Future[Any] = self._loop.create_future()
        settle = _settle(future)

        def answer_unless_cancelled(answer: ActivatedJobs | Rejection | ClientError) -> None:
            if not future.cancelled():
                settle(answer)
            elif isinstance(answer, ActivatedJobs):
                self._yield(answer)

        poll = self.poll(command, answer_unless_cancelled, request_timeout_ms=request_timeout_ms)
        try:
            answer: ActivatedJobs | Rejection = await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                self._yield(future.result())
            else:
                self.cancel_poll(poll)
            raise
        return answer

    def poll(self, command: ActivateJobs, answer: PollAnswer, *, request_timeout_ms: int = 0) -> Poll:
        """As `activate_jobs`, for callers that would rather be called back than wait; end it early with `cancel_poll`."""
        wait_ms = min(request_timeout_ms, LONG_POLL_MAX_MS) if request_timeout_ms else LONG_POLL_DEFAULT_MS
        poll = Poll(command, wait_ms, answer)
        refusal = self._refuses(self._ending, ActivateJobs)
        if refusal is None and self._polls.count >= self.limits.long_polls_max:
            refusal = ResourceExhausted(CAPACITY_TEXT)
        if refusal is not None:
            self._refused(refusal)
            if isinstance(refusal, ResourceExhausted):
                refusal = ResourceExhausted(POLL_TEXT.format(job_type=command.job_type))
            poll.settle(refusal)
            return poll
        self._ending.append(_Request(command, None, 0, poll))
        if not self._is_scheduled:
            self._schedule()
        return poll

    def cancel_poll(self, poll: Poll) -> None:
        """Its caller is gone: it takes no job. May be called twice, and after the answer."""
        poll.close()
        self._polls.discard(poll)

    # Streams

    def add_stream(self, stream: JobStream) -> None:
        """Push jobs to a stream from now on, those that are waiting already too.

        Raises:
            ResourceExhausted: Too many streams are open.
            Unavailable: The partition has stopped.
        """
        if self._is_stopping:
            raise Unavailable(STOPPED_TEXT.format(partition=self.partition_id))
        if len(self._push) >= self.limits.streams_max:
            raise ResourceExhausted(f"Expected to open a job stream, but {self.limits.streams_max} are open already")
        self._push.add(stream)
        self._offer(stream.job_type)

    def remove_stream(self, stream: JobStream) -> None:
        """Push nothing to it any more; what is on its way to it goes back to the queue. May be called twice."""
        self._push.remove(stream)

    def stream_ready(self, stream: JobStream) -> None:
        """It has room for more jobs than it had when it was asked last. Cheap when nothing waits for it."""
        group = self._push.groups.get(stream.job_type)
        if group is not None and group.has_backlog:
            self._offer(stream.job_type)

    # The loop

    def _wake(self) -> None:
        if not self._is_scheduled:
            self._schedule()

    def _schedule(self) -> None:
        self._is_scheduled = True
        self._loop.call_soon(self._step)

    def _step(self) -> None:
        """One portion of work."""
        self._is_scheduled = False
        engine = self._engine
        if engine is None:
            return
        batch = self._open
        started = perf_counter()
        self._now = now = max(self._now, self.clock.now_ms())
        try:
            room = self.limits.batch_commands_max - len(batch.requests)
            if self._ending:
                share = self.limits.batch_commands_max // BEGINNING_SHARE if self._beginning else 0
                room -= self._take_commands(engine, batch, now, started, self._ending, room - share)
            if self._beginning:
                room = min(room, BATCH_ENOUGH, self._beginning_max(batch) - batch.beginning_count)
                batch.beginning_count += self._take_commands(engine, batch, now, started, self._beginning, room)
            if not self._rests:
                self._take_due(engine, batch, now, started)
                if self._fresh:
                    fresh, self._fresh = self._fresh, {}
                    self._hand_out(engine, batch, now, fresh)
        except StoreError as error:
            self._store_failed(error)
            return
        except Exception as error:  # noqa: BLE001 - a command that breaks the engine must not stop the partition
            self._engine_failed(error)
            return
        batch.work_s += perf_counter() - started
        if self._committing is None:
            self._commit(engine, batch)
            if engine is not self._engine:
                return
        elif len(batch.requests) >= self.limits.batch_commands_max or (
            not self._ending and batch.beginning_count >= self._beginning_max(batch)
        ):
            return  # the end of the commit goes on with what waits
        if self._ending or self._beginning:
            if not self._is_scheduled:
                self._schedule()
        elif self._committing is None:
            self._sleep(engine)

    def _beginning_max(self, batch: _Batch) -> int:
        """How much work may begin in a batch.

        While the disk is busy there is time for a lot. But where work ends too, no more begins than ends, so that workers, who
        wait for two transactions with each job, go on completing however much is asked for.
        """
        ending = len(batch.requests) - batch.beginning_count
        if ending or self._committing is None:
            return max(BATCH_ENOUGH, ending)
        return self.limits.batch_beginning_max

    def _take_commands(
        self, engine: Engine, batch: _Batch, now: int, started: float, queue: deque[_Request], room: int
    ) -> int:
        """Process what waits in a queue.

        Args:
            engine: Processes it.
            batch: Where the answers go.
            now: Epoch ms.
            started: When this portion of work began, by `perf_counter`.
            queue: First come, first served.
            room: How many at most.

        Returns:
            How many were taken.
        """
        if queue is self._ending and room > 0:
            engine.prepare(request.command for request in islice(queue, min(room, PREPARED_MAX)))
        process, requests = engine.process, batch.requests
        commands = self.metrics.commands
        end = started + self.limits.batch_work_ms / 1000
        taken = 0
        while queue and taken < room:
            taken += 1
            request = queue.popleft()
            if request.poll is not None:
                if request.poll.is_open:
                    requests.append(request)
                    self._take_poll(engine, batch, request, now)
                continue
            if request.deadline_ms and request.deadline_ms < self._real_ms():
                self._too_late(request)
                continue
            requests.append(request)
            command = request.command
            commands[request.kind] += 1
            self._current = request
            outcome = process(command, now)
            self._current = None
            answer = outcome.answer
            if answer is None:
                if outcome.awaited:
                    self._await(outcome.awaited, request)
            elif request.settle is not None:
                batch.answers.append((request.settle, answer))
                if type(answer) is Rejection:
                    self.metrics.rejections[answer.type] += 1
            if outcome.results or outcome.available_jobs or outcome.faults:
                self._absorb(outcome, batch)
            if taken % _LOOK_AT_CLOCK == 0 and perf_counter() > end:
                break
        return taken

    def _take_poll(self, engine: Engine, batch: _Batch, request: _Request, now: int) -> None:
        poll = request.poll
        assert poll is not None
        job_type = poll.command.job_type
        if job_type in self._fresh and job_type in self._polls:
            count = self._fresh.pop(job_type)
            self._hand_out(engine, batch, now, {job_type: count})
        self._current = request
        self._try_poll(engine, batch, poll, now)
        self._current = None

    def _take_due(self, engine: Engine, batch: _Batch, now: int, started: float) -> None:
        if self._due_rests_until:
            if self._loop.time() < self._due_rests_until:
                return
            self._due_rests_until = 0.0
        end = started + self.limits.batch_work_ms / 1000
        while True:
            due = engine.next_due()
            if due is None or due > now:
                return
            outcome = engine.run_due(now)
            if outcome is None:
                return
            self._absorb(outcome, batch)
            if perf_counter() > end:
                self._wake()
                return

    def _absorb(self, outcome: Outcome, batch: _Batch) -> None:
        for key, answer in outcome.results:
            waiting = self._awaited.pop(key, None)
            if waiting is not None:
                settle, timer = waiting
                if timer is not None:
                    timer.cancel()
                batch.answers.append((settle, answer))
        fresh = self._fresh
        for job_type, _ in outcome.available_jobs:
            fresh[job_type] = fresh.get(job_type, 0) + 1
        for fault in outcome.faults:
            LOG.error("engine_fault_contained", extra={"partition": self.partition_id, **fault._asdict()})

    def _commit(self, engine: Engine, batch: _Batch) -> None:
        try:
            commit = engine.begin_commit()
        except Exception as error:
            LOG.exception("engine_failed", extra={"partition": self.partition_id, "command": ""})
            self._store_failed(error)
            return
        self._open = _Batch()
        if commit is None:
            self._settle(batch)
            if self._rests and not (self._ending or self._beginning) and self._drained is not None:
                self._drained.set()
            return
        self._committing = batch
        self.metrics.batch(len(batch.requests), batch.work_s, commit)
        self._committer.commit(commit)

    def _committed(self, error: BaseException | None, duration_s: float) -> None:
        batch = self._committing
        assert batch is not None
        self._committing = None
        if error is not None:
            self._store_failed(error, batch)
            return
        if self._engine is not None:
            self._engine.end_commit()
        self.metrics.committed(duration_s)
        if self.health.state is HealthState.DEGRADED:
            self.health.set(HealthState.RECOVERING if self._is_recovering else HealthState.HEALTHY)
        self._settle(batch)
        position = self.store.header.position
        for listener in self._commit_listeners:
            listener(position)
        if self._engine is None:
            self._recover()
        elif not self._is_scheduled:
            self._step()

    def _settle(self, batch: _Batch) -> None:
        """The batch is durable: tell everybody."""
        for settle, answer in batch.answers:
            settle(answer)
        for opened, jobs in batch.deliveries:
            self._deliver(opened, jobs)
        for poll, answered in batch.polls:
            if poll.is_open:
                poll.settle(answered)
            else:
                self._yield(answered)

    def _sleep(self, engine: Engine) -> None:
        """Nothing to do: come back when something is due."""
        due = engine.next_due()
        if due is None or self._rests:
            return
        if self.clock.is_pinned and due > self._now:
            return
        if self._timer is not None:
            if self._timer_due <= due:
                return  # it wakes early and looks again: cheaper than a new timer for every job that ends before its time
            self._timer.cancel()
        delay_s = max((due - self.clock.now_ms()) / 1000, self._due_rests_until - self._loop.time())
        self._timer_due = due
        self._timer = self._loop.call_later(min(max(delay_s, _TIMER_MIN_S), _TIMER_MAX_S), self._timer_is_over)

    def _clock_was_set(self) -> None:
        """Somebody has turned the clock on purpose, back perhaps: the partition follows."""
        self._now = self.clock.now_ms()
        self._wake()

    def _timer_is_over(self) -> None:
        self._timer = None
        self._wake()

    # Jobs

    def _offer(self, job_type: str) -> None:
        self._fresh.setdefault(job_type, 0)
        self._wake()

    def _hand_out(self, engine: Engine, batch: _Batch, now: int, fresh: dict[str, int]) -> None:
        """Give jobs that have become activatable to those who wait for them: to streams first, what they leave to polls.

        Args:
            engine: Activates them.
            batch: Where they go.
            now: Epoch ms.
            fresh: How many have become activatable, by type; 0 where that is not known.
        """
        budget = self.limits.push_batch_jobs_max
        for job_type, count in fresh.items():
            if job_type in self._push.groups:
                if budget <= 0:
                    self._offer(job_type)
                    continue
                budget -= self._hand_out_to_streams(engine, batch, now, job_type, count, budget)
                group = self._push.groups.get(job_type)
                if group is not None and not group.has_backlog:
                    continue
            if job_type in self._polls:
                self._hand_out_to_polls(engine, batch, now, job_type)

    def _hand_out_to_streams(
        self, engine: Engine, batch: _Batch, now: int, job_type: str, count: int, budget: int
    ) -> int:
        group = self._push.groups[job_type]
        given = 0
        had_backlog = group.has_backlog
        group.has_backlog = True
        empty_for: set[Sight] = set()
        while with_room := group.with_room():
            share = self.limits.push_jobs_max if had_backlog else max(1, -(-(count - given) // len(with_room)))
            for opened, room in with_room:
                sight = opened.sight
                if sight in empty_for:
                    continue
                wanted = min(room, share, self.limits.push_jobs_max, budget - given)
                if wanted <= 0:
                    self._offer(job_type)
                    return given
                jobs = self._activate_for_stream(engine, batch, now, opened, wanted)
                given += jobs
                if jobs < wanted:
                    empty_for.add(sight)
            if all(opened.sight in empty_for for opened, _ in with_room):
                group.has_backlog = any(opened.sight not in empty_for for opened in group.streams)
                return given
            if not had_backlog and given >= count:
                group.has_backlog = False
                return given
        return given

    def _activate_for_stream(self, engine: Engine, batch: _Batch, now: int, opened: OpenStream, wanted: int) -> int:
        outcome = engine.process(opened.command(wanted), now)
        answer = outcome.answer
        if not isinstance(answer, ActivatedJobs):
            LOG.warning("job_stream_refused", extra={"job_type": opened.stream.job_type, "reason": str(answer)})
            self._push.remove(opened.stream)
            return 0
        count = len(answer.jobs)
        if count:
            opened.promised += count
            batch.deliveries.append((opened, answer.jobs))
            self.metrics.activated(opened.stream.job_type, count)
            self.metrics.jobs_pushed += count
        if outcome.results or outcome.available_jobs or outcome.faults:
            self._absorb(outcome, batch)
        return wanted if answer.truncated else count

    def _deliver(self, opened: OpenStream, jobs: list[ActivatedJob]) -> None:
        opened.promised -= len(jobs)
        undelivered: Iterable[ActivatedJob] = jobs
        stream = opened.stream
        if opened.is_open:
            try:
                undelivered = stream.deliver(jobs) or ()
            except Exception:
                LOG.exception("job_stream_broken", extra={"job_type": stream.job_type})
                self._push.remove(stream)
        for job in undelivered:
            self._yield_job(job)
        # Room that was only promised is room again: nobody but us knows that.
        group = self._push.groups.get(stream.job_type)
        if opened.is_open and group is not None and group.has_backlog and not undelivered and opened.room() > 0:
            self._offer(stream.job_type)

    def _try_poll(self, engine: Engine, batch: _Batch, poll: Poll, now: int) -> bool:
        """Answer a poll if it finds jobs or is refused, else let it wait; return whether it was answered."""
        outcome = engine.process(poll.command, now)
        answer = outcome.answer
        assert isinstance(answer, ActivatedJobs | Rejection)
        if outcome.results or outcome.available_jobs or outcome.faults:
            self._absorb(outcome, batch)
        if isinstance(answer, ActivatedJobs):
            if answer.jobs:
                self.metrics.activated(poll.command.job_type, len(answer.jobs))
            elif poll.wait_ms >= 0 and not self._rests:
                self._let_wait(poll)
                return False
        self._polls.discard(poll)
        batch.polls.append((poll, answer))
        return True

    def _let_wait(self, poll: Poll) -> None:
        if poll.timer is None:
            poll.timer = self._loop.call_later(poll.wait_ms / 1000, self._poll_is_over, poll)
        self._polls.add(poll)

    def _poll_is_over(self, poll: Poll) -> None:
        poll.timer = None
        self._polls.discard(poll)
        if poll.is_open and not self._is_in_flight(poll):
            poll.settle(ActivatedJobs([]))

    def _is_in_flight(self, poll: Poll) -> bool:
        """Whether an answer with jobs is on its way to it."""
        batches = (self._open, self._committing)
        return any(poll is other for batch in batches if batch is not None for other, _ in batch.polls)

    def _hand_out_to_polls(self, engine: Engine, batch: _Batch, now: int, job_type: str) -> None:
        empty_for: set[Sight] = set()
        for poll in self._polls.waiting(job_type):
            sight = (poll.command.tenant_ids, poll.command.process_ids)
            if sight not in empty_for and not self._try_poll(engine, batch, poll, now):
                empty_for.add(sight)

    def _yield(self, jobs: ActivatedJobs | Rejection) -> None:
        if isinstance(jobs, ActivatedJobs):
            for job in jobs.jobs:
                self._yield_job(job)

    def _yield_job(self, job: ActivatedJob) -> None:
        self.metrics.jobs_yielded += 1
        self._ending.append(_Request(YieldJob(job.key), None))
        self._wake()

    # Refusals and failures

    def _refuses(self, queue: deque[_Request], kind: type[Command]) -> ClientError | None:
        """Why a command of this kind is not taken into its queue now."""
        waiting = len(queue)
        if waiting >= self.limits.queue_commands_max and (
            kind not in ALWAYS_TAKEN or waiting >= self.limits.queue_commands_hard_max
        ):
            return ResourceExhausted(CAPACITY_TEXT)
        if self._refusal is not None:
            if self.health.state is HealthState.DEAD or self._loop.time() < self._refuses_until:
                return self._refusal
            self._refusal = None
        if self._is_stopping or self._drained is None:
            return Unavailable(STOPPED_TEXT.format(partition=self.partition_id))
        if self._is_recovering:
            return Unavailable(RECOVERING_TEXT.format(partition=self.partition_id))
        return None

    def _refused(self, refusal: ClientError) -> ClientError:
        self.metrics.refused += 1
        return refusal

    def _real_ms(self) -> int:
        """Time that passes whatever the clock says: for time-outs of requests."""
        return int(self._loop.time() * 1000)

    def _too_late(self, request: _Request) -> None:
        if request.settle is not None:
            request.settle(DeadlineExceeded(TIMEOUT_TEXT))

    def _await(self, key: int, request: _Request) -> None:
        """The answer comes when the process instance has completed."""
        if request.settle is None:
            return
        timer = None
        if request.deadline_ms:
            left_s = max(0.0, request.deadline_ms / 1000 - self._loop.time())
            timer = self._loop.call_later(left_s, self._result_is_late, key)
        self._awaited[key] = (request.settle, timer)
        request.awaited = key

    def _result_is_late(self, key: int) -> None:
        settle, _ = self._awaited.pop(key)
        settle(DeadlineExceeded(TIMEOUT_TEXT))

    def _forget_awaited(self, request: _Request) -> bool:
        """Whether it waits for the result of an instance that is not there after all."""
        waiting = self._awaited.pop(request.awaited, None) if request.awaited else None
        request.awaited = 0
        if waiting is not None and waiting[1] is not None:
            waiting[1].cancel()
        return waiting is not None

    def _fail_awaited(self) -> None:
        awaited, self._awaited = self._awaited, {}
        for settle, timer in awaited.values():
            if timer is not None:
                timer.cancel()
            settle(Unavailable(STOPPED_TEXT.format(partition=self.partition_id)))

    def _store_failed(self, error: BaseException, failed: _Batch | None = None) -> None:
        """A commit or a read has failed: whoever waits is refused, and the engine begins anew with what is durable.

        Args:
            error: Why.
            failed: The batch whose commit it was; None for a read: a commit that is under way may still succeed.
        """
        self.metrics.commits_failed += 1
        LOG.error("store_failed", extra={"partition": self.partition_id, "error": str(error)})
        refusal: ClientError
        if isinstance(error, StoreFullError):
            refusal = ResourceExhausted(DISK_TEXT.format(partition=self.partition_id))
        else:
            refusal = Unavailable(STORE_TEXT.format(partition=self.partition_id))
        self._refusal = refusal
        self._refuses_until = self._loop.time() + RECOVERY_DELAY_S
        batches = [self._open] if failed is None else [failed, self._open]
        self._open = _Batch()
        for batch in batches:
            self._undo(batch)
            for request in batch.requests:
                if self._forget_awaited(request) and request.settle is not None:
                    request.settle(refusal)
            for settle, _ in batch.answers:
                settle(refusal)
            for poll, _ in batch.polls:
                if poll.is_open and poll.wait_ms >= 0:
                    self._let_wait(poll)
                elif poll.is_open:
                    poll.settle(refusal)
        current, self._current = self._current, None
        waiting = [*([] if current is None else [current]), *self._ending, *self._beginning]
        self._ending.clear()
        self._beginning.clear()
        self._refuse(waiting, refusal)
        self._put_engine_away()
        if isinstance(error, FencedError | CorruptStoreError):
            self._die(str(error), refusal)
        elif self._is_stopping:
            self._drained_now()
        else:
            self.health.set(HealthState.DEGRADED, str(error))
            self._loop.call_later(RECOVERY_DELAY_S, self._recover)

    def _engine_failed(self, error: Exception) -> None:
        """The engine has failed at a command and may be half changed: the batch is tried once more without that command."""
        culprit, self._current = self._current, None
        command = "" if culprit is None else culprit.kind.__name__
        LOG.error("engine_failed", extra={"partition": self.partition_id, "command": command}, exc_info=error)
        batch, self._open = self._open, _Batch()
        self._undo(batch)
        refusal = InternalError(CRASH_TEXT.format(error=error.__class__.__name__))
        again = [request for request in batch.requests if request is not culprit]
        settles = {id(request.settle) for request in again}
        for request in again:
            self._forget_awaited(request)
        for settle, _ in batch.answers:
            if id(settle) not in settles:
                settle(refusal)
        polls = {id(request.poll) for request in again}
        for poll, _ in batch.polls:
            if poll.is_open and id(poll) not in polls and (culprit is None or poll is not culprit.poll):
                self._let_wait(poll)
        for request in again:
            if request.poll is not None:
                self._polls.discard(request.poll)
        self._ending.extendleft(reversed(again))
        if culprit is None:
            self._due_rests_until = self._loop.time() + _DUE_REST_S
        else:
            self._refuse([culprit], refusal)
        self._put_engine_away()
        if self._committing is None:
            self._recover()

    def _undo(self, batch: _Batch) -> None:
        """Nothing of it has happened."""
        for opened, jobs in batch.deliveries:
            opened.promised -= len(jobs)

    def _refuse(self, requests: Iterable[_Request], refusal: ClientError) -> None:
        for request in requests:
            if request.poll is not None:
                self._polls.discard(request.poll)
                if request.poll.is_open:
                    request.poll.settle(refusal)
            elif request.settle is not None:
                request.settle(refusal)

    def _put_engine_away(self) -> None:
        """Who awaits the result of an instance that is durable goes on waiting; the next engine is told."""
        engine, self._engine = self._engine, None
        if engine is not None:
            self._carried = {key: names for key, names in engine.state.awaited.items() if key in self._awaited}

    def _recover(self) -> None:
        """Try again with a new engine, unless there is one or the rows that it would begin with are still being written."""
        if self._engine is not None or self._committing is not None or self.health.state is HealthState.DEAD:
            return
        try:
            self._open_engine()
        except StoreError as error:
            self._store_failed(error)
            return
        self._wake()

    def _die(self, reason: str, refusal: ClientError) -> None:
        """Go on refusing for good."""
        self.health.set(HealthState.DEAD, reason)
        for poll in self._polls.take_all():
            poll.settle(refusal)
        self._fail_awaited()
        self._drained_now()

    def _drained_now(self) -> None:
        if self._drained is not None:
            self._drained.set()

    def _open_engine(self) -> None:
        header = self.store.header
        self._now = max(self._now, header.time_ms)
        engine = Engine(
            self.store,
            partition_id=self.partition_id,
            last_key=header.last_key,
            position=header.position,
            is_new=header.position == 0,
        )
        engine.state.awaited.update(self._carried)
        self._carried = {}
        self._engine = engine
        for job_type in {*self._push.types(), *self._polls.types()}:
            self._fresh.setdefault(job_type, 0)
        for group in self._push.groups.values():
            group.has_backlog = True


def _settle(future: asyncio.Future[Any]) -> Callable[[Any], None]:
    def settle(answer: Any) -> None:
        if future.done():
            return
        if isinstance(answer, ClientError):
            future.set_exception(answer)
        else:
            future.set_result(answer)

    return settle
