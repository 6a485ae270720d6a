"""Answers: what the engine tells the one who asked."""

from __future__ import annotations

import msgspec

from kiang.protocol.agents import AgentInstanceReported
from kiang.protocol.decision_report import DecisionReport
from kiang.protocol.document import Document
from kiang.protocol.enums import JobKind, ListenerEventType, RejectionType


class Rejection(msgspec.Struct, frozen=True, gc=False):
    """The command was refused and has changed nothing.

    Attributes:
        intent: Name of the command.
        reason: Text for the client, without prefix.
    """

    type: RejectionType
    intent: str
    reason: str

    @property
    def message(self) -> str:
        """As clients see it."""
        return f"Command '{self.intent}' rejected with code '{self.type}': {self.reason}"


class Done(msgspec.Struct, frozen=True, gc=False):
    """The command was executed; there is no more to say than its key."""

    key: int = 0


class DeployedProcess(msgspec.Struct, frozen=True, gc=False):
    """One process of a deployment."""

    key: int
    process_id: str
    version: int
    resource_name: str
    tenant_id: str


class DeployedForm(msgspec.Struct, frozen=True, gc=False):
    """One form of a deployment."""

    key: int
    form_id: str
    version: int
    resource_name: str
    tenant_id: str


class DeployedDecision(msgspec.Struct, frozen=True, gc=False):
    """One decision of a deployment."""

    key: int
    decision_id: str
    name: str
    version: int
    requirements_id: str
    requirements_key: int
    tenant_id: str


class DeployedDecisionRequirements(msgspec.Struct, frozen=True, gc=False):
    """One decision requirements graph of a deployment."""

    key: int
    requirements_id: str
    name: str
    version: int
    resource_name: str
    tenant_id: str


class DeployedResource(msgspec.Struct, frozen=True, gc=False):
    """One file of another kind of a deployment."""

    key: int
    resource_id: str
    version: int
    resource_name: str
    tenant_id: str


DeployedItem = DeployedProcess | DeployedDecision | DeployedDecisionRequirements | DeployedForm | DeployedResource
"""Anything that a deployment brings."""


class Deployed(msgspec.Struct, frozen=True, gc=False):
    """The result of a deployment: everything in it, new or there before."""

    key: int
    tenant_id: str
    items: tuple[DeployedItem, ...] = ()

    @property
    def processes(self) -> tuple[DeployedProcess, ...]:
        """The processes of it."""
        return tuple(item for item in self.items if isinstance(item, DeployedProcess))


class ProcessInstanceCreated(msgspec.Struct, frozen=True, gc=False):
    """An instance was started."""

    key: int
    process_definition_key: int
    process_id: str
    version: int
    tenant_id: str
    tags: tuple[str, ...] = ()
    business_id: str = ""


class ProcessInstanceResult(msgspec.Struct, frozen=True, gc=False):
    """An instance that somebody awaits has completed, with these variables."""

    created: ProcessInstanceCreated
    variables: Document


class ActivatedJob(msgspec.Struct, frozen=True, gc=False):
    """A job in the hands of a worker.

    Attributes:
        headers: JSON object.
        variables: JSON object.
        deadline: Epoch ms.
        business_id: Of the process instance; "" for none.
        lease_token: Of this activation; "" unless it was asked for.
    """

    key: int
    job_type: str
    process_instance_key: int
    process_id: str
    process_version: int
    process_definition_key: int
    element_id: str
    element_instance_key: int
    headers: str
    worker: str
    retries: int
    deadline: int
    variables: str
    tenant_id: str
    kind: JobKind = JobKind.BPMN_ELEMENT
    listener_event_type: ListenerEventType = ListenerEventType.UNSPECIFIED
    tags: tuple[str, ...] = ()
    priority: int = 0
    root_process_instance_key: int = 0
    business_id: str = ""
    lease_token: str = ""


class ActivatedJobs(msgspec.Struct, frozen=True, gc=False):
    """Jobs that were activated.

    Attributes:
        truncated: More were there, but the answer would have become too large.
    """

    jobs: list[ActivatedJob]
    truncated: bool = False


class EvaluatedDecision(msgspec.Struct, frozen=True, gc=False):
    """A decision was evaluated, with or without success.

    Attributes:
        key: Of the evaluation.
        output: JSON; "" after a failure.
        evaluated: Every decision that was evaluated, the requested one last.
        failed_decision_id: The decision that failed, which may be a required one; "" if none did.
        failure: "" if none did.
    """

    key: int
    decision_key: int
    decision_id: str
    name: str
    version: int
    requirements_key: int
    requirements_id: str
    output: str
    evaluated: tuple[DecisionReport, ...]
    failed_decision_id: str
    failure: str
    tenant_id: str


class Published(msgspec.Struct, frozen=True, gc=False):
    """A message was published, or a signal broadcast."""

    key: int
    tenant_id: str


class Correlated(msgspec.Struct, frozen=True, gc=False):
    """A message was given to an instance."""

    key: int
    process_instance_key: int
    tenant_id: str


class ConditionalsEvaluated(msgspec.Struct, frozen=True, gc=False):
    """Instances that conditional start events have started: pairs of process definition key and process instance key."""

    key: int
    tenant_id: str
    instances: tuple[tuple[int, int], ...] = ()


Answer = (
    ConditionalsEvaluated
    | EvaluatedDecision
    | Published
    | Correlated
    | Done
    | Deployed
    | ProcessInstanceCreated
    | ProcessInstanceResult
    | ActivatedJobs
    | AgentInstanceReported
)
"""What commands answer when they were not refused."""
