"""The port between the client and a wire."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from kiang.client.job import Job
from kiang.client.request import Request, ResultT, StreamJobs


class JobStream(Protocol):
    """An open stream of jobs.

    Iterating gives jobs one by one. While nobody iterates, jobs wait in the engine, not here, up to what is under way.
    It ends with StopAsyncIteration when the engine ends it, and with a `ClientError` when it breaks.
    After `aclose`, iterating gives what had arrived before, without waiting, and ends.
    """

    def __aiter__(self) -> AsyncIterator[Job]: ...

    async def aclose(self) -> None:
        """Tell the engine that nobody listens any more. May be called twice."""


class Transport(Protocol):
    """Carries requests to an engine.

    Must map every failure of the wire to a `kiang.errors.ClientError`; must connect by itself, again after failures;
    must not repeat a request on its own, except once with fresh credentials after they were refused.
    May be used by many tasks at once, of one event loop.
    """

    async def call(self, request: Request[ResultT], *, timeout_s: float) -> ResultT:
        """Execute a request.

        Raises:
            DeadlineExceeded: No answer within `timeout_s`.
            Unimplemented: This wire, or the engine behind it, does not offer the operation.
            ClientError: The engine's refusal, or a failure of the connection (`Unavailable`).
        """

    def stream(self, request: StreamJobs) -> JobStream:
        """Open a stream of jobs; the first iteration connects.

        Raises:
            Unimplemented: This wire has no streams.
        """

    async def aclose(self) -> None:
        """Close all connections. May be called twice."""
