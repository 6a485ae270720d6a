"""Incidents."""

from __future__ import annotations

from kiang.gateway.rest.body import Int64, Request
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Resource
from kiang.gateway.rest.searching import add_get, add_search
from kiang.gateway.rest.validation import Violations
from kiang.protocol.commands import ResolveIncident
from kiang.search.resources import statistics
from kiang.search.resources.incident import INCIDENTS as SEARCHED

INCIDENTS = Resource("Incident")

add_search(INCIDENTS, "/incidents/search", "searchIncidents", SEARCHED, since="8.6")
add_search(
    INCIDENTS,
    "/incidents/statistics/process-instances-by-error",
    "getProcessInstanceStatisticsByError",
    statistics.ERRORS,
    since="8.9",
)
add_search(
    INCIDENTS,
    "/incidents/statistics/process-instances-by-definition",
    "getProcessInstanceStatisticsByDefinition",
    statistics.ERRORS_BY_DEFINITION,
    since="8.9",
)
add_get(INCIDENTS, "/incidents/{incidentKey}", "getIncident", SEARCHED, since="8.6")


class IncidentResolutionRequest(Request, frozen=True):
    """Nothing but the client's own number."""

    operation_reference: Int64 | None = None


@INCIDENTS.post(
    "/incidents/{incidentKey}/resolution", "resolveIncident", body=IncidentResolutionRequest, body_required=False
)
async def resolve_incident(call: Call) -> None:
    """Try again what has raised an incident."""
    violations = Violations()
    violations.operation_reference(call.body.operation_reference)
    violations.check()
    await call.execute(ResolveIncident(call.key("incidentKey")))
