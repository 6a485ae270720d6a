"""BroadcastSignal: tell everything that waits for a signal."""

from kiang.gateway.grpc.rpc import UnaryRpc, tenant
from kiang.protocol.answers import Published
from kiang.protocol.commands import BroadcastSignal
from kiang.protocol.document import parse_document
from kiang.wire.gateway_pb2 import BroadcastSignalRequest, BroadcastSignalResponse

NAME = "BroadcastSignal"


def command(request: BroadcastSignalRequest) -> BroadcastSignal:
    """The command of a request."""
    return BroadcastSignal(request.signalName, parse_document(request.variables), tenant(NAME, request.tenantId))


def response(answer: Published) -> bytes:
    """The response of an answer."""
    return BroadcastSignalResponse(key=answer.key, tenantId=answer.tenant_id).SerializeToString()


RPC = UnaryRpc(NAME, BroadcastSignalRequest, command, response)
