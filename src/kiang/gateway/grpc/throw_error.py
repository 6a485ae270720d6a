"""ThrowError: a worker has met a business error that the process may catch."""

from kiang.gateway.grpc.rpc import UnaryRpc, no_content
from kiang.protocol.commands import ThrowError
from kiang.protocol.document import parse_document
from kiang.wire.gateway_pb2 import ThrowErrorRequest


def command(request: ThrowErrorRequest) -> ThrowError:
    """The command of a request."""
    return ThrowError(request.jobKey, request.errorCode, request.errorMessage, parse_document(request.variables))


RPC = UnaryRpc("ThrowError", ThrowErrorRequest, command, no_content, key=lambda request: request.jobKey)
