"""ModifyProcessInstance: move the tokens of an instance by hand."""

from kiang.gateway.grpc.rpc import UnaryRpc, no_content
from kiang.protocol.commands import ModifyActivation, ModifyProcessInstance, ModifyVariables
from kiang.protocol.document import parse_document
from kiang.wire.gateway_pb2 import ModifyProcessInstanceRequest


def command(request: ModifyProcessInstanceRequest) -> ModifyProcessInstance:
    """The command of a request."""
    return ModifyProcessInstance(
        request.processInstanceKey,
        activate=tuple([_activation(instruction) for instruction in request.activateInstructions]),
        terminate=tuple([instruction.elementInstanceKey for instruction in request.terminateInstructions]),
    )


def _activation(instruction: ModifyProcessInstanceRequest.ActivateInstruction) -> ModifyActivation:
    variables = [
        ModifyVariables(parse_document(item.variables), item.scopeId) for item in instruction.variableInstructions
    ]
    return ModifyActivation(instruction.elementId, instruction.ancestorElementInstanceKey, tuple(variables))


RPC = UnaryRpc(
    "ModifyProcessInstance",
    ModifyProcessInstanceRequest,
    command,
    no_content,
    key=lambda request: request.processInstanceKey,
)
