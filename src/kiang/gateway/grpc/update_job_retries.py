"""UpdateJobRetries: set how often a job may still fail."""

from kiang.gateway.grpc.rpc import UnaryRpc, no_content
from kiang.protocol.commands import UpdateJobRetries
from kiang.wire.gateway_pb2 import UpdateJobRetriesRequest


def command(request: UpdateJobRetriesRequest) -> UpdateJobRetries:
    """The command of a request."""
    return UpdateJobRetries(request.jobKey, request.retries)


RPC = UnaryRpc("UpdateJobRetries", UpdateJobRetriesRequest, command, no_content, key=lambda request: request.jobKey)
