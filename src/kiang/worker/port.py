"""The port between a worker and whatever engine it works for."""

from __future__ import annotations

from typing import Protocol

from kiang.client.asynchronous import AsyncClient
from kiang.client.job import Job
from kiang.client.request import ActivateJobs, CompleteJob, FailJob, StreamJobs, ThrowError, UpdateJobTimeout
from kiang.client.transport import JobStream


class JobPort(Protocol):
    """Where jobs come from and where their outcomes go.

    Must raise only `kiang.errors.ClientError`. Must give a job to nobody else until its deadline. Must take no job for a
    poll that was cancelled before it answered, as far as the wire allows: such a poll ends with CancelledError, or with the
    jobs that it had taken already. May be used by many tasks of one event loop.
    """

    async def activate(self, request: ActivateJobs) -> list[Job]:
        """Jobs, oldest first; waits for the first up to the request's time, then none.

        Raises:
            InvalidArgument: The request can never succeed; the worker ends.
        """

    def stream(self, request: StreamJobs) -> JobStream:
        """Jobs as they become activatable.

        Raises:
            Unimplemented: There are no streams here; the worker polls.
        """

    async def complete(self, request: CompleteJob) -> None:
        """Complete a job.

        Raises:
            NotFound: Somebody else ended it.
        """

    async def fail(self, request: FailJob) -> None:
        """Fail a job, or give it back by failing it with the retries that it has."""

    async def throw(self, request: ThrowError) -> None:
        """Throw a BPMN error."""

    async def extend(self, request: UpdateJobTimeout) -> None:
        """Set the time left for a job."""

    async def aclose(self) -> None:
        """Release what belongs to this worker alone."""


class ClientJobPort:
    """An engine behind a client."""

    def __init__(self, client: AsyncClient, *, owned: bool = False) -> None:
        self._client = client
        self._owned = owned

    async def activate(self, request: ActivateJobs) -> list[Job]:
        """See `JobPort`."""
        return await self._client.poll(request)

    def stream(self, request: StreamJobs) -> JobStream:
        """See `JobPort`."""
        return self._client.open_stream(request)

    async def complete(self, request: CompleteJob) -> None:
        """See `JobPort`."""
        await self._client.call(request)

    async def fail(self, request: FailJob) -> None:
        """See `JobPort`."""
        await self._client.call(request)

    async def throw(self, request: ThrowError) -> None:
        """See `JobPort`."""
        await self._client.call(request)

    async def extend(self, request: UpdateJobTimeout) -> None:
        """See `JobPort`."""
        await self._client.call(request)

    async def aclose(self) -> None:
        """Close the client if the worker has made it."""
        if self._owned:
            await self._client.aclose()
