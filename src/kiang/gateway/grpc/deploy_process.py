"""DeployProcess: what DeployResource was called before it could do more than processes."""

from kiang.gateway.grpc.deploy_resource import process_metadata
from kiang.gateway.grpc.rpc import UnaryRpc
from kiang.protocol.answers import Deployed
from kiang.protocol.commands import Deploy
from kiang.wire.gateway_pb2 import DeployProcessRequest, DeployProcessResponse


def command(request: DeployProcessRequest) -> Deploy:
    """The command of a request."""
    return Deploy(tuple([(process.name, process.definition) for process in request.processes]))


def response(answer: Deployed) -> bytes:
    """The response of an answer."""
    processes = [process_metadata(process) for process in answer.processes]
    return DeployProcessResponse(key=answer.key, processes=processes).SerializeToString()


RPC = UnaryRpc("DeployProcess", DeployProcessRequest, command, response)
