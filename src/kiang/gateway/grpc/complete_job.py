"""CompleteJob: a worker has done its job."""

from kiang.gateway.grpc.rpc import UnaryRpc, no_content
from kiang.protocol.commands import CompleteJob
from kiang.protocol.document import parse_document
from kiang.wire.gateway_pb2 import CompleteJobRequest


def command(request: CompleteJobRequest) -> CompleteJob:
    """The command of a request."""
    return CompleteJob(request.jobKey, parse_document(request.variables))


RPC = UnaryRpc("CompleteJob", CompleteJobRequest, command, no_content, key=lambda request: request.jobKey)
