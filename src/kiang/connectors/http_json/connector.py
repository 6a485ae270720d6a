"""REST connector: same task type, inputs, results and error codes as Camunda's."""

from __future__ import annotations

from kiang.connector_sdk import OutboundContext, outbound_connector
from kiang.connector_sdk.http import HttpRequestInput, HttpResponse, request


@outbound_connector(name="HTTP REST", type="io.camunda:http-json:1")
async def http_json(data: HttpRequestInput, context: OutboundContext) -> HttpResponse:
    """Send one request; the answer, below status 400, is the result."""
    return await request(data, context)
