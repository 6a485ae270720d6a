"""SetVariables: set variables of an element instance or a process instance."""

from kiang.gateway.grpc.rpc import UnaryRpc
from kiang.protocol.answers import Done
from kiang.protocol.commands import SetVariables
from kiang.protocol.document import parse_document
from kiang.wire.gateway_pb2 import SetVariablesRequest, SetVariablesResponse


def command(request: SetVariablesRequest) -> SetVariables:
    """The command of a request."""
    return SetVariables(request.elementInstanceKey, parse_document(request.variables), request.local)


def response(answer: Done) -> bytes:
    """The response of an answer."""
    return SetVariablesResponse(key=answer.key).SerializeToString()


RPC = UnaryRpc("SetVariables", SetVariablesRequest, command, response, key=lambda request: request.elementInstanceKey)
