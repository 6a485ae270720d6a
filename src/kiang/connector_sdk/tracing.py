"""Traces with OpenTelemetry: a span for each job of a connector, one for each HTTP call in it, handed on in the request's headers.

Nothing happens unless the process has loaded OpenTelemetry and set up a tracer provider (`opentelemetry-instrument kiang connectors run`,
or the SDK in a worker of one's own): whoever does not want traces pays for no import. Spans hold names, keys, hosts and status, never
a variable, a URL's path or a secret.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kiang.connector_sdk.outbound import JobInfo

TRACEPARENT = "traceparent"
"""Variable of a process instance, or input of a task, that holds the W3C trace context of whoever has started it."""

SCOPE = "kiang.connectors"


def is_on() -> bool:
    """Whether somebody in this process has loaded OpenTelemetry."""
    return "opentelemetry.trace" in sys.modules


@contextmanager
def job_span(job: JobInfo, variables: Mapping[str, Any]) -> Iterator[Any]:
    """The span of one attempt at a job, a child of the trace that the variable `traceparent` names if there is one.

    Yields:
        The span; None without OpenTelemetry.
    """
    if not is_on():
        yield None
        return
    from opentelemetry import trace  # noqa: PLC0415 - an extra
    from opentelemetry.propagate import extract  # noqa: PLC0415

    parent = variables.get(TRACEPARENT)
    context = extract({TRACEPARENT: parent}) if isinstance(parent, str) else None
    attributes: dict[str, str | int] = {
        "messaging.system": "zeebe",
        "messaging.operation.name": "process",
        "kiang.job.type": job.type,
        "kiang.job.key": job.key,
        "kiang.job.retries": job.retries,
        "kiang.element.id": job.element_id,
        "kiang.process.definition.id": job.process_definition_id,
        "kiang.process.instance.key": job.process_instance_key,
    }
    with trace.get_tracer(SCOPE).start_as_current_span(
        f"process {job.type}",
        context=context,
        kind=trace.SpanKind.CONSUMER,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        yield span


def job_outcome(span: Any, outcome: str, *, is_error: bool) -> None:
    """Say what became of the job, without its message: that may hold what the peer has answered."""
    if span is not None:
        span.set_attribute("kiang.job.outcome", outcome)
        if is_error:
            _failed(span)


@contextmanager
def http_span(method: str, host: str, port: int | None, headers: MutableMapping[str, str]) -> Iterator[Any]:
    """The span of one HTTP request; its trace context is put into the headers.

    Yields:
        The span; None without OpenTelemetry.
    """
    if not is_on():
        yield None
        return
    from opentelemetry import trace  # noqa: PLC0415 - an extra
    from opentelemetry.propagate import inject  # noqa: PLC0415

    attributes: dict[str, str | int] = {"http.request.method": method, "server.address": host}
    if port is not None:
        attributes["server.port"] = port
    with trace.get_tracer(SCOPE).start_as_current_span(
        method, kind=trace.SpanKind.CLIENT, attributes=attributes, record_exception=False
    ) as span:
        if span.is_recording():
            inject(headers)
        yield span


def http_status(span: Any, status: int) -> None:
    """Note the status of the answer."""
    if span is not None:
        span.set_attribute("http.response.status_code", status)
        if status >= 400:
            _failed(span)


def _failed(span: Any) -> None:
    from opentelemetry.trace import StatusCode  # noqa: PLC0415 - an extra

    span.set_status(StatusCode.ERROR)
