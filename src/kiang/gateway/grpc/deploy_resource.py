"""DeployResource: deploy files, all or none."""

from kiang.gateway.grpc.rpc import UnaryRpc, tenant
from kiang.protocol.answers import Deployed, DeployedProcess
from kiang.protocol.commands import Deploy
from kiang.wire.gateway_pb2 import Deployment, DeployResourceRequest, DeployResourceResponse, ProcessMetadata

NAME = "DeployResource"


def command(request: DeployResourceRequest) -> Deploy:
    """The command of a request."""
    resources = tuple([(resource.name, resource.content) for resource in request.resources])
    return Deploy(resources, tenant(NAME, request.tenantId))


def response(answer: Deployed) -> bytes:
    """The response of an answer."""
    return DeployResourceResponse(
        key=answer.key,
        deployments=[Deployment(process=process_metadata(process)) for process in answer.processes],
        tenantId=answer.tenant_id,
    ).SerializeToString()


def process_metadata(process: DeployedProcess) -> ProcessMetadata:
    """What the client is told of a process."""
    return ProcessMetadata(
        bpmnProcessId=process.process_id,
        version=process.version,
        processDefinitionKey=process.key,
        resourceName=process.resource_name,
        tenantId=process.tenant_id,
    )


RPC = UnaryRpc(NAME, DeployResourceRequest, command, response)
