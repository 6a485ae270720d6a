"""DeleteResource: delete a process definition, a decision requirements graph or a form."""

from kiang.gateway.grpc.rpc import UnaryRpc, no_content
from kiang.protocol.commands import DeleteResource
from kiang.wire.gateway_pb2 import DeleteResourceRequest


def command(request: DeleteResourceRequest) -> DeleteResource:
    """The command of a request."""
    return DeleteResource(request.resourceKey)


RPC = UnaryRpc("DeleteResource", DeleteResourceRequest, command, no_content, key=lambda request: request.resourceKey)
