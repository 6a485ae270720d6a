"""A simulated twin of the port: job queues with states, deadlines, streams and polls, and faults on demand."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field

from kiang.client.job import Job
from kiang.client.request import ActivateJobs, CompleteJob, FailJob, StreamJobs, ThrowError, UpdateJobTimeout
from kiang.errors import ClientError, InvalidState, NotFound, Unavailable, Unimplemented


@dataclass
class SimulatedJob:
    key: int
    type: str
    variables: str
    retries: int
    headers: str = "{}"
    state: str = "ACTIVATABLE"
    deadline: float = 0.0
    activations: int = 0
    message: str = ""
    error_code: str = ""
    completed_with: str = ""
    backoffs_ms: list[int] = field(default_factory=list)


class SimulatedEngine:
    """An engine as far as a worker sees it. Streams get what becomes activatable after they were opened, like the original."""

    def __init__(self, *, has_streams: bool = True, waits: bool = True) -> None:
        self.jobs: dict[int, SimulatedJob] = {}
        self.has_streams = has_streams
        self.waits = waits
        self.down: ClientError | None = None
        self.refuse_outcomes: deque[ClientError] = deque()
        self.polls: list[ActivateJobs] = []
        self.stream_requests: list[StreamJobs] = []
        self.streams: list[SimulatedStream] = []
        self.extensions: list[int] = []
        self.most_held = 0
        self._news = asyncio.Event()
        self._changed = asyncio.Event()

    # ---- what a test does

    def add(
        self, count: int = 1, *, job_type: str = "pay", variables: str = "{}", retries: int = 3, headers: str = "{}"
    ) -> list[SimulatedJob]:
        added = []
        for _ in range(count):
            job = SimulatedJob(len(self.jobs) + 1, job_type, variables, retries, headers)
            self.jobs[job.key] = job
            added.append(job)
            self._publish(job)
        return added

    def go_down(self) -> None:
        """Connections break, new ones are refused."""
        self.down = Unavailable("gone")
        for stream in list(self.streams):
            stream.break_with(Unavailable("gone"))
        self._notify()

    def come_up(self) -> None:
        self.down = None

    def states(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for job in self.jobs.values():
            found[job.state] = found.get(job.state, 0) + 1
        return found

    async def until(self, condition) -> None:
        """Wait until a condition on this engine holds."""
        while not condition():
            self._changed = asyncio.Event()
            with suppress(TimeoutError):
                async with asyncio.timeout(0.05):
                    await self._changed.wait()

    async def all_ended(self) -> None:
        await self.until(
            lambda: all(job.state not in {"ACTIVATABLE", "ACTIVATED", "RESTING"} for job in self.jobs.values())
        )

    # ---- the port

    async def activate(self, request: ActivateJobs) -> list[Job]:
        self.polls.append(request)
        await asyncio.sleep(0.001)
        wait_s = 10.0 if request.request_timeout_ms == 0 else max(request.request_timeout_ms, 0) / 1000
        end = self._now() + (wait_s if self.waits else 0.0)
        while True:
            if self.down is not None:
                raise self.down
            self._time_out()
            found = [job for job in self.jobs.values() if job.type == request.job_type and job.state == "ACTIVATABLE"]
            if found or self._now() >= end:
                return [self._activate(job, request) for job in found[: request.max_jobs]]
            self._news = asyncio.Event()
            try:
                async with asyncio.timeout(min(end - self._now(), 0.5)):
                    await self._news.wait()
            except TimeoutError:
                pass

    def stream(self, request: StreamJobs) -> SimulatedStream:
        if not self.has_streams:
            raise Unimplemented("no streams")
        self.stream_requests.append(request)
        return SimulatedStream(self, request)

    async def complete(self, request: CompleteJob) -> None:
        job = await self._command(request.job_key)
        job.state, job.completed_with = "COMPLETED", request.variables

    async def fail(self, request: FailJob) -> None:
        job = await self._command(request.job_key)
        job.retries, job.message = request.retries, request.error_message
        job.backoffs_ms.append(request.retry_backoff_ms)
        if request.retries <= 0:
            job.state = "FAILED"
        elif request.retry_backoff_ms:
            job.state = "RESTING"
            asyncio.get_running_loop().call_later(request.retry_backoff_ms / 1000, self._publish, job)
        else:
            self._publish(job)

    async def throw(self, request: ThrowError) -> None:
        job = await self._command(request.job_key)
        job.state, job.error_code, job.message = "ERROR_THROWN", request.error_code, request.error_message

    async def extend(self, request: UpdateJobTimeout) -> None:
        job = await self._command(request.job_key)
        self.extensions.append(job.key)
        job.deadline = self._now() + request.timeout_ms / 1000

    async def aclose(self) -> None:
        return None

    # ---- inside

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    async def _command(self, key: int) -> SimulatedJob:
        await asyncio.sleep(0.001)
        if self.refuse_outcomes:
            raise self.refuse_outcomes.popleft()
        if self.down is not None:
            raise self.down
        self._time_out()
        job = self.jobs[key]
        if job.state in {"COMPLETED", "ERROR_THROWN"}:
            raise NotFound(f"no job {key}")
        if job.state == "FAILED":
            raise InvalidState(f"job {key} has failed")
        asyncio.get_running_loop().call_soon(self.note)
        return job

    def note(self) -> None:
        """Something has changed: who waits for it looks again."""
        self._changed.set()

    def _activate(self, job: SimulatedJob, request: ActivateJobs | StreamJobs) -> Job:
        job.state = "ACTIVATED"
        self.note()
        job.activations += 1
        job.deadline = self._now() + request.timeout_ms / 1000
        held = sum(1 for each in self.jobs.values() if each.state == "ACTIVATED")
        self.most_held = max(self.most_held, held)
        return Job(
            job.key,
            job.type,
            worker=request.worker,
            retries=job.retries,
            deadline_ms=round(job.deadline * 1000),
            variables_json=job.variables,
            headers_json=job.headers,
        )

    def _publish(self, job: SimulatedJob) -> None:
        job.state = "ACTIVATABLE"
        self.note()
        for stream in self.streams:
            if stream.request.job_type == job.type and stream.is_ready():
                stream.push(self._activate(job, stream.request))
                return
        self._notify()

    def _time_out(self) -> None:
        for job in self.jobs.values():
            if job.state == "ACTIVATED" and job.deadline < self._now():
                self._publish(job)

    def _notify(self) -> None:
        self._news.set()


class SimulatedStream:
    """Holds at most a few jobs that nobody has taken; then it is not ready, like a closed window."""

    CAPACITY = 8

    def __init__(self, engine: SimulatedEngine, request: StreamJobs) -> None:
        self.engine = engine
        self.request = request
        self._arrived: deque[Job] = deque()
        self._news: asyncio.Event | None = None
        self._error: ClientError | None = None
        self._is_closed = False
        self._is_open = False

    def is_ready(self) -> bool:
        return len(self._arrived) < self.CAPACITY

    def push(self, job: Job) -> None:
        self._arrived.append(job)
        if self._news is not None:
            self._news.set()

    def break_with(self, error: ClientError) -> None:
        self._error = error
        self._leave()
        if self._news is not None:
            self._news.set()

    def _leave(self) -> None:
        if self in self.engine.streams:
            self.engine.streams.remove(self)

    def __aiter__(self):
        return self

    async def __anext__(self) -> Job:
        if not self._is_open and not self._is_closed:
            await asyncio.sleep(0.001)
            if self.engine.down is not None:
                raise self.engine.down
            self._is_open = True
            self.engine.streams.append(self)
            self.engine.note()
        while not self._arrived:
            if self._error is not None:
                raise self._error
            if self._is_closed:
                raise StopAsyncIteration
            self._news = asyncio.Event()
            await self._news.wait()
        return self._arrived.popleft()

    async def aclose(self) -> None:
        self._is_closed = True
        self._leave()
