"""Events: what has happened. Appliers turn them into rows; the record log keeps them; replayed, they give the same rows.

They are encoded as arrays with a number in front that names the type: never change or reuse one, add fields at the end.
"""

from __future__ import annotations

from typing import Any, Union

import msgspec

from kiang.protocol.audit import Operation
from kiang.protocol.decision_report import DecisionReport
from kiang.protocol.enums import JobKind, ListenerEventType


class Event(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of all events."""


class ResourceDeployed(Event, frozen=True, tag=1):
    """A file was stored."""

    key: int
    name: str
    content: bytes
    checksum: str
    deployment_key: int
    tenant_id: str


class ProcessDeployed(Event, frozen=True, tag=2):
    """A new version of a process is there."""

    key: int
    process_id: str
    version: int
    name: str
    version_tag: str
    resource_key: int
    resource_name: str
    checksum: str
    deployment_key: int
    tenant_id: str


class ProcessDeleted(Event, frozen=True, tag=4):
    """A version of a process was deleted."""

    key: int


class FormDeleted(Event, frozen=True, tag=5):
    """A version of a form was deleted."""

    key: int


class ProcessInstanceActivating(Event, frozen=True, tag=10):
    """A process instance begins."""

    key: int
    process_definition_key: int
    process_id: str
    version: int
    tenant_id: str
    parent_process_instance_key: int = 0
    parent_element_instance_key: int = 0
    root_process_instance_key: int = 0
    tags: str = ""
    business_id: str = ""
    correlation_key: str = ""
    terminate_after: str = ""


class ElementActivating(Event, frozen=True, tag=11):
    """An element was entered.

    Attributes:
        consumes_flow: A sequence flow led here, whose token this consumes; a join consumes one of each incoming flow.
    """

    key: int
    process_instance_key: int
    scope_key: int
    element_id: str
    element_type: int
    consumes_flow: bool
    loop_counter: int = 0


class ElementActivated(Event, frozen=True, tag=12):
    """The element waits or works."""

    key: int


class ElementCompleting(Event, frozen=True, tag=13):
    """The element is about to be left."""

    key: int


class ElementCompleted(Event, frozen=True, tag=14):
    """The element was left."""

    key: int


class ElementTerminating(Event, frozen=True, tag=15):
    """The element is about to be ended."""

    key: int


class ElementTerminated(Event, frozen=True, tag=16):
    """The element was ended."""

    key: int


class SequenceFlowTaken(Event, frozen=True, tag=17):
    """A flow was taken by the element instance `source_key`."""

    scope_key: int
    source_key: int
    flow_id: str


class ElementMigrated(Event, frozen=True, tag=20):
    """An element instance, or a process instance, goes on in another definition, with its job, incident and user task.

    Attributes:
        element_id: Of the target.
        interrupted_by: Id, in the target, of the event sub-process that has interrupted it.
    """

    key: int
    process_definition_key: int
    element_id: str
    interrupted_by: str = ""


class WaitMigrated(Event, frozen=True, tag=21):
    """A subscription or timer belongs to another catch event from now on."""

    key: int
    element_instance_key: int
    element_id: str
    interrupting: bool


class LoopAdvanced(Event, frozen=True, tag=22):
    """A multi-instance body has begun that many inner instances; -1: it begins no more."""

    key: int
    started: int


class ProcessInstanceSuspended(Event, frozen=True, tag=23):
    """A process instance stands still."""

    key: int


class ProcessInstanceResumed(Event, frozen=True, tag=24):
    """A process instance goes on."""

    key: int


class ListenerCompleted(Event, frozen=True, tag=18):
    """The listener of an element whose turn it was has completed."""

    key: int


class EventTriggered(Event, frozen=True, tag=19):
    """An event happened at an element instance; it goes on at the catch event once the element has ended.

    Attributes:
        key: Of the element instance that is interrupted or has waited for it.
        trigger: What is to come, as JSON (see `engine.actions.event_trigger`).
        interrupted_by: Id of the event sub-process that interrupts what is inside; "" if none does.
    """

    key: int
    trigger: str
    interrupted_by: str = ""


class InterruptionLifted(Event, frozen=True, tag=25):
    """A scope that an event sub-process has interrupted takes elements again: a modification wants one there."""

    key: int


class JobCreated(Event, frozen=True, tag=30):
    """A job is in the queue."""

    key: int
    element_instance_key: int
    job_type: str
    retries: int
    headers: str
    kind: int = JobKind.BPMN_ELEMENT
    listener_event_type: int = ListenerEventType.UNSPECIFIED
    priority: int = 0


class JobActivated(Event, frozen=True, tag=31):
    """A job belongs to a worker until `deadline`; `lease_token` names this activation, "" for none."""

    key: int
    worker: str
    deadline: int
    lease_token: str = ""


class JobCompleted(Event, frozen=True, tag=32):
    """A job is done."""

    key: int


class JobTimedOut(Event, frozen=True, tag=33):
    """A job is free again because its worker took too long."""

    key: int


class JobFailed(Event, frozen=True, tag=34):
    """A worker has failed at a job.

    Attributes:
        recur_at: Epoch ms at which it can be activated again; 0 for at once (or, without retries, not before an incident is resolved).
    """

    key: int
    retries: int
    error_message: str
    recur_at: int


class JobRecurred(Event, frozen=True, tag=35):
    """The back-off of a job is over."""

    key: int


class JobYielded(Event, frozen=True, tag=36):
    """A job is free again because it could not be delivered."""

    key: int


class JobErrorThrown(Event, frozen=True, tag=37):
    """A worker has thrown a BPMN error."""

    key: int
    error_code: str
    error_message: str
    is_caught: bool


class JobCanceled(Event, frozen=True, tag=38):
    """A job went away with its element."""

    key: int


class JobRetriesUpdated(Event, frozen=True, tag=39):
    """Somebody has set the retries of a job."""

    key: int
    retries: int


class JobTimeoutUpdated(Event, frozen=True, tag=40):
    """A worker has more or less time for a job."""

    key: int
    deadline: int


class JobReactivatable(Event, frozen=True, tag=41):
    """A job is free again because its incident was resolved."""

    key: int


class JobDisabled(Event, frozen=True, tag=42):
    """A job cannot be handed out before its incident is resolved."""

    key: int


class JobPriorityUpdated(Event, frozen=True, tag=45):
    """A job has another place in the queue."""

    key: int
    priority: int


class JobSuspended(Event, frozen=True, tag=43):
    """A job cannot be activated as long as its instance is suspended."""

    key: int


class JobResumed(Event, frozen=True, tag=44):
    """A job can be activated again."""

    key: int


class IncidentCreated(Event, frozen=True, tag=50):
    """Something is stuck."""

    key: int
    element_instance_key: int
    job_key: int
    variable_scope_key: int
    element_id: str
    error_type: str
    error_message: str


class IncidentResolved(Event, frozen=True, tag=51):
    """An incident is over."""

    key: int


class VariableCreated(Event, frozen=True, tag=60):
    """A scope has a new variable."""

    key: int
    scope_key: int
    name: str
    value: str


class VariableUpdated(Event, frozen=True, tag=61):
    """A variable has another value."""

    key: int
    scope_key: int
    name: str
    value: str


class VariableItemSet(Event, frozen=True, tag=62):
    """One item of a list variable has another value: for lists that are filled item by item."""

    key: int
    scope_key: int
    name: str
    index: int
    value: str


class MessagePublished(Event, frozen=True, tag=70):
    """A message was published.

    Attributes:
        deadline: Epoch ms until which it is buffered.
        variables: JSON object.
    """

    key: int
    name: str
    correlation_key: str
    message_id: str
    deadline: int
    variables: str
    tenant_id: str


class MessageCorrelated(Event, frozen=True, tag=71):
    """A message was given to an instance of a process, and will not be given to another one of it."""

    key: int
    process_id: str


class MessageExpired(Event, frozen=True, tag=72):
    """A message is buffered no more."""

    key: int


class MessageSubscriptionCreated(Event, frozen=True, tag=73):
    """An element instance waits for a message."""

    key: int
    element_instance_key: int
    element_id: str
    name: str
    correlation_key: str
    interrupting: bool


class MessageSubscriptionCorrelating(Event, frozen=True, tag=74):
    """A message is on its way to the one who waits.

    Attributes:
        earlier_key: Key under which the message is kept that came before; 0 if this is the first.
    """

    key: int
    element_instance_key: int
    message_key: int
    earlier_key: int = 0


class MessageSubscriptionCorrelated(Event, frozen=True, tag=75):
    """The message has arrived; an interrupting subscription is closed by that."""

    key: int
    element_instance_key: int


class MessageSubscriptionDeleted(Event, frozen=True, tag=76):
    """Nobody waits any more."""

    key: int
    element_instance_key: int


class StartSubscriptionCreated(Event, frozen=True, tag=77):
    """A start event waits for a message or signal."""

    key: int
    process_definition_key: int
    process_id: str
    element_id: str
    event_type: int
    name: str
    tenant_id: str


class StartSubscriptionDeleted(Event, frozen=True, tag=78):
    """A start event waits no more."""

    key: int


class TimerCreated(Event, frozen=True, tag=80):
    """Something will happen at a date. For a start event `element_instance_key` is 0."""

    key: int
    element_instance_key: int
    process_definition_key: int
    element_id: str
    due_at: int
    repetitions: int
    tenant_id: str


class TimerTriggered(Event, frozen=True, tag=81):
    """The date has come."""

    key: int
    element_instance_key: int


class TimerCanceled(Event, frozen=True, tag=82):
    """The date does not matter any more."""

    key: int
    element_instance_key: int


class SignalBroadcast(Event, frozen=True, tag=90):
    """A signal was broadcast. `variables` is a JSON object."""

    key: int
    name: str
    variables: str
    tenant_id: str


class SignalSubscriptionCreated(Event, frozen=True, tag=91):
    """An element instance waits for a signal."""

    key: int
    element_instance_key: int
    element_id: str
    name: str


class SignalSubscriptionDeleted(Event, frozen=True, tag=92):
    """An element instance waits for a signal no more."""

    key: int
    element_instance_key: int
    is_closed: bool


class UserTaskCreating(Event, frozen=True, tag=100):
    """A native user task begins.

    Attributes:
        candidate_groups: JSON list of texts.
        candidate_users: JSON list of texts.
        headers: JSON object.
        pending: What it goes through, as JSON (see `engine.actions.user_tasks`).
    """

    key: int
    element_instance_key: int
    assignee: str
    candidate_groups: str
    candidate_users: str
    due_date: str
    follow_up_date: str
    priority: int
    form_key: int
    external_form_reference: str
    headers: str
    pending: str


class UserTaskTransition(Event, frozen=True, tag=101):
    """A user task is on its way to another state; its listeners run."""

    key: int
    element_instance_key: int
    state: int
    pending: str


class UserTaskTransitioned(Event, frozen=True, tag=102):
    """A user task has arrived in a state.

    Attributes:
        changes: Attributes that change with it, as a JSON object by their names in REST; "" for none.
        action: What was done; "" if it was rolled back.
    """

    key: int
    element_instance_key: int
    state: int
    changes: str
    action: str


class CompensationSubscribed(Event, frozen=True, tag=110):
    """An activity has completed that can be compensated (see the row `CompensationSubscription`)."""

    key: int
    scope_key: int
    element_id: str
    completed_key: int
    boundary_id: str


class CompensationTriggered(Event, frozen=True, tag=111):
    """An activity is being compensated; `handler_key` is 0 for a scope without a handler of its own."""

    key: int
    process_instance_key: int
    throw_key: int
    handler_key: int


class CompensationCompleted(Event, frozen=True, tag=112):
    """The handler of an activity is done."""

    key: int
    process_instance_key: int


class ConditionSubscribed(Event, frozen=True, tag=115):
    """An element instance waits for a condition."""

    key: int
    element_instance_key: int
    element_id: str


class ConditionUnsubscribed(Event, frozen=True, tag=116):
    """An element instance waits for a condition no more."""

    key: int
    element_instance_key: int
    is_closed: bool


class FormDeployed(Event, frozen=True, tag=3):
    """A new version of a form is there."""

    key: int
    form_id: str
    version: int
    version_tag: str
    resource_key: int
    resource_name: str
    checksum: str
    deployment_key: int
    tenant_id: str


class GenericResourceDeployed(Event, frozen=True, tag=6):
    """A new version of a file that is neither process, decision nor form is there."""

    key: int
    resource_id: str
    version: int
    version_tag: str
    resource_name: str
    checksum: str
    deployment_key: int
    tenant_id: str


class GenericResourceDeleted(Event, frozen=True, tag=7):
    """A version of such a file was deleted."""

    key: int


class DecisionRequirementsDeployed(Event, frozen=True, tag=120):
    """A new version of a decision requirements graph is there."""

    key: int
    requirements_id: str
    version: int
    name: str
    namespace: str
    resource_key: int
    resource_name: str
    checksum: str
    deployment_key: int
    tenant_id: str


class DecisionDeployed(Event, frozen=True, tag=121):
    """A new version of a decision is there."""

    key: int
    decision_id: str
    version: int
    name: str
    version_tag: str
    requirements_key: int
    requirements_id: str
    requirements_name: str
    requirements_version: int
    deployment_key: int
    tenant_id: str


class DecisionRequirementsDeleted(Event, frozen=True, tag=122):
    """A decision requirements graph was deleted, and its decisions with it."""

    key: int


class DecisionEvaluated(Event, frozen=True, tag=123):
    """A decision was evaluated, with or without success.

    Attributes:
        key: Of the evaluation.
        decision_key: The decision that was asked for.
        decisions: All that were evaluated.
        failure: "" if nothing failed.
        element_instance_key: Of the business rule task; 0 for an evaluation that a client asked for.
    """

    key: int
    decision_key: int
    decision_id: str
    requirements_key: int
    requirements_id: str
    decisions: tuple[DecisionReport, ...]
    failure: str
    failed_decision_id: str
    process_definition_key: int
    process_definition_id: str
    process_instance_key: int
    element_instance_key: int
    tenant_id: str


class EntityCreated(Event, frozen=True, tag=160):
    """A group, role, tenant or mapping rule is there."""

    key: int
    kind: str
    id: str
    name: str
    description: str
    claim_name: str
    claim_value: str


class EntityUpdated(Event, frozen=True, tag=161):
    """A group, role, tenant or mapping rule has changed."""

    key: int
    name: str
    description: str
    claim_name: str
    claim_value: str


class EntityDeleted(Event, frozen=True, tag=162):
    """A group, role, tenant or mapping rule is gone."""

    key: int


class MemberAdded(Event, frozen=True, tag=163):
    """Something has become a member of a group, role or tenant."""

    key: int
    kind: str
    id: str
    member_kind: str
    member_id: str


class MemberRemoved(Event, frozen=True, tag=164):
    """Something is a member no more."""

    key: int


class AuthorizationCreated(Event, frozen=True, tag=165):
    """Permissions were granted."""

    key: int
    owner_kind: str
    owner_id: str
    resource_type: str
    resource_id: str
    resource_property: str
    permissions: tuple[str, ...]


class AuthorizationUpdated(Event, frozen=True, tag=166):
    """Other permissions were granted instead."""

    key: int
    owner_kind: str
    owner_id: str
    resource_type: str
    resource_id: str
    resource_property: str
    permissions: tuple[str, ...]


class AuthorizationDeleted(Event, frozen=True, tag=167):
    """Permissions were taken away."""

    key: int


class ClusterVariableCreated(Event, frozen=True, tag=180):
    """A cluster variable is there; `tenant_id` is "" for everybody's."""

    key: int
    name: str
    value: str
    tenant_id: str
    metadata: str
    kind: str


class ClusterVariableUpdated(Event, frozen=True, tag=181):
    """A cluster variable has another value."""

    key: int
    value: str
    metadata: str


class ClusterVariableDeleted(Event, frozen=True, tag=182):
    """A cluster variable is gone."""

    key: int


class GlobalListenerCreated(Event, frozen=True, tag=185):
    """A listener runs for every user task."""

    key: int
    id: str
    job_type: str
    event_types: tuple[str, ...]
    retries: int
    after_non_global: bool
    priority: int
    source: str


class GlobalListenerUpdated(Event, frozen=True, tag=186):
    """A global listener has changed."""

    key: int
    job_type: str
    event_types: tuple[str, ...]
    retries: int
    after_non_global: bool
    priority: int


class GlobalListenerDeleted(Event, frozen=True, tag=187):
    """A global listener runs no more."""

    key: int


class BusinessIdAssigned(Event, frozen=True, tag=188):
    """A process instance that had none has got a business id."""

    key: int
    business_id: str


class OperationAudited(Event, frozen=True, tag=190):
    """Somebody has done something: an entry of the audit log (see `protocol.audit`)."""

    key: int
    actor_type: str
    actor_id: str
    channel: str
    batch_operation_key: int
    batch_operation_type: str
    operation: Operation


class AgentDefinitionDeployed(Event, frozen=True, tag=200):
    """An element of a process has an agent."""

    key: int
    agent_type: str
    name: str
    element_id: str
    process_definition_key: int
    tenant_id: str


class AgentInstanceCreated(Event, frozen=True, tag=201):
    """An agent works on an element."""

    key: int
    element_instance_key: int
    agent_definition_key: int
    definition: str
    metrics: str
    limits: str
    tools: str


class AgentInstanceUpdated(Event, frozen=True, tag=202):
    """An agent goes on."""

    key: int
    element_instance_key: int
    element_instance_keys: str
    status: str
    definition: str
    metrics: str
    limits: str
    tools: str


class AgentInstanceCompleted(Event, frozen=True, tag=203):
    """An agent works no more."""

    key: int


class AgentHistoryAdded(Event, frozen=True, tag=204):
    """Something was said in the conversation of an agent."""

    key: int
    agent_instance_key: int
    element_instance_key: int
    job_key: int
    lease_token: str
    item_id: str
    loop_iteration: int
    role: str
    content: str
    tool_calls: str
    metrics: str
    produced_at: int
    tools: str | None = None
    model: str | None = None
    provider: str | None = None
    limits: str | None = None
    system_prompt: str | None = None


class AgentHistoryCommitted(Event, frozen=True, tag=205):
    """What was said counts."""

    key: int


class AgentHistoryDiscarded(Event, frozen=True, tag=206):
    """What was said does not count."""

    key: int


class StartMessageCorrelated(Event, frozen=True, tag=207):
    """A message has started a process instance.

    Attributes:
        key: Process instance key.
        subscription_key: Of the start event.
        name: Of the message.
        element_id: The start event.
    """

    key: int
    subscription_key: int
    message_key: int
    name: str
    element_id: str


LogEntry = list[tuple[int, list[Event]]]
"""One batch in the record log: for each command its time (epoch ms) and the events that it caused, in order."""

_ANY_EVENT: Any = Union[tuple(Event.__subclasses__())]  # noqa: UP007 - made of a list

encode_log = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(list[tuple[int, list[_ANY_EVENT]]])


def decode_log(records: bytes) -> LogEntry:
    """The events of one batch."""
    decoded: LogEntry = _decoder.decode(records)
    return decoded
