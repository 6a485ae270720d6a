"""An engine inside a test."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from kiang.client.job import Job
from kiang.client.variables import encode_variables
from kiang.engine.engine import Engine, Outcome
from kiang.engine.state.job import JOBS
from kiang.engine.state.process_instance import PROCESS_INSTANCES
from kiang.errors import (
    AlreadyExists,
    ClientError,
    InternalError,
    InvalidArgument,
    InvalidState,
    NotFound,
    PermissionDenied,
)
from kiang.protocol import commands
from kiang.protocol.answers import ActivatedJob, Deployed, Rejection
from kiang.protocol.document import Document, parse_document
from kiang.protocol.enums import RejectionType
from kiang.store.memory import MemoryStore
from kiang.testing.instance import Instance, UserTask
from kiang.testing.worker_port import EnginePort

if TYPE_CHECKING:
    from kiang.worker import Worker

START = datetime(2024, 1, 1, tzinfo=UTC)
"""When the clock of a test begins, so that dates in tests are the same on every day."""

JOB_TIMEOUT = timedelta(minutes=5)
WORKER_NAME = "test"
REST_MAX = timedelta(seconds=30)
"""Real time within which a worker has to come to rest."""

STEPS_MAX = 100_000
"""Due things within one turn of the clock: a timer that repeats every millisecond for a year is a mistake."""

ERRORS: dict[RejectionType, type[ClientError]] = {
    RejectionType.INVALID_ARGUMENT: InvalidArgument,
    RejectionType.NOT_FOUND: NotFound,
    RejectionType.ALREADY_EXISTS: AlreadyExists,
    RejectionType.INVALID_STATE: InvalidState,
    RejectionType.UNAUTHORIZED: PermissionDenied,
    RejectionType.FORBIDDEN: PermissionDenied,
}


def engine(*, start: datetime = START) -> InProcessEngine:
    """A new, empty engine: `with kiang.testing.engine() as engine:` or `async with`.

    Args:
        start: What its clock shows; aware.
    """
    return InProcessEngine(start=start)


class EngineClock:
    """The clock of an engine in a test: it stands still until the test turns it."""

    def __init__(self, engine: InProcessEngine, start: datetime) -> None:
        self._engine: InProcessEngine = weakref.proxy(engine)
        self.now_ms = round(start.timestamp() * 1000)

    @property
    def now(self) -> datetime:
        """What it shows, in UTC."""
        return datetime.fromtimestamp(self.now_ms / 1000, UTC)

    def advance(self, by: timedelta) -> None:
        """Let time pass; what becomes due on the way happens at its time, in order.

        Raises:
            ValueError: `by` is negative.
        """
        self._turn(self.now_ms + by // timedelta(milliseconds=1))

    def advance_to(self, at: datetime) -> None:
        """Let time pass until an instant; else as `advance`."""
        self._turn(round(at.timestamp() * 1000))

    def _turn(self, until_ms: int) -> None:
        if until_ms < self.now_ms:
            raise ValueError(f"Expected to turn the clock forward, but it shows {self.now.isoformat()} already.")
        self._engine._let_pass(until_ms)


class InProcessEngine:
    """An engine with a store that forgets; every command is carried out before its method returns.

    What clients get as errors from an engine is raised here, too: `kiang.errors.NotFound` and so on, with the engine's own text.

    Attributes:
        clock: Turned by the test.
        store: The rows, for questions that the methods here do not answer.
        port: For `kiang.Worker(engine.port)`; not needed with `run`.
    """

    def __init__(self, *, start: datetime = START) -> None:
        self.clock = EngineClock(self, start)
        self.store = MemoryStore()
        self.port = EnginePort(self)
        self._engine = Engine(self.store, is_new=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Forget everything; may be called twice."""
        self.store.close()

    # Processes

    def deploy(self, *resources: str | Path | bytes, name: str = "resource.bpmn") -> Deployed:
        """Deploy files.

        Args:
            resources: Paths, or the contents of a file as bytes.
            name: Of resources that are given as bytes; the suffix tells what they are.

        Raises:
            InvalidArgument: They have faults; the message tells all of them.
        """
        files = [
            (name, each) if isinstance(each, bytes) else (Path(each).name, Path(each).read_bytes())
            for each in resources
        ]
        answer: Deployed = self.execute(commands.Deploy(tuple(files)))
        return answer

    def create_instance(
        self,
        process_id: str,
        variables: Mapping[str, Any] | Any = None,
        *,
        version: int = -1,
        start_at: Sequence[str] = (),
        tags: Sequence[str] = (),
    ) -> Instance:
        """Start a process instance.

        Args:
            process_id: BPMN process id.
            variables: A mapping, a dataclass, a msgspec struct or a pydantic model.
            version: Negative for the latest.
            start_at: Element ids to start at instead of the none start event.
            tags: Of the instance.
        """
        answer = self.execute(
            commands.CreateProcessInstance(
                process_id, version, variables=_document(variables), start_at=tuple(start_at), tags=tuple(tags)
            )
        )
        return Instance(self, answer.key)

    def instances(self, process_id: str | None = None) -> list[Instance]:
        """All process instances, oldest first; those of one process if it is named."""
        where = [] if process_id is None else [("process_id", "=", process_id)]
        return [Instance(self, row.key) for row in self.store.select(PROCESS_INSTANCES, where, ("key",))]  # type: ignore[arg-type]

    def cancel(self, instance: Instance | int) -> None:
        """Terminate a process instance."""
        self.execute(commands.CancelProcessInstance(_key(instance)))

    def set_variables(self, scope: Instance | int, variables: Mapping[str, Any] | Any, *, local: bool = False) -> None:
        """Set variables of a process instance or, by key, of an element instance."""
        self.execute(commands.SetVariables(_key(scope), _document(variables), local))

    def resolve_incidents(self, instance: Instance, *, retries: int = 1) -> None:
        """Try again everything in a process instance that is stuck.

        Args:
            retries: What jobs get that have none left; 0 to leave them as they are.
        """
        for incident in instance.incidents:
            if incident.job_key and retries and not self._retries(incident.job_key):
                self.execute(commands.UpdateJobRetries(incident.job_key, retries))
            self.execute(commands.ResolveIncident(incident.key))

    # Messages and signals

    def publish_message(
        self,
        name: str,
        correlation_key: str = "",
        variables: Mapping[str, Any] | Any = None,
        *,
        time_to_live: timedelta = timedelta(0),
        message_id: str = "",
    ) -> None:
        """Publish a message."""
        ttl_ms = time_to_live // timedelta(milliseconds=1)
        self.execute(commands.PublishMessage(name, correlation_key, ttl_ms, message_id, _document(variables)))

    def broadcast_signal(self, name: str, variables: Mapping[str, Any] | Any = None) -> None:
        """Broadcast a signal."""
        self.execute(commands.BroadcastSignal(name, _document(variables)))

    # Jobs

    def activate_jobs(
        self,
        job_type: str,
        max_jobs: int = 100,
        *,
        timeout: timedelta = JOB_TIMEOUT,
        fetch_variables: Iterable[str] = (),
        worker: str = WORKER_NAME,
    ) -> list[Job]:
        """Take jobs of a type, oldest first; none if there are none."""
        timeout_ms = timeout // timedelta(milliseconds=1)
        return self.take_jobs(commands.ActivateJobs(job_type, worker, timeout_ms, max_jobs, tuple(fetch_variables)))

    def take_jobs(self, command: commands.ActivateJobs) -> list[Job]:
        """As `activate_jobs`, for those who have a command."""
        return [_client_job(job) for job in self.execute(command).jobs]

    def activate(self, job_type: str, *, timeout: timedelta = JOB_TIMEOUT) -> Job:
        """Take the oldest job of a type.

        Raises:
            AssertionError: There is none; the message says where instances wait.
        """
        jobs = self.activate_jobs(job_type, 1, timeout=timeout)
        if not jobs:
            waiting = "; ".join(
                f"{each!r} at {', '.join(each.waiting_at)}" for each in self.instances() if each.waiting_at
            )
            raise AssertionError(
                f"Expected a job of type {job_type!r}, but there is none. Waiting: {waiting or 'nobody'}."
            )
        return jobs[0]

    def complete(self, job: Job | str, variables: Mapping[str, Any] | Any = None) -> None:
        """Complete a job; a job type stands for the oldest job of that type."""
        self.execute(commands.CompleteJob(self._job_key(job), _document(variables)))

    def fail(
        self,
        job: Job | str,
        *,
        retries: int,
        message: str = "",
        retry_backoff: timedelta = timedelta(0),
        variables: Mapping[str, Any] | Any = None,
    ) -> None:
        """Fail a job; `retries` is what remains, absolute: with 0 there is an incident."""
        backoff_ms = retry_backoff // timedelta(milliseconds=1)
        self.execute(commands.FailJob(self._job_key(job), retries, message, backoff_ms, _document(variables)))

    def throw_error(
        self, job: Job | str, code: str, *, message: str = "", variables: Mapping[str, Any] | Any = None
    ) -> None:
        """Throw a BPMN error from a job."""
        self.execute(commands.ThrowError(self._job_key(job), code, message, _document(variables)))

    # User tasks

    def assign_user_task(self, task: UserTask, assignee: str) -> None:
        """Assign a native user task; with an empty assignee it belongs to nobody again.

        If task listeners wait for this, it happens when they have run.
        """
        self.execute(commands.AssignUserTask(task.key, assignee))

    def complete_user_task(self, task: UserTask, variables: Mapping[str, Any] | Any = None) -> None:
        """Complete a native user task; with task listeners as `assign_user_task`."""
        self.execute(commands.CompleteUserTask(task.key, _document(variables)))

    # Workers

    def run(self, worker: Worker, *, within: timedelta = REST_MAX) -> None:
        """Have the handlers of a worker do every job that there is for them, until none is left.

        The worker runs as it would against a server, with its threads, middleware and retries; the clock stands still meanwhile, so a job
        that rests before its next try is left for a later `run`.

        Args:
            worker: Its own client is not used.
            within: Real time that it may take.

        Raises:
            TimeoutError: It has not come to rest in time.
        """
        asyncio.run(self.run_async(worker, within=within))

    async def run_async(self, worker: Worker, *, within: timedelta = REST_MAX) -> None:
        """As `run`, in a test that has an event loop already."""
        client, worker.client = worker.client, self.port
        try:
            async with asyncio.timeout(within.total_seconds()), worker:
                await self.port.rest(list(worker.handlers), lambda: worker.held_jobs)
        finally:
            worker.client = client

    # Everything else

    def execute(self, command: commands.Command) -> Any:
        """Carry out any command of `kiang.protocol.commands` and what follows from it.

        Raises:
            ClientError: It was refused.
        """
        outcome = self._engine.process(command, self.clock.now_ms)
        self._commit(outcome)
        self._run_due()
        answer = outcome.answer
        if isinstance(answer, Rejection):
            raise ERRORS.get(answer.type, InternalError)(answer.message)
        return answer

    def _retries(self, job_key: int) -> int:
        return max(row.retries for row in self.store.select(JOBS, [("key", "=", job_key)], ("key",)))

    def _job_key(self, job: Job | str) -> int:
        return self.activate(job).key if isinstance(job, str) else job.key

    def _let_pass(self, until_ms: int) -> None:
        clock = self.clock
        for _ in range(STEPS_MAX):
            due = self._engine.next_due()
            if due is None or due > until_ms:
                break
            clock.now_ms = max(clock.now_ms, due)
            self._run_due()
        else:
            raise RuntimeError(f"Expected less than {STEPS_MAX} things to become due within one turn of the clock.")
        clock.now_ms = until_ms

    def _run_due(self) -> None:
        for _ in range(STEPS_MAX):
            outcome = self._engine.run_due(self.clock.now_ms)
            if outcome is None:
                return
            self._commit(outcome)
        raise RuntimeError("Expected processes to come to rest, but one goes round without ever waiting.")

    def _commit(self, outcome: Outcome) -> None:
        commit = self._engine.begin_commit()
        if commit is not None:
            self.store.commit(commit)
            self._engine.end_commit()
        for job_type in {job_type for job_type, _ in outcome.available_jobs}:
            self.port.wake(job_type)


def _client_job(job: ActivatedJob) -> Job:
    """A job as workers see it."""
    return Job(
        job.key,
        job.job_type,
        process_instance_key=job.process_instance_key,
        process_definition_id=job.process_id,
        process_definition_version=job.process_version,
        process_definition_key=job.process_definition_key,
        element_id=job.element_id,
        element_instance_key=job.element_instance_key,
        headers_json=job.headers,
        worker=job.worker,
        retries=job.retries,
        deadline_ms=job.deadline,
        variables_json=job.variables,
        tenant_id=job.tenant_id,
        kind=job.kind,
        listener_event_type=job.listener_event_type,
        tags=job.tags,
    )


def _document(variables: Any) -> Document:
    return parse_document(encode_variables(variables))


def _key(what: Instance | int) -> int:
    return what if isinstance(what, int) else what.key
