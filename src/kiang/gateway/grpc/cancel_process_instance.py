"""CancelProcessInstance: terminate an instance. Answered as soon as the termination has begun."""

from kiang.gateway.grpc.rpc import UnaryRpc, no_content
from kiang.protocol.commands import CancelProcessInstance
from kiang.wire.gateway_pb2 import CancelProcessInstanceRequest


def command(request: CancelProcessInstanceRequest) -> CancelProcessInstance:
    """The command of a request."""
    return CancelProcessInstance(request.processInstanceKey)


RPC = UnaryRpc(
    "CancelProcessInstance",
    CancelProcessInstanceRequest,
    command,
    no_content,
    key=lambda request: request.processInstanceKey,
)
