"""Works on the jobs of one type: gets them, runs the handler, tells the engine how they ended.

The rules of this file:

* No more than `max_jobs` run at once. While there is no room, no poll is made and the stream is not read: jobs then wait in
  the engine, for whoever has room.
* While there is room, something that can bring a job is always open. Nothing sleeps but after a failure.
* A stream brings jobs as they appear, a poll those that waited before or that no stream could take. Either may fill the last
  place while the other is on its way; the few jobs too many wait here. So while the stream stands, a poll asks for a small
  share of the room only; when polls come back full, there is a backlog, and they ask for all of it.
* A worker that stays full closes its stream and hands back what has piled up in it, for others to take.
* Failures of the connection never end it: it comes back after a growing pause with jitter, for ever.
* A job whose time is over is not begun, and its outcome is told only as long as it can count.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kiang.client.asynchronous import MESSAGE_SIZE_MAX_BYTES, to_ms
from kiang.client.job import Job
from kiang.client.job_result import JobResult
from kiang.client.request import ActivateJobs, CompleteJob, FailJob, StreamJobs, ThrowError, UpdateJobTimeout
from kiang.client.retry import jittered
from kiang.client.variables import encode_variables
from kiang.errors import (
    ClientError,
    DeadlineExceeded,
    InternalError,
    InvalidArgument,
    InvalidState,
    NotFound,
    ResourceExhausted,
    Unavailable,
    Unimplemented,
)
from kiang.worker.binding import Binding
from kiang.worker.observer import CallNext, Middleware, WorkerObserver, logger
from kiang.worker.outcome import Completed, ErrorThrown, Failed, HandedBack, Outcome, outcome_of
from kiang.worker.port import JobPort
from kiang.worker.threads import HandlerThreads

PAUSE_FIRST_S = 0.05
PAUSE_MAX_S = 5.0
"""Between attempts to reach an engine: the first pause and the longest, doubling in between."""
EMPTY_POLL_PAUSE_FIRST_S = 0.05
EMPTY_POLL_PAUSE_MAX_S = 1.0
"""After polls that came back empty at once, from gateways that do not wait; halved or doubled by what comes."""
EMPTY_POLL_AT_ONCE_S = 0.5
"""An empty poll that took less than this did not wait."""
POLL_SHARE = 8
"""The part of `max_jobs` (one in so many) that an idle poll reserves beside a stream."""
STREAM_JOBS_MIN = 2
"""With room for a single job the poll alone keeps it busy; a stream could bring one too many."""
CANCEL_AGAIN_S = 0.5
CANCELS_MAX = 20
"""Handlers that go on after they were cancelled, while the worker stops: how long they may, and how often they are cancelled."""
STREAM_FULL_MAX_S = 1.0
"""A worker that has had no room for so long closes its stream. What is under way in a stream, up to 64 KiB, would wait here
for a handler while other workers are idle; from then on it polls, which brings exactly what there is room for, until polls
show that no backlog is left."""
STOPS_TEXT = "Handed back: the worker stops."
FULL_TEXT = "Handed back: the worker has no room."
"""What the engine keeps as the reason of a job that was never worked on."""
VARIABLES_SIZE_MAX_BYTES = MESSAGE_SIZE_MAX_BYTES - 64 * 1024
"""Of a completion; leaves room for the rest of the message."""


@dataclass(frozen=True, slots=True)
class JobWorkerSettings:
    """How jobs of one type are worked on.

    Attributes:
        worker: Name that the engine records with the job.
        timeout: How long a job belongs to the worker.
        max_jobs: Held at once.
        request_timeout: How long a poll stays open.
        streams: Whether to open a stream beside the poll.
        extends_timeout: Whether a job that still runs is kept beyond `timeout`.
        retry_backoff: For jobs whose handler raised something unexpected.
    """

    job_type: str
    worker: str
    timeout: timedelta
    max_jobs: int
    request_timeout: timedelta
    tenant_ids: tuple[str, ...]
    fetch_variables: tuple[str, ...]
    streams: bool
    extends_timeout: bool
    retry_backoff: timedelta


class JobWorker:
    """See the head of the file.

    Args:
        function: The handler; called in `threads` if they are given, else on the event loop.
    """

    def __init__(
        self,
        settings: JobWorkerSettings,
        function: Callable[..., Any],
        binding: Binding,
        *,
        port: JobPort,
        observer: WorkerObserver,
        middleware: tuple[Middleware, ...] = (),
        threads: HandlerThreads | None = None,
    ) -> None:
        self.settings = settings
        self._function = function
        self._binding = binding
        self._port = port
        self._observer = observer
        self._threads = threads
        self._execute = _compose(middleware, self._execute_blocking if threads else self._execute_async)
        self._timeout_s = settings.timeout.total_seconds()
        self._loop = asyncio.get_running_loop()
        self._now = self._loop.time
        self._held = 0
        self._surplus: deque[tuple[Job, float]] = deque()
        self._streaming = settings.streams and settings.max_jobs >= STREAM_JOBS_MIN
        self._connected = True
        self._stopping = asyncio.Event()
        self._waiting_for_room: list[tuple[int, asyncio.Future[None]]] = []
        self._open_poll: asyncio.Task[list[Job]] | None = None
        self._feeds: list[asyncio.Task[None]] = []
        self._jobs: set[asyncio.Task[None]] = set()
        self._given_up: set[asyncio.Task[None]] = set()  # their handlers have ended; the engine is being told
        self._queued: set[asyncio.Task[None]] = set()
        self._no_backlog = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    # ---- life

    async def run(self) -> None:
        """Work until `stop` is called.

        Raises:
            ClientError: The engine refuses the request for jobs as such; no second try can be different.
        """
        self._observer.worker_started(self.settings.job_type)
        self._feeds.append(self._loop.create_task(self._poll_for_ever()))
        if self._streaming:
            self._feeds.append(self._loop.create_task(self._stream_for_ever()))
        stopping = self._loop.create_task(self._stopping.wait())
        try:
            done, _ = await asyncio.wait([stopping, *self._feeds], return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            stopping.cancel()
            await self._end_feeds()

    async def stop(self, grace_s: float) -> None:
        """Take no more jobs, finish what runs within `grace_s`, hand back the rest. May be called twice."""
        self._stopping.set()
        await self._end_feeds()
        for task in list(self._queued):
            task.cancel()
        surplus = [job for job, _ in self._surplus]
        self._surplus.clear()
        for job in surplus:
            await self._hand_back(job)
        self._held -= len(surplus)
        if not self._held:
            self._idle.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await self._idle.wait()
        await self._cancel(set(self._jobs))
        self._observer.worker_stopped(self.settings.job_type)

    async def _cancel(self, jobs: set[asyncio.Task[None]]) -> None:
        """Cancel handlers until they have ended: `asyncio.wait_for` may swallow a cancellation (before Python 3.12)."""
        for _ in range(CANCELS_MAX):
            if not jobs:
                return
            for task in jobs - self._given_up:
                task.cancel()
            _, jobs = await asyncio.wait(jobs, timeout=CANCEL_AGAIN_S)
        if jobs:
            logger.error("handlers go on after %s cancellations job_type=%s", CANCELS_MAX, self.settings.job_type)

    async def _end_feeds(self) -> None:
        for task in self._feeds:
            task.cancel()
        for task in self._feeds:
            with suppress(asyncio.CancelledError, ClientError):
                await task
        self._feeds.clear()

    # ---- room

    @property
    def held(self) -> int:
        """Jobs that the worker has and the engine has not heard the end of."""
        return self._held

    def _room(self) -> int:
        return self.settings.max_jobs - self._held

    async def _wait_for_room(self, places: int) -> None:
        while self._room() < places:
            turn = self._loop.create_future()
            entry = (places, turn)
            self._waiting_for_room.append(entry)
            try:
                await turn
            finally:
                with suppress(ValueError):
                    self._waiting_for_room.remove(entry)

    def _room_was_made(self) -> None:
        for places, turn in self._waiting_for_room:
            if not turn.done() and self._room() >= places:
                turn.set_result(None)

    # ---- where jobs come from

    async def _poll_for_ever(self) -> None:
        pause = _Pause(PAUSE_FIRST_S, PAUSE_MAX_S)
        empty_pause = _Pause(EMPTY_POLL_PAUSE_FIRST_S, EMPTY_POLL_PAUSE_MAX_S)
        share = max(1, self.settings.max_jobs // POLL_SHARE)
        while True:
            await self._wait_for_room(1)
            # All the room if there may be a backlog; then the answer comes at once, so the stream waits a moment only.
            takes_all = not self._no_backlog.is_set() or not self._streaming
            size = self._room() if takes_all else min(share, self._room())
            waits = not (self._streaming and takes_all)
            began = self._now()
            try:
                jobs = await self._polled(self._poll(size, waits=waits))
            except (InvalidArgument, Unimplemented):
                raise
            except ClientError as error:
                await self._rest(pause, error)
                continue
            pause.reset()
            self._reached()
            for job in jobs:
                self._take(job)
            if len(jobs) < size:
                self._no_backlog.set()
            else:
                self._no_backlog.clear()
            if jobs:
                empty_pause.reset()
            elif waits and self._now() - began < EMPTY_POLL_AT_ONCE_S:
                await asyncio.sleep(empty_pause.next())

    async def _polled(self, request: ActivateJobs) -> list[Job]:
        poll = self._open_poll = self._loop.create_task(self._port.activate(request))
        try:
            return await asyncio.shield(poll)
        except asyncio.CancelledError:
            if poll.cancelled():
                return []  # the stream has found the worker full
            poll.cancel()
            with suppress(asyncio.CancelledError, ClientError):
                for job in await poll:  # had arrived already
                    await self._hand_back(job)
            raise

    def _poll(self, size: int, *, waits: bool) -> ActivateJobs:
        settings = self.settings
        return ActivateJobs(
            job_type=settings.job_type,
            worker=settings.worker,
            timeout_ms=to_ms(settings.timeout),
            max_jobs=size,
            fetch_variables=settings.fetch_variables,
            tenant_ids=settings.tenant_ids,
            request_timeout_ms=to_ms(settings.request_timeout) if waits else -1,
        )

    async def _stream_for_ever(self) -> None:
        settings = self.settings
        request = StreamJobs(
            job_type=settings.job_type,
            worker=settings.worker,
            timeout_ms=to_ms(settings.timeout),
            fetch_variables=settings.fetch_variables,
            tenant_ids=settings.tenant_ids,
        )
        pause = _Pause(PAUSE_FIRST_S, PAUSE_MAX_S)
        while True:
            try:
                stream = self._port.stream(request)
            except Unimplemented:
                self._streaming = False
                return
            began = self._now()
            failure: ClientError | None = None
            is_full = False
            try:
                jobs = aiter(stream)
                self._streaming = True
                while self._room() > 0 or await self._room_soon():
                    self._take(await anext(jobs))
                    pause.reset()
                is_full = True
                self._no_backlog.clear()
                if self._open_poll is not None:
                    self._open_poll.cancel()
            except StopAsyncIteration:
                pass
            except Unimplemented:
                return  # an engine without streams
            except InvalidArgument:
                raise
            except ClientError as error:
                failure = error
            finally:
                self._streaming = False
                await stream.aclose()
                with suppress(ClientError):
                    async for job in stream:  # what had arrived and was not looked at
                        await self._hand_back(job)
            if is_full:
                await self._no_backlog.wait()
            elif failure is not None and not isinstance(failure, DeadlineExceeded):
                await self._rest(pause, failure)
            elif self._now() - began < PAUSE_MAX_S:
                await asyncio.sleep(pause.next())

    async def _room_soon(self) -> bool:
        """Wait for room; False if handlers keep the worker full for too long."""
        try:
            async with asyncio.timeout(STREAM_FULL_MAX_S):
                await self._wait_for_room(1)
        except TimeoutError:
            return False
        return True

    async def _rest(self, pause: _Pause, error: ClientError) -> None:
        delay = pause.next()
        if self._connected:
            self._connected = False
            self._observer.connection_lost(self.settings.job_type, error, delay)
        await asyncio.sleep(delay)

    def _reached(self) -> None:
        if not self._connected:
            self._connected = True
            self._observer.connection_restored(self.settings.job_type)

    # ---- what becomes of them

    def _take(self, job: Job) -> None:
        self._held += 1
        self._idle.clear()
        deadline = self._now() + self._timeout_s
        if len(self._jobs) < self.settings.max_jobs:
            self._begin(job, deadline)
        else:
            self._surplus.append((job, deadline))

    def _begin(self, job: Job, deadline: float) -> None:
        task = self._loop.create_task(self._work(job, deadline))
        self._jobs.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._jobs.discard(task)
        self._held -= 1
        if self._surplus:
            self._begin(*self._surplus.popleft())
        if not self._held:
            self._idle.set()
        if self._waiting_for_room:
            self._room_was_made()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._loop.call_exception_handler({"message": "job worker failed", "exception": error, "task": task})

    async def _work(self, job: Job, deadline: float) -> None:
        if self._threads is not None and not await self._has_thread(self._threads, job):
            return
        if self._now() > deadline:
            self._observer.job_lost(job, "its time was over before it could begin")
            if self._threads is not None:
                self._threads.release()
            return
        lease = _Lease(self._port, self._observer, job, self._timeout_s, deadline)
        if self.settings.extends_timeout:
            lease.keep()
        try:
            self._observer.job_started(job)
            began = self._now()
            try:
                outcome = await self._execute(job)
            except asyncio.CancelledError as error:
                if self._stopping.is_set():
                    await self._give_up(job)
                    return
                outcome = outcome_of(error, job, self.settings.retry_backoff)
            except Exception as error:  # noqa: BLE001 - of a middleware; the job must not be left hanging
                outcome = outcome_of(error, job, self.settings.retry_backoff)
            await self._report(job, outcome, self._now() - began, lease)
        finally:
            lease.release()

    async def _has_thread(self, threads: HandlerThreads, job: Job) -> bool:
        """Wait for a free thread; False if the job was handed back meanwhile."""
        task = asyncio.current_task()
        assert task is not None
        self._queued.add(task)
        try:
            await threads.acquire()
        except asyncio.CancelledError:
            if not self._stopping.is_set():
                raise
            await self._hand_back(job)
            return False
        finally:
            self._queued.discard(task)
        return True

    async def _give_up(self, job: Job) -> None:
        """The worker stops, and the handler was cancelled."""
        task = asyncio.current_task()
        assert task is not None
        self._given_up.add(task)
        if self._threads is not None:
            # Its thread cannot be stopped; somebody else would do the same work at the same time.
            self._observer.job_lost(job, "its handler still runs in a thread; the engine waits until its time is over")
        else:
            await self._hand_back(job)

    async def _execute_async(self, job: Job) -> Outcome:
        try:
            positional, named = self._binding.arguments(job)
            value = await self._function(*positional, **named)
            return self._completion(job, value)
        except asyncio.CancelledError as error:
            if self._stopping.is_set():
                raise
            # Nobody has cancelled this task: the handler lets a cancellation of its own escape.
            return outcome_of(error, job, self.settings.retry_backoff)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises fails its job
            return outcome_of(error, job, self.settings.retry_backoff)

    async def _execute_blocking(self, job: Job) -> Outcome:
        threads = self._threads
        assert threads is not None

        def execute() -> Outcome:
            try:
                positional, named = self._binding.arguments(job)
                return self._completion(job, self._function(*positional, **named))
            except BaseException as error:  # noqa: BLE001 - also SystemExit, which would only end the thread
                return outcome_of(error, job, self.settings.retry_backoff)

        return await threads.run(execute)

    def _completion(self, job: Job, value: Any) -> Outcome:
        result = None
        if isinstance(value, JobResult):
            result, value = value, value.variables
        variables = self._binding.result(value) if result is None else encode_variables(value)
        if len(variables) > VARIABLES_SIZE_MAX_BYTES:
            return Failed(
                retries=max(job.retries - 1, 0),
                message=(
                    f"Expected the job to be completed with at most {VARIABLES_SIZE_MAX_BYTES} bytes of variables, "
                    f"but there are {len(variables)}. Keep large contents elsewhere and pass a reference."
                ),
            )
        return Completed(variables, result)

    # ---- telling the engine

    async def _report(self, job: Job, outcome: Outcome, seconds: float, lease: _Lease) -> None:
        pause = _Pause(PAUSE_FIRST_S, PAUSE_MAX_S)
        while True:
            try:
                await self._tell(job, outcome)
            except asyncio.CancelledError:
                self._observer.job_lost(job, "the worker stopped before the engine could be told")
                raise
            except (NotFound, InvalidState) as error:
                self._observer.job_lost(job, f"the engine has ended it already: {type(error).__name__}")
                return
            except (Unavailable, ResourceExhausted, DeadlineExceeded):
                delay = pause.next()
                if self._now() + delay > lease.deadline:
                    self._observer.job_lost(job, "its time was over before the engine could be told")
                    return
                await asyncio.sleep(delay)
            except ClientError as error:
                if isinstance(outcome, Failed) or not isinstance(error, (InvalidArgument, InternalError)):
                    self._observer.job_lost(job, f"the engine refuses the outcome: {type(error).__name__}")
                    return
                # The engine takes the variables amiss, for example their size: the job has failed, and shows why.
                outcome = Failed(retries=max(job.retries - 1, 0), message=str(error), error=error)
            else:
                self._observer.job_ended(job, outcome, seconds)
                return

    async def _tell(self, job: Job, outcome: Outcome) -> None:
        if isinstance(outcome, Completed):
            await self._port.complete(CompleteJob(job_key=job.key, variables=outcome.variables, result=outcome.result))
        elif isinstance(outcome, Failed):
            await self._port.fail(
                FailJob(
                    job_key=job.key,
                    retries=outcome.retries,
                    error_message=outcome.message,
                    retry_backoff_ms=to_ms(outcome.retry_backoff),
                    variables=outcome.variables,
                )
            )
        elif isinstance(outcome, ErrorThrown):
            await self._port.throw(
                ThrowError(
                    job_key=job.key,
                    error_code=outcome.code,
                    error_message=outcome.message,
                    variables=outcome.variables,
                )
            )
        else:
            await self._port.fail(FailJob(job_key=job.key, retries=job.retries, error_message=outcome.reason))

    async def _hand_back(self, job: Job) -> None:
        outcome = HandedBack(STOPS_TEXT if self._stopping.is_set() else FULL_TEXT)
        try:
            await self._tell(job, outcome)
        except ClientError as error:
            self._observer.job_lost(job, f"it could not be handed back: {type(error).__name__}")
        else:
            self._observer.job_ended(job, outcome, 0.0)


class _Lease:
    """How long a job is ours, by our own clock: counted from its arrival, so never longer than by the engine's."""

    def __init__(self, port: JobPort, observer: WorkerObserver, job: Job, timeout_s: float, deadline: float) -> None:
        self.deadline = deadline
        self._port = port
        self._observer = observer
        self._job = job
        self._timeout_s = timeout_s
        self._keeper: asyncio.Task[None] | None = None

    def keep(self) -> None:
        """Extend it again and again until `release`."""
        self._keeper = asyncio.get_running_loop().create_task(self._extend_for_ever())

    def release(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            self._keeper = None

    async def _extend_for_ever(self) -> None:
        request = UpdateJobTimeout(job_key=self._job.key, timeout_ms=round(self._timeout_s * 1000))
        now = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(self._timeout_s / 3)  # two more attempts fit in if one fails
            asked_at = now()
            try:
                await self._port.extend(request)
            except (NotFound, InvalidState) as error:
                self._observer.job_lost(self._job, f"its time could not be extended: {type(error).__name__}")
                return
            except ClientError:
                continue
            self.deadline = asked_at + self._timeout_s


class _Pause:
    """Pauses that double up to a limit, with jitter."""

    def __init__(self, first_s: float, max_s: float) -> None:
        self._first_s = first_s
        self._max_s = max_s
        self._next_s = first_s

    def next(self) -> float:
        delay = self._next_s
        self._next_s = min(delay * 2, self._max_s)
        return jittered(delay)

    def reset(self) -> None:
        self._next_s = self._first_s


def _compose(middleware: tuple[Middleware, ...], innermost: CallNext) -> CallNext:
    """The first middleware is the outermost."""
    call = innermost
    for each in reversed(middleware):
        call = _around(each, call)
    return call


def _around(middleware: Middleware, call_next: CallNext) -> CallNext:
    def call(job: Job) -> Awaitable[Outcome]:
        return middleware(job, call_next)

    return call
