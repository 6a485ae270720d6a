"""StreamActivatedJobs: push jobs to a worker as they come, as fast as it takes them.

The stream's own flow control is its capacity: a worker that does not read gets no more jobs, and what could not be
written goes back to the queue when the stream ends.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from kiang.errors import ClientError, InvalidArgument
from kiang.gateway.grpc.activate_jobs import give_back
from kiang.gateway.grpc.broker_port import BrokerPort
from kiang.gateway.grpc.job_message import job_message
from kiang.gateway.grpc.rpc import SERVICE, refuse, tenants
from kiang.protocol.answers import ActivatedJob
from kiang.wire.gateway_pb2 import StreamActivatedJobsRequest
from kiang.wire.http2.server import Method, ServerCall
from kiang.wire.status import StatusCode

TYPE_TEXT = "Expected to stream activated jobs with type to be present, but it was blank"
TIMEOUT_TEXT = "Expected to stream activated jobs with timeout to be greater than zero, but it was {timeout}"
STOPPING_TEXT = "The engine is shutting down"

JOB_BYTES_GUESS = 512
"""Size of a job before the first one was sent."""

QUEUED_BYTES_MAX = 256 * 1024
"""What one stream may have waiting for its window; it begins to wait only when jobs are larger than those before."""


class GrpcJobStream:
    """A worker's stream, as the broker sees it."""

    def __init__(self, broker: BrokerPort, call: ServerCall, request: StreamActivatedJobsRequest, name: str) -> None:
        self.job_type = request.type
        self.worker = request.worker
        self.timeout_ms = request.timeout
        self.fetch_variables = tuple(request.fetchVariable)
        self.tenant_ids = tenants(name, list(request.tenantIds))
        self.process_ids: frozenset[str] | None = None
        self._broker = broker
        self._call = call
        self._job_bytes = JOB_BYTES_GUESS
        self._waiting: deque[ActivatedJob] = deque()

    def capacity(self) -> int:
        """As many jobs of the usual size as the window holds."""
        room = self._call.writable_bytes()
        if room <= 0:
            self._call.await_writable()
            return 0
        return max(1, room // self._job_bytes)

    def deliver(self, jobs: Sequence[ActivatedJob]) -> Sequence[ActivatedJob]:
        """Send jobs; return those for which there is no room."""
        call = self._call
        for index, job in enumerate(jobs):
            if call.is_done or call.queued_bytes > QUEUED_BYTES_MAX:
                return jobs[index:]
            message = job_message(job)
            self._job_bytes += (len(message) - self._job_bytes) // 8
            call.send(message)
            if call.queued_bytes:
                self._waiting.append(job)
        call.await_writable()
        return ()

    def on_writable(self) -> None:
        """The window has grown, so everything that waited has left."""
        self._waiting.clear()
        self._broker.stream_ready(self)

    def on_drain(self) -> None:
        """The engine is about to stop."""
        self.on_cancel()
        self._call.fail(StatusCode.UNAVAILABLE, STOPPING_TEXT)

    def on_cancel(self) -> None:
        """The worker is gone."""
        self._broker.remove_stream(self)
        give_back(self._broker, list(self._waiting))
        self._waiting.clear()


class StreamActivatedJobsRpc:
    """The rpc."""

    name = "StreamActivatedJobs"

    def method(self, broker: BrokerPort) -> Method:
        """What the wire calls."""

        def handle(request: StreamActivatedJobsRequest, call: ServerCall) -> None:
            try:
                if not request.type.strip():
                    raise InvalidArgument(TYPE_TEXT)
                if request.timeout < 1:
                    raise InvalidArgument(TIMEOUT_TEXT.format(timeout=request.timeout))
                stream = GrpcJobStream(broker, call, request, self.name)
                call.send_head()
                call.on_cancel = stream.on_cancel
                call.on_drain = stream.on_drain
                call.on_writable = stream.on_writable
                broker.add_stream(stream)
            except ClientError as error:
                refuse(call, error)

        return Method(f"/{SERVICE}/{self.name}", StreamActivatedJobsRequest.FromString, handle)


RPC = StreamActivatedJobsRpc()
