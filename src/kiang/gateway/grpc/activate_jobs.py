"""ActivateJobs: hand out jobs, waiting for some if there are none. What cannot reach the client goes back to the queue."""

from __future__ import annotations

from kiang.broker.long_polling import Poll
from kiang.errors import ClientError
from kiang.gateway.grpc.broker_port import BrokerPort
from kiang.gateway.grpc.job_message import job_message
from kiang.gateway.grpc.rpc import SERVICE, refuse, tenants
from kiang.protocol.answers import ActivatedJob, ActivatedJobs, Rejection
from kiang.protocol.commands import ActivateJobs, YieldJob
from kiang.wire.gateway_pb2 import ActivateJobsRequest
from kiang.wire.http2.framing import MESSAGE_BYTES_MAX
from kiang.wire.http2.server import Method, ServerCall

_FIELD_BYTES_MAX = 6
"""Tag and length of a job within the response."""


class ActivateJobsRpc:
    """The rpc."""

    name = "ActivateJobs"

    def method(self, broker: BrokerPort) -> Method:
        """What the wire calls."""

        def handle(request: ActivateJobsRequest, call: ServerCall) -> None:
            try:
                command = ActivateJobs(
                    job_type=request.type,
                    worker=request.worker,
                    timeout_ms=request.timeout,
                    max_jobs=request.maxJobsToActivate,
                    fetch_variables=tuple(request.fetchVariable),
                    tenant_ids=tenants(self.name, list(request.tenantIds)),
                )
            except ClientError as error:
                refuse(call, error)
                return

            def answer(jobs: ActivatedJobs | Rejection | ClientError) -> None:
                if isinstance(jobs, ActivatedJobs):
                    _send(broker, call, jobs.jobs)
                else:
                    refuse(call, jobs)

            poll = broker.poll(command, answer, request_timeout_ms=request.requestTimeout)
            if poll.is_open:
                call.on_cancel = lambda: broker.cancel_poll(poll)
                call.on_drain = lambda: _end(broker, call, poll)

        return Method(f"/{SERVICE}/{self.name}", ActivateJobsRequest.FromString, handle)


RPC = ActivateJobsRpc()


def _end(broker: BrokerPort, call: ServerCall, poll: Poll) -> None:
    """The engine is about to stop: nobody waits any longer."""
    broker.cancel_poll(poll)
    call.on_cancel = None
    call.finish()


def _send(broker: BrokerPort, call: ServerCall, jobs: list[ActivatedJob]) -> None:
    """Send jobs in one message, as many as it may hold."""
    sent, size = 0, 0
    parts: list[bytes] = []
    for job in jobs:
        part = job_message(job)
        size += len(part) + _FIELD_BYTES_MAX
        if size > MESSAGE_BYTES_MAX:
            break
        parts += (b"\x0a", _varint(len(part)), part)
        sent += 1
    give_back(broker, jobs[sent:])
    call.on_cancel = call.on_drain = None
    if sent:
        call.send(b"".join(parts))
        if call.queued_bytes:
            call.on_cancel = lambda: give_back(broker, jobs[:sent])
    call.finish()


def give_back(broker: BrokerPort, jobs: list[ActivatedJob]) -> None:
    """Let somebody else have jobs that did not reach their worker."""
    for job in jobs:
        broker.submit(YieldJob(job.key), _ignore)


def _varint(value: int) -> bytes:
    octets = bytearray()
    while value >= 0x80:
        octets.append(value & 0x7F | 0x80)
        value >>= 7
    octets.append(value)
    return bytes(octets)


def _ignore(answer: object) -> None:
    """Whether a job could be given back matters to nobody: if not, its time-out does it."""
