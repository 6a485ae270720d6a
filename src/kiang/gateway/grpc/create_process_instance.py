"""CreateProcessInstance: start an instance. Answered when it exists, before it runs any further."""

from kiang.errors import InvalidArgument
from kiang.gateway.grpc.rpc import UnaryRpc, tenant
from kiang.protocol.answers import ProcessInstanceCreated
from kiang.protocol.commands import CreateProcessInstance
from kiang.protocol.document import parse_document
from kiang.wire.gateway_pb2 import (
    CreateProcessInstanceRequest,
    CreateProcessInstanceResponse,
    ProcessInstanceCreationRuntimeInstruction,
)

NAME = "CreateProcessInstance"


def command(
    request: CreateProcessInstanceRequest, *, awaits_result: bool = False, fetch_variables: tuple[str, ...] = ()
) -> CreateProcessInstance:
    """The command of a request; a version that is not set is 0, and so no version at all."""
    return CreateProcessInstance(
        process_id=request.bpmnProcessId,
        version=request.version,
        process_definition_key=request.processDefinitionKey,
        variables=parse_document(request.variables),
        start_at=tuple([instruction.elementId for instruction in request.startInstructions]),
        tenant_id=tenant(NAME, request.tenantId),
        tags=tuple(request.tags),
        business_id=request.businessId,
        terminate_after=tuple([_terminate_after(instruction) for instruction in request.runtimeInstructions]),
        awaits_result=awaits_result,
        fetch_variables=fetch_variables,
    )


def _terminate_after(instruction: ProcessInstanceCreationRuntimeInstruction) -> str:
    if not instruction.terminate.afterElementId:
        raise InvalidArgument(
            "Expected a runtime instruction to say after which element the instance ends, but it has no"
            " 'terminate' with an 'afterElementId'"
        )
    return instruction.terminate.afterElementId


def response(answer: ProcessInstanceCreated) -> bytes:
    """The response of an answer."""
    return CreateProcessInstanceResponse(
        processDefinitionKey=answer.process_definition_key,
        bpmnProcessId=answer.process_id,
        version=answer.version,
        processInstanceKey=answer.key,
        tenantId=answer.tenant_id,
        tags=answer.tags,
        businessId=answer.business_id or None,
    ).SerializeToString()


RPC = UnaryRpc(NAME, CreateProcessInstanceRequest, command, response, begins=CreateProcessInstance)
