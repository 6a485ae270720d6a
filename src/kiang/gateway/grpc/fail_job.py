"""FailJob: a worker could not do its job."""

from kiang.gateway.grpc.rpc import UnaryRpc, no_content
from kiang.protocol.commands import FailJob
from kiang.protocol.document import parse_document
from kiang.wire.gateway_pb2 import FailJobRequest


def command(request: FailJobRequest) -> FailJob:
    """The command of a request; the retries are those that are left, 0 if the request names none."""
    return FailJob(
        request.jobKey,
        request.retries,
        error_message=request.errorMessage,
        retry_backoff_ms=request.retryBackOff,
        variables=parse_document(request.variables),
    )


RPC = UnaryRpc("FailJob", FailJobRequest, command, no_content, key=lambda request: request.jobKey)
