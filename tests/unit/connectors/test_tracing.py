"""Traces: a span per job and per HTTP call, children of whoever has started the process; nothing in them is secret."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from kiang.connector_runtime.outbound import OutboundRunner
from kiang.connector_runtime.outcome import Completed
from kiang.connector_sdk.outbound import JobInfo, connector_of
from kiang.connector_sdk.secret import StaticSecrets
from kiang.connectors.http_json import http_json

SECRET = "only-known-to-this-test"
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE_ID}-b7ad6b7169203331-01"


@pytest.fixture
def spans(monkeypatch) -> InMemorySpanExporter:
    """Spans of this test; OpenTelemetry has no other way to give a process its tracer provider back."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    return exporter


async def run(variables: dict, status: int = 200) -> tuple[str, list[str | None]]:
    seen: list[str | None] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.headers.get("traceparent"))
        return web.json_response({"secret": SECRET}, status=status)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(application) as server:
        runner = OutboundRunner(secrets=StaticSecrets({"TOKEN": SECRET}))
        job = JobInfo(7, "io.camunda:http-json:1", element_id="call", process_instance_key=9)
        given = {"method": "GET", "url": str(server.make_url("/path")) + "?token={{secrets.TOKEN}}", **variables}
        outcome = await runner.run(connector_of(http_json), job, given)
        await runner.resources.close()
    assert isinstance(outcome, Completed) or status >= 400, outcome
    return type(outcome).__name__, seen


async def test_a_call_is_a_child_of_its_job_and_the_job_of_who_has_started_the_process(spans) -> None:
    outcome, seen = await run({"traceparent": PARENT})

    call, job = spans.get_finished_spans()
    assert outcome == "Completed"
    assert (job.name, job.attributes["kiang.job.key"], job.attributes["kiang.element.id"]) == (
        "process io.camunda:http-json:1",
        7,
        "call",
    )
    assert f"{job.context.trace_id:032x}" == TRACE_ID
    assert call.parent.span_id == job.context.span_id
    assert call.attributes["http.response.status_code"] == 200
    assert seen == [f"00-{TRACE_ID}-{call.context.span_id:016x}-01"]


async def test_a_job_without_a_trace_begins_one(spans) -> None:
    await run({})
    call, job = spans.get_finished_spans()
    assert job.parent is None
    assert call.context.trace_id == job.context.trace_id


@pytest.mark.parametrize("parent", ["nonsense", 42, None, "00-zz-11-01"])
async def test_a_trace_that_is_none_begins_one(spans, parent) -> None:
    outcome, _ = await run({"traceparent": parent})
    _, job = spans.get_finished_spans()
    assert (outcome, job.parent) == ("Completed", None)


async def test_failures_are_marked_and_no_span_holds_a_secret(spans) -> None:
    outcome, _ = await run({"traceparent": PARENT}, status=500)

    finished = spans.get_finished_spans()
    assert outcome == "Failed"
    assert {span.status.status_code.name for span in finished} == {"ERROR"}
    assert all(SECRET not in span.to_json() for span in finished)
