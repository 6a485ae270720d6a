"""CreateProcessInstanceWithResult: start an instance and wait until it has completed."""

from kiang.gateway.grpc import create_process_instance
from kiang.gateway.grpc.rpc import UnaryRpc
from kiang.protocol.answers import ProcessInstanceResult
from kiang.protocol.commands import CreateProcessInstance
from kiang.protocol.document import print_document
from kiang.wire.gateway_pb2 import CreateProcessInstanceWithResultRequest, CreateProcessInstanceWithResultResponse


def command(request: CreateProcessInstanceWithResultRequest) -> CreateProcessInstance:
    """The command of a request."""
    return create_process_instance.command(
        request.request, awaits_result=True, fetch_variables=tuple(request.fetchVariables)
    )


def response(answer: ProcessInstanceResult) -> bytes:
    """The response of an answer."""
    created = answer.created
    return CreateProcessInstanceWithResultResponse(
        processDefinitionKey=created.process_definition_key,
        bpmnProcessId=created.process_id,
        version=created.version,
        processInstanceKey=created.key,
        variables=print_document(answer.variables),
        tenantId=created.tenant_id,
        tags=created.tags,
        businessId=created.business_id or None,
    ).SerializeToString()


RPC = UnaryRpc(
    "CreateProcessInstanceWithResult",
    CreateProcessInstanceWithResultRequest,
    command,
    response,
    timeout_ms=lambda request: max(0, request.requestTimeout),
    begins=CreateProcessInstance,
)
