"""EvaluateConditional: start what conditional start events want to start, given new facts (8.9)."""

from kiang.gateway.grpc.rpc import UnaryRpc, tenant
from kiang.protocol.answers import ConditionalsEvaluated
from kiang.protocol.commands import EvaluateConditionals
from kiang.protocol.document import parse_document
from kiang.wire.gateway_pb2 import EvaluateConditionalRequest, EvaluateConditionalResponse, ProcessInstanceReference

NAME = "EvaluateConditional"


def command(request: EvaluateConditionalRequest) -> EvaluateConditionals:
    """The command of a request; without a definition all of the tenant's are meant."""
    return EvaluateConditionals(
        parse_document(request.variables),
        process_definition_key=request.processDefinitionKey if request.HasField("processDefinitionKey") else -1,
        tenant_id=tenant(NAME, request.tenantId),
    )


def response(answer: ConditionalsEvaluated) -> bytes:
    """The response of an answer."""
    return EvaluateConditionalResponse(
        processInstances=[
            ProcessInstanceReference(processDefinitionKey=definition, processInstanceKey=started)
            for definition, started in answer.instances
        ],
        conditionalEvaluationKey=answer.key,
        tenantId=answer.tenant_id,
    ).SerializeToString()


RPC = UnaryRpc(NAME, EvaluateConditionalRequest, command, response, begins=EvaluateConditionals)
