"""HTTP polling connector: one request loop for each element instance that waits."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Annotated

from kiang.connector_sdk import ConnectorInput, OutboundContext
from kiang.connector_sdk.execution import to_json
from kiang.connector_sdk.http import HttpMethod, HttpRequestInput, request
from kiang.connector_sdk.http.input import ReturnFormat
from kiang.connector_sdk.inbound import Health, InboundContext, Severity, WaitingInstance, inbound_connector
from kiang.connector_sdk.template import BOUNDARY_EVENT, INTERMEDIATE_CATCH_EVENT, Group, Template, TemplateField
from kiang.errors import ConnectorError

INSTANCES_MAX = 1_000
"""Request loops of one element at once."""

REQUESTS_MAX = 10
"""Requests under way at once."""

POLLING_INTERVAL = timedelta(seconds=5)
"""Between two looks for waiting instances."""


TEMPLATE = Template(
    id="io.kiang.connectors.inbound.HttpPolling.v1",
    name="HTTP Polling Connector",
    description="Ask over HTTP again and again, until an answer is the event that is waited for",
    keywords=("http", "polling", "wait for", "status"),
    groups=(
        Group("authentication", "Authentication"),
        Group("tls", "TLS certificates", open_by_default=False),
        Group("endpoint", "HTTP endpoint"),
        Group("payload", "Payload"),
        Group("interval", "Interval"),
        Group("timeout", "Timeouts", open_by_default=False),
    ),
    element_types=(INTERMEDIATE_CATCH_EVENT, BOUNDARY_EVENT),
    example={"body": {"state": "done"}, "status": 200, "headers": {}},
    deduplicates=False,
)


class PollingProperties(HttpRequestInput):
    """A request, and how often it is sent.

    Attributes:
        http_request_interval: Between two requests for one instance.
        process_polling_interval: Between two looks for waiting instances.
    """

    method: Annotated[HttpMethod, TemplateField(group="endpoint", default="GET")] = HttpMethod.GET
    document_return_format: Annotated[ReturnFormat | None, TemplateField(ignore=True)] = None
    http_request_interval: Annotated[
        timedelta, TemplateField(label="HTTP request interval", group="interval", feel="optional")
    ] = timedelta(seconds=50)
    process_polling_interval: Annotated[timedelta, TemplateField(type="Hidden", group="interval")] = POLLING_INTERVAL


class Schedule(ConnectorInput):
    """What is the same for all instances."""

    process_polling_interval: timedelta = POLLING_INTERVAL


@inbound_connector(
    name="HTTP Polling",
    type="io.camunda:http-polling:1",
    template=TEMPLATE,
    instance_properties=PollingProperties,
)
async def http_polling(schedule: Schedule, context: InboundContext) -> None:
    """Look for waiting instances again and again; each has its loop until it has left the element."""
    loops: dict[int, asyncio.Task[None]] = {}
    gate = asyncio.Semaphore(REQUESTS_MAX)
    try:
        while True:
            waiting = {w.element_instance_key: w for w in await context.waiting_instances()}
            for key in [key for key in loops if key not in waiting or loops[key].done()]:
                loops.pop(key).cancel()
            for key, instance in waiting.items():
                if key not in loops and len(loops) < INSTANCES_MAX:
                    loops[key] = asyncio.create_task(_poll(instance, context, gate))
            context.report(Health.up(waiting=len(waiting)))
            await asyncio.sleep(schedule.process_polling_interval.total_seconds())
    finally:
        for task in loops.values():
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*loops.values(), return_exceptions=True)


async def _poll(instance: WaitingInstance, context: InboundContext, gate: asyncio.Semaphore) -> None:
    if instance.fault:
        context.log(Severity.ERROR, "Consumer", f"Instance {instance.element_instance_key}: {instance.fault}")
        return
    own: PollingProperties = instance.properties
    outbound = OutboundContext(documents=context.documents, resources=context.resources)
    while True:
        try:
            async with gate:
                response = to_json(await request(own, outbound))
        except ConnectorError as error:
            context.log(Severity.ERROR, "Consumer", f"Request failed: {error.code}")
        else:
            event = {name: response[name] for name in ("status", "headers", "body")}
            result = await context.correlate_to(instance, event)
            if result.is_success:
                return
        await asyncio.sleep(own.http_request_interval.total_seconds())
