"""What the engine answers: frozen values with the names of the field, the same over every transport."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from kiang.protocol.keys import (
    DeploymentKey,
    ElementInstanceKey,
    IncidentKey,
    JobKey,
    ProcessDefinitionKey,
    ProcessInstanceKey,
    VariableKey,
)

ItemT = TypeVar("ItemT")


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all results."""


class Partition(Result, frozen=True):
    """A part of the cluster's state.

    Attributes:
        role: `leader`, `follower` or `inactive`.
        health: `healthy`, `unhealthy` or `dead`.
    """

    partition_id: int
    role: str
    health: str


class BrokerInfo(Result, frozen=True):
    """One node of the cluster."""

    node_id: int
    host: str
    port: int
    version: str
    partitions: tuple[Partition, ...] = ()


class Topology(Result, frozen=True):
    """The cluster as its gateway sees it."""

    cluster_size: int
    partitions_count: int
    replication_factor: int
    gateway_version: str
    brokers: tuple[BrokerInfo, ...] = ()
    cluster_id: str = ""


class DeployedProcess(Result, frozen=True):
    """A process of a deployment, new or there before."""

    process_definition_key: ProcessDefinitionKey
    process_definition_id: str
    version: int
    resource_name: str
    tenant_id: str


class DeployedDecision(Result, frozen=True):
    """A decision of a deployment, new or there before."""

    decision_definition_key: int
    decision_definition_id: str
    name: str
    version: int
    decision_requirements_id: str
    decision_requirements_key: int
    tenant_id: str


class DeployedDecisionRequirements(Result, frozen=True):
    """A decision requirements graph of a deployment, new or there before."""

    decision_requirements_key: int
    decision_requirements_id: str
    name: str
    version: int
    resource_name: str
    tenant_id: str


class DeployedForm(Result, frozen=True):
    """A form of a deployment, new or there before."""

    form_key: int
    form_id: str
    version: int
    resource_name: str
    tenant_id: str


class Deployment(Result, frozen=True):
    """What a deployment holds, in the engine's order."""

    deployment_key: DeploymentKey
    tenant_id: str
    processes: tuple[DeployedProcess, ...] = ()
    decisions: tuple[DeployedDecision, ...] = ()
    decision_requirements: tuple[DeployedDecisionRequirements, ...] = ()
    forms: tuple[DeployedForm, ...] = ()


class ProcessInstance(Result, frozen=True):
    """An instance that was started."""

    process_instance_key: ProcessInstanceKey
    process_definition_key: ProcessDefinitionKey
    process_definition_id: str
    version: int
    tenant_id: str
    tags: tuple[str, ...] = ()


class ProcessInstanceResult(ProcessInstance, frozen=True, kw_only=True):
    """An instance that has completed, with its variables."""

    variables: dict[str, Any]


class PublishedMessage(Result, frozen=True):
    """A message that the engine has taken."""

    message_key: int
    tenant_id: str


class CorrelatedMessage(Result, frozen=True):
    """A message that reached an instance at once."""

    message_key: int
    process_instance_key: ProcessInstanceKey
    tenant_id: str


class BroadcastSignal(Result, frozen=True):
    """A signal that the engine has taken."""

    signal_key: int
    tenant_id: str


class EvaluatedInput(Result, frozen=True):
    """An input of a decision table."""

    input_id: str
    input_name: str
    value: Any


class EvaluatedOutput(Result, frozen=True):
    """An output of a rule that matched."""

    output_id: str
    output_name: str
    value: Any


class MatchedRule(Result, frozen=True):
    """A rule that matched; `rule_index` counts from 1."""

    rule_id: str
    rule_index: int
    outputs: tuple[EvaluatedOutput, ...] = ()


class EvaluatedDecision(Result, frozen=True):
    """One decision on the way to the result."""

    decision_definition_key: int
    decision_definition_id: str
    name: str
    version: int
    decision_type: str
    output: Any
    inputs: tuple[EvaluatedInput, ...] = ()
    matched_rules: tuple[MatchedRule, ...] = ()


class DecisionResult(Result, frozen=True):
    """The result of a decision.

    Attributes:
        output: None also when the evaluation failed; see `failure_message`.
        failed_decision_id: "" unless the evaluation failed.
    """

    decision_definition_key: int
    decision_definition_id: str
    name: str
    version: int
    decision_requirements_id: str
    decision_requirements_key: int
    output: Any
    tenant_id: str
    decision_evaluation_key: int = 0
    evaluated_decisions: tuple[EvaluatedDecision, ...] = ()
    failed_decision_id: str = ""
    failure_message: str = ""


class FoundProcessInstance(Result, frozen=True, rename="camel"):
    """A process instance in a search; `state` is ACTIVE, COMPLETED or TERMINATED."""

    process_instance_key: ProcessInstanceKey
    process_definition_key: ProcessDefinitionKey
    process_definition_id: str
    process_definition_version: int
    state: str
    has_incident: bool
    start_date: datetime
    end_date: datetime | None = None
    parent_process_instance_key: ProcessInstanceKey | None = None
    tenant_id: str = ""


class FoundJob(Result, frozen=True, rename="camel"):
    """A job in a search."""

    job_key: JobKey
    type: str
    state: str
    retries: int
    process_instance_key: ProcessInstanceKey
    process_definition_id: str
    element_id: str | None = None
    worker: str = ""
    deadline: datetime | None = None
    error_message: str | None = None
    error_code: str | None = None
    kind: str = ""
    tenant_id: str = ""


class FoundIncident(Result, frozen=True, rename="camel"):
    """An incident in a search; `state` is ACTIVE, PENDING, RESOLVED or MIGRATED."""

    incident_key: IncidentKey
    error_type: str
    error_message: str
    state: str
    process_instance_key: ProcessInstanceKey
    process_definition_id: str
    element_id: str
    element_instance_key: ElementInstanceKey
    creation_time: datetime
    job_key: JobKey | None = None
    tenant_id: str = ""


class FoundElementInstance(Result, frozen=True, rename="camel"):
    """An element instance in a search."""

    element_instance_key: ElementInstanceKey
    process_instance_key: ProcessInstanceKey
    element_id: str
    type: str
    state: str
    has_incident: bool
    start_date: datetime
    element_name: str = ""
    end_date: datetime | None = None
    tenant_id: str = ""


class FoundUserTask(Result, frozen=True, rename="camel"):
    """A user task in a search; `state` is CREATED, ASSIGNING, COMPLETED, CANCELED and so on."""

    user_task_key: int
    state: str
    element_id: str
    process_instance_key: ProcessInstanceKey
    process_definition_id: str
    element_instance_key: ElementInstanceKey
    name: str | None = None
    assignee: str | None = None
    candidate_groups: tuple[str, ...] = ()
    candidate_users: tuple[str, ...] = ()
    priority: int = 50
    creation_date: datetime | None = None
    completion_date: datetime | None = None
    due_date: datetime | None = None
    follow_up_date: datetime | None = None
    form_key: int | None = None
    tenant_id: str = ""


class FoundVariable(Result, frozen=True, rename="camel"):
    """A variable in a search.

    Attributes:
        value: JSON text, cut where it is long.
        scope_key: The element instance or process instance that holds it.
    """

    variable_key: VariableKey
    name: str
    value: str
    scope_key: ElementInstanceKey
    process_instance_key: ProcessInstanceKey
    is_truncated: bool = False
    tenant_id: str = ""


class FoundProcessDefinition(Result, frozen=True, rename="camel"):
    """A process definition in a search."""

    process_definition_key: ProcessDefinitionKey
    process_definition_id: str
    version: int
    resource_name: str
    name: str | None = None
    version_tag: str | None = None
    tenant_id: str = ""


class Page(Result, Generic[ItemT], frozen=True):
    """One page of a search.

    Attributes:
        total_items: How many there are in all pages; a lower bound if `has_more_total_items`.
        end_cursor: Give it as `after` to get the next page; None behind the last item.
    """

    items: tuple[ItemT, ...]
    total_items: int
    has_more_total_items: bool = False
    end_cursor: str | None = None
