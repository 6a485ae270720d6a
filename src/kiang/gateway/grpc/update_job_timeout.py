"""UpdateJobTimeout: set how long a job still belongs to its worker."""

from kiang.gateway.grpc.rpc import UnaryRpc, no_content
from kiang.protocol.commands import UpdateJobTimeout
from kiang.wire.gateway_pb2 import UpdateJobTimeoutRequest


def command(request: UpdateJobTimeoutRequest) -> UpdateJobTimeout:
    """The command of a request."""
    return UpdateJobTimeout(request.jobKey, request.timeout)


RPC = UnaryRpc("UpdateJobTimeout", UpdateJobTimeoutRequest, command, no_content, key=lambda request: request.jobKey)
