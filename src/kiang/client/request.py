"""Requests: what a client can ask of an engine, free of any wire.

A transport has a table from request class to its wire form. Keys are plain integers, durations milliseconds, variables
JSON text.
"""

from __future__ import annotations

from enum import Enum
from typing import ClassVar, Generic, TypeVar

import msgspec

from kiang.client.job import Job
from kiang.client.job_result import Corrections, JobResult
from kiang.client.results import (
    BroadcastSignal,
    CorrelatedMessage,
    DecisionResult,
    Deployment,
    ProcessInstance,
    ProcessInstanceResult,
    PublishedMessage,
    Topology,
)

ResultT = TypeVar("ResultT")


class Repeat(Enum):
    """When a request may be sent again.

    REFUSED: only if it is known that nothing was executed: the engine was at its limit, or could not be reached at all.
    LOST: also when the connection broke while the answer was awaited, since a second execution changes nothing more.
    """

    REFUSED = "refused"
    LOST = "lost"


class Request(msgspec.Struct, Generic[ResultT], frozen=True, kw_only=True):
    """Base of all requests; the type argument is what the answer holds."""

    REPEAT: ClassVar[Repeat] = Repeat.REFUSED


class GetTopology(Request[Topology], frozen=True, kw_only=True):
    """Who is there."""

    REPEAT: ClassVar[Repeat] = Repeat.LOST


class Deploy(Request[Deployment], frozen=True, kw_only=True):
    """Deploy files: pairs of resource name and content. The same files again are no new version."""

    REPEAT: ClassVar[Repeat] = Repeat.LOST
    resources: tuple[tuple[str, bytes], ...]
    tenant_id: str


class DeleteResource(Request[None], frozen=True, kw_only=True):
    """Delete a definition."""

    resource_key: int


class CreateProcessInstance(Request[ProcessInstance], frozen=True, kw_only=True):
    """Start an instance, by id (version -1: the latest) or by key."""

    process_definition_id: str = ""
    version: int = -1
    process_definition_key: int = 0
    variables: str = "{}"
    start_at: tuple[str, ...] = ()
    tenant_id: str
    tags: tuple[str, ...] = ()


class CreateProcessInstanceWithResult(Request[ProcessInstanceResult], frozen=True, kw_only=True):
    """Start an instance and wait for its end."""

    create: CreateProcessInstance
    request_timeout_ms: int
    fetch_variables: tuple[str, ...] = ()


class CancelProcessInstance(Request[None], frozen=True, kw_only=True):
    """Terminate an instance."""

    process_instance_key: int


class ActivateElement(msgspec.Struct, frozen=True, kw_only=True):
    """Part of a modification: begin an element.

    Attributes:
        variables: Pairs of the element whose scope they belong to ("" for the process) and a JSON object.
        ancestor_element_instance_key: The scope to begin in, where there are several; 0 to let the engine find it.
    """

    element_id: str
    variables: tuple[tuple[str, str], ...] = ()
    ancestor_element_instance_key: int = 0


class ModifyProcessInstance(Request[None], frozen=True, kw_only=True):
    """Begin and terminate elements of a running instance."""

    process_instance_key: int
    activate: tuple[ActivateElement, ...] = ()
    terminate: tuple[int, ...] = ()


class MigrateProcessInstance(Request[None], frozen=True, kw_only=True):
    """Move a running instance to another definition; `mappings` are pairs of source and target element id."""

    process_instance_key: int
    target_process_definition_key: int
    mappings: tuple[tuple[str, str], ...]


class SetVariables(Request[int], frozen=True, kw_only=True):
    """Set variables; the answer is the key of the command."""

    REPEAT: ClassVar[Repeat] = Repeat.LOST
    element_instance_key: int
    variables: str
    local: bool = False


class ResolveIncident(Request[None], frozen=True, kw_only=True):
    """Try again what has raised an incident."""

    incident_key: int


class PublishMessage(Request[PublishedMessage], frozen=True, kw_only=True):
    """Publish a message."""

    name: str
    correlation_key: str = ""
    time_to_live_ms: int = 0
    message_id: str = ""
    variables: str = "{}"
    tenant_id: str


class CorrelateMessage(Request[CorrelatedMessage], frozen=True, kw_only=True):
    """Publish a message that has to reach an instance at once (REST only)."""

    name: str
    correlation_key: str = ""
    variables: str = "{}"
    tenant_id: str


class Broadcast(Request[BroadcastSignal], frozen=True, kw_only=True):
    """Broadcast a signal."""

    signal_name: str
    variables: str = "{}"
    tenant_id: str


class EvaluateDecision(Request[DecisionResult], frozen=True, kw_only=True):
    """Evaluate a decision, by id (the latest version) or by key."""

    REPEAT: ClassVar[Repeat] = Repeat.LOST
    decision_definition_id: str = ""
    decision_definition_key: int = 0
    variables: str = "{}"
    tenant_id: str


class ActivateJobs(Request[list[Job]], frozen=True, kw_only=True):
    """Take jobs, waiting for the first up to `request_timeout_ms` (0: the gateway's default, negative: not at all)."""

    job_type: str
    worker: str
    timeout_ms: int
    max_jobs: int
    fetch_variables: tuple[str, ...] = ()
    tenant_ids: tuple[str, ...] = ()
    request_timeout_ms: int = 0


class StreamJobs(msgspec.Struct, frozen=True, kw_only=True):
    """Get jobs as they become activatable, until the stream is closed."""

    job_type: str
    worker: str
    timeout_ms: int
    fetch_variables: tuple[str, ...] = ()
    tenant_ids: tuple[str, ...] = ()


class CompleteJob(Request[None], frozen=True, kw_only=True):
    """Complete a job. A second execution is refused with NotFound and changes nothing."""

    REPEAT: ClassVar[Repeat] = Repeat.LOST
    job_key: int
    variables: str = "{}"
    result: JobResult | None = None


class FailJob(Request[None], frozen=True, kw_only=True):
    """Fail a job; `retries` is what remains, absolute, so failing twice takes no retry more."""

    REPEAT: ClassVar[Repeat] = Repeat.LOST
    job_key: int
    retries: int
    error_message: str = ""
    retry_backoff_ms: int = 0
    variables: str = "{}"


class ThrowError(Request[None], frozen=True, kw_only=True):
    """Throw a BPMN error. A second execution is refused and changes nothing."""

    REPEAT: ClassVar[Repeat] = Repeat.LOST
    job_key: int
    error_code: str
    error_message: str = ""
    variables: str = "{}"


class UpdateJobRetries(Request[None], frozen=True, kw_only=True):
    """Set the retries of a job."""

    REPEAT: ClassVar[Repeat] = Repeat.LOST
    job_key: int
    retries: int


class UpdateJobTimeout(Request[None], frozen=True, kw_only=True):
    """Set the time that a worker has left for a job, counted from now."""

    REPEAT: ClassVar[Repeat] = Repeat.LOST
    job_key: int
    timeout_ms: int


class GetProcessDefinitionXml(Request[bytes], frozen=True, kw_only=True):
    """The BPMN file of a process definition (REST only)."""

    REPEAT: ClassVar[Repeat] = Repeat.LOST
    process_definition_key: int


class CompleteUserTask(Request[None], frozen=True, kw_only=True):
    """Complete a user task (REST only)."""

    user_task_key: int
    variables: str = "{}"
    action: str = ""


class AssignUserTask(Request[None], frozen=True, kw_only=True):
    """Give a user task to somebody, "" to nobody (REST only)."""

    user_task_key: int
    assignee: str
    allow_override: bool = True
    action: str = ""


class UpdateUserTask(Request[None], frozen=True, kw_only=True):
    """Change attributes of a user task (REST only)."""

    REPEAT: ClassVar[Repeat] = Repeat.LOST
    user_task_key: int
    changes: Corrections
    action: str = ""


class PinClock(Request[None], frozen=True, kw_only=True):
    """Have the engine's clock stand still at an instant, epoch ms; None to run again (REST only)."""

    REPEAT: ClassVar[Repeat] = Repeat.LOST
    at_ms: int | None


class Search(Request[bytes], frozen=True, kw_only=True):
    """Search one kind of entity (REST only); the answer is the page's JSON text.

    Attributes:
        entities: As in the path: `jobs`, `incidents`, `process-instances` ...
        query: JSON object with filter, sort and page.
    """

    REPEAT: ClassVar[Repeat] = Repeat.LOST
    entities: str
    query: str = "{}"


class Administer(Request[bytes], frozen=True, kw_only=True):
    """Any operation of REST v2 on users, groups, roles, tenants and grants; the answer is its JSON text.

    Attributes:
        method: Of HTTP.
        path: Below `/v2`, its parts escaped.
        body: JSON object; "" for none.
    """

    method: str
    path: str
    body: str = ""
