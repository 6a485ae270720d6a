"""MigrateProcessInstance: let an instance go on in another definition."""

from kiang.gateway.grpc.rpc import UnaryRpc, no_content
from kiang.protocol.commands import MigrateProcessInstance
from kiang.wire.gateway_pb2 import MigrateProcessInstanceRequest


def command(request: MigrateProcessInstanceRequest) -> MigrateProcessInstance:
    """The command of a request."""
    plan = request.migrationPlan
    return MigrateProcessInstance(
        request.processInstanceKey,
        plan.targetProcessDefinitionKey,
        tuple([(mapping.sourceElementId, mapping.targetElementId) for mapping in plan.mappingInstructions]),
    )


RPC = UnaryRpc(
    "MigrateProcessInstance",
    MigrateProcessInstanceRequest,
    command,
    no_content,
    key=lambda request: request.processInstanceKey,
)
