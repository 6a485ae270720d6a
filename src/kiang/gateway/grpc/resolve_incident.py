"""ResolveIncident: try again what has raised an incident."""

from kiang.gateway.grpc.rpc import UnaryRpc, no_content
from kiang.protocol.commands import ResolveIncident
from kiang.wire.gateway_pb2 import ResolveIncidentRequest


def command(request: ResolveIncidentRequest) -> ResolveIncident:
    """The command of a request."""
    return ResolveIncident(request.incidentKey)


RPC = UnaryRpc("ResolveIncident", ResolveIncidentRequest, command, no_content, key=lambda request: request.incidentKey)
