"""What a real worker needs of an engine inside a test."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from kiang.client.job import Job
from kiang.client.request import ActivateJobs, CompleteJob, FailJob, StreamJobs, ThrowError, UpdateJobTimeout
from kiang.client.transport import JobStream
from kiang.errors import Unimplemented
from kiang.protocol import commands
from kiang.protocol.document import parse_document

if TYPE_CHECKING:
    from kiang.testing.in_process import InProcessEngine

_SPINS = 20
"""Turns of the event loop that are enough for a worker whose handlers wait for nothing."""

_LOOK_AGAIN_S = 0.001


class EnginePort:
    """A `kiang.worker` port. Polls that find nothing wait until there are jobs: time does not end them, the clock is the test's."""

    def __init__(self, engine: InProcessEngine) -> None:
        self._engine: InProcessEngine = weakref.proxy(engine)
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}

    async def activate(self, request: ActivateJobs) -> list[Job]:
        """See `kiang.worker.port.JobPort`."""
        command = commands.ActivateJobs(
            request.job_type,
            request.worker,
            request.timeout_ms,
            request.max_jobs,
            request.fetch_variables,
            request.tenant_ids or (commands.DEFAULT_TENANT,),
        )
        while True:
            jobs = self._engine.take_jobs(command)
            if jobs or request.request_timeout_ms < 0:
                return jobs
            turn = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(request.job_type, []).append(turn)
            try:
                await turn
            finally:
                self._waiting[request.job_type].remove(turn)

    def stream(self, request: StreamJobs) -> JobStream:  # noqa: ARG002 - the port's signature
        """There are none: polls bring everything at once."""
        raise Unimplemented("An engine inside a test has no streams.")

    async def complete(self, request: CompleteJob) -> None:
        """See `kiang.worker.port.JobPort`."""
        self._engine.execute(commands.CompleteJob(request.job_key, parse_document(request.variables)))

    async def fail(self, request: FailJob) -> None:
        """See `kiang.worker.port.JobPort`."""
        self._engine.execute(
            commands.FailJob(
                request.job_key,
                request.retries,
                request.error_message,
                request.retry_backoff_ms,
                parse_document(request.variables),
            )
        )

    async def throw(self, request: ThrowError) -> None:
        """See `kiang.worker.port.JobPort`."""
        self._engine.execute(
            commands.ThrowError(
                request.job_key, request.error_code, request.error_message, parse_document(request.variables)
            )
        )

    async def extend(self, request: UpdateJobTimeout) -> None:
        """See `kiang.worker.port.JobPort`."""
        self._engine.execute(commands.UpdateJobTimeout(request.job_key, request.timeout_ms))

    async def aclose(self) -> None:
        """Nothing to release."""

    def wake(self, job_type: str) -> None:
        """There are jobs of this type."""
        for turn in self._waiting.get(job_type, ()):
            if not turn.done():
                turn.set_result(None)

    async def rest(self, job_types: Sequence[str], held_jobs: Callable[[], int]) -> None:
        """Return when a worker has nothing to do: it holds no job, and its polls for all of its types wait in vain."""
        spins = 0
        while held_jobs() or not all(self._waits(job_type) for job_type in job_types):
            spins += 1
            # What the worker waits for, its handlers' own business, has no event that we could see.
            await asyncio.sleep(0 if spins < _SPINS else _LOOK_AGAIN_S)

    def _waits(self, job_type: str) -> bool:
        turns = self._waiting.get(job_type, ())
        return any(not turn.done() for turn in turns)
