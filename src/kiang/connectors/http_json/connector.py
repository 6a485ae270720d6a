"""REST connector: same task type, inputs, results and error codes as Camunda's."""

from __future__ import annotations

from kiang.connector_sdk import OutboundContext, outbound_connector
from kiang.connector_sdk.http import HttpRequestInput, HttpResponse, request
from kiang.connector_sdk.template import Group, Template

TEMPLATE = Template(
    id="io.kiang.connectors.HttpJson.v1",
    name="REST Connector",
    description="Send an HTTP request and use the answer",
    keywords=("rest", "http", "api", "request"),
    groups=(
        Group("authentication", "Authentication"),
        Group("tls", "TLS certificates", open_by_default=False),
        Group("endpoint", "HTTP endpoint"),
        Group("timeout", "Timeouts", open_by_default=False),
        Group("payload", "Payload"),
    ),
    example={"body": {"order": "A-1"}, "status": 200, "headers": {"Content-Type": "application/json"}},
)


@outbound_connector(name="HTTP REST", type="io.camunda:http-json:1", template=TEMPLATE)
async def http_json(data: HttpRequestInput, context: OutboundContext) -> HttpResponse:
    """Send one request; the answer, below status 400, is the result."""
    return await request(data, context)
