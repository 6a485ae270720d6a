"""Making and canceling the jobs of elements (engine-semantics §3)."""

from __future__ import annotations

from typing import NamedTuple

from kiang.bpmn.model import JobDefinition, Listener
from kiang.engine.actions import agents
from kiang.engine.actions.expressions import evaluate_integer, evaluate_text
from kiang.engine.actions.linked_resources import header_of
from kiang.engine.processing import Processing
from kiang.engine.state.job import Job
from kiang.engine.state.state import Scope
from kiang.protocol.document import quote
from kiang.protocol.enums import JobKind, ListenerEventType
from kiang.protocol.events import JobCanceled, JobCreated

NO_HEADERS = "{}"


class JobProperties(NamedTuple):
    """What the expressions of a job have given."""

    job_type: str
    retries: int
    headers: str
    kind: JobKind = JobKind.BPMN_ELEMENT
    event_type: ListenerEventType = ListenerEventType.UNSPECIFIED
    priority: int = 0


def evaluate(p: Processing, scope: Scope, definition: JobDefinition) -> JobProperties:
    """The properties of an element's job.

    Raises:
        Failure: type, retries or priority cannot be evaluated, or a linked file is not deployed.
    """
    return JobProperties(
        evaluate_text(p, scope, definition.job_type),
        evaluate_integer(p, scope, definition.retries),
        headers_text(_headers(p, scope, definition)),
        priority=0 if definition.priority is None else evaluate_integer(p, scope, definition.priority),
    )


def _headers(p: Processing, scope: Scope, definition: JobDefinition) -> dict[str, str]:
    if not definition.linked_resources:
        return definition.headers
    return {**definition.headers, **header_of(p, scope, definition.linked_resources)}


def evaluate_listener(p: Processing, scope: Scope, listener: Listener, kind: JobKind) -> JobProperties:
    """The properties of a listener's job.

    Raises:
        Failure: type or retries cannot be evaluated.
    """
    return JobProperties(
        evaluate_text(p, scope, listener.job_type),
        evaluate_integer(p, scope, listener.retries),
        headers_text(listener.headers),
        kind,
        listener.event_type,
    )


def put(p: Processing, scope: Scope, job: JobProperties) -> None:
    """Put a job into the queue."""
    key = p.state.next_key()
    p.emit(JobCreated(key, scope.key, job.job_type, job.retries, job.headers, job.kind, job.event_type, job.priority))
    p.available_jobs.append((job.job_type, key))


def cancel_of(p: Processing, scope: Scope) -> None:
    """The element is about to end, and its job with it."""
    if scope.job_key:
        key = scope.job_key
        p.emit(JobCanceled(key))
        if p.state.has_agents:
            agents.job_destroyed(p, scope, key)


def make_available(p: Processing, job: Job) -> None:
    """Tell those who wait for jobs that this one has become activatable."""
    p.available_jobs.append((job.job_type, job.key))


def headers_text(headers: dict[str, str]) -> str:
    """Custom headers as a JSON object."""
    if not headers:
        return NO_HEADERS
    return "{" + ",".join(f"{quote(key)}:{quote(value)}" for key, value in headers.items()) + "}"
