"""Commands: what somebody asks of the engine. Imperative, validated by the engine, never stored.

`INTENT` is the name that rejections quote to clients.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from kiang.protocol.document import Document

DEFAULT_TENANT = "<default>"


class Command(msgspec.Struct, frozen=True, gc=False):
    """Base of all commands."""

    INTENT: ClassVar[str] = ""

    @property
    def intent(self) -> str:
        """The name that rejections quote."""
        return self.INTENT


class Deploy(Command, frozen=True):
    """Deploy files: pairs of resource name and content.

    Attributes:
        takes_any_kind: A file whose name has no known ending is kept as a generic resource; without, it is refused, as before 8.9.
    """

    INTENT: ClassVar[str] = "CREATE"
    resources: tuple[tuple[str, bytes], ...]
    tenant_id: str = DEFAULT_TENANT
    takes_any_kind: bool = False


class CreateProcessInstance(Command, frozen=True):
    """Start an instance.

    Attributes:
        process_id: BPMN process id; "" to start by key.
        version: With `process_id`: the version, negative for the latest.
        process_definition_key: Without `process_id`: the definition.
        start_at: Element ids to start at instead of the none start event.
        awaits_result: The answer is given when the instance completes.
        fetch_variables: Of the result; empty for all.
        terminate_after: Element ids: the instance is terminated when one of them has ended.
        business_id: Unique among the active instances of the process; "" for none.
    """

    INTENT: ClassVar[str] = "CREATE"
    process_id: str = ""
    version: int = -1
    process_definition_key: int = -1
    variables: Document = msgspec.field(default_factory=dict)
    start_at: tuple[str, ...] = ()
    tenant_id: str = DEFAULT_TENANT
    tags: tuple[str, ...] = ()
    business_id: str = ""
    awaits_result: bool = False
    fetch_variables: tuple[str, ...] = ()
    terminate_after: tuple[str, ...] = ()

    @property
    def intent(self) -> str:
        """The two forms of the command have names of their own."""
        return "CREATE_WITH_AWAITING_RESULT" if self.awaits_result else "CREATE"


class CancelProcessInstance(Command, frozen=True):
    """Terminate an instance."""

    INTENT: ClassVar[str] = "CANCEL"
    process_instance_key: int


class ActivateJobs(Command, frozen=True):
    """Hand jobs of one type to a worker.

    Attributes:
        timeout_ms: How long they belong to the worker.
        keys: Only these jobs, in this order (a stream takes what has just become activatable); None for the oldest of the queue.
        process_ids: Jobs of these processes alone, because the worker may see no others; None for all.
        with_lease: Each activation gets a token of its own (8.10).
    """

    INTENT: ClassVar[str] = "ACTIVATE"
    job_type: str
    worker: str
    timeout_ms: int
    max_jobs: int
    fetch_variables: tuple[str, ...] = ()
    tenant_ids: tuple[str, ...] = (DEFAULT_TENANT,)
    keys: tuple[int, ...] | None = None
    process_ids: frozenset[str] | None = None
    with_lease: bool = False


class ActivateInstruction(msgspec.Struct, frozen=True, gc=False):
    """An element of an ad-hoc sub-process that its worker wants to be activated."""

    element_id: str
    variables: Document = msgspec.field(default_factory=dict)


class JobResult(msgspec.Struct, frozen=True, gc=False):
    """What the worker of a task listener or of an ad-hoc sub-process decides.

    Attributes:
        type: `userTask` or `adHocSubProcess`.
        denied: Task listener: roll the transition of the user task back.
        denied_reason: Why.
        corrections: Task listener: attributes of the user task to change, by name: `assignee`, `dueDate`, `followUpDate`, `candidateUsers`,
            `candidateGroups` (lists of texts), `priority`.
        activate_elements: Ad-hoc sub-process: what to begin.
        is_completion_condition_fulfilled: Ad-hoc sub-process: it is done.
        is_cancel_remaining_instances: Ad-hoc sub-process: what is still active is terminated.
    """

    type: str = "userTask"
    denied: bool = False
    denied_reason: str = ""
    corrections: dict[str, Any] = msgspec.field(default_factory=dict)
    activate_elements: tuple[ActivateInstruction, ...] = ()
    is_completion_condition_fulfilled: bool = False
    is_cancel_remaining_instances: bool = False


class CompleteJob(Command, frozen=True):
    """Complete a job.

    Attributes:
        result: Of task listeners and ad-hoc sub-processes only.
        business_id: For the instance, which has none so far; "" to leave it alone. If it cannot have it, the job is not completed.
        lease_token: Of the activation, which a job that was activated with a lease takes; as for `FailJob` and `ThrowError` (8.10).
    """

    INTENT: ClassVar[str] = "COMPLETE"
    job_key: int
    variables: Document = msgspec.field(default_factory=dict)
    result: JobResult | None = None
    business_id: str = ""
    lease_token: str | None = None


class FailJob(Command, frozen=True):
    """Fail a job; `retries` is what remains, absolute."""

    INTENT: ClassVar[str] = "FAIL"
    job_key: int
    retries: int
    error_message: str = ""
    retry_backoff_ms: int = 0
    variables: Document = msgspec.field(default_factory=dict)
    lease_token: str | None = None


class ThrowError(Command, frozen=True):
    """Throw a BPMN error from a job."""

    INTENT: ClassVar[str] = "THROW_ERROR"
    job_key: int
    error_code: str
    error_message: str = ""
    variables: Document = msgspec.field(default_factory=dict)
    lease_token: str | None = None


class YieldJob(Command, frozen=True):
    """Give back a job that could not be delivered; it was never worked on."""

    INTENT: ClassVar[str] = "YIELD"
    job_key: int


class UpdateJobRetries(Command, frozen=True):
    """Set the retries of a job."""

    INTENT: ClassVar[str] = "UPDATE_RETRIES"
    job_key: int
    retries: int


class UpdateJobTimeout(Command, frozen=True):
    """Set the time that a worker has left for a job."""

    INTENT: ClassVar[str] = "UPDATE_TIMEOUT"
    job_key: int
    timeout_ms: int


class UpdateJob(Command, frozen=True):
    """Set retries, time-out and priority of a job, or some of them (REST); with a lease token only if that is the job's."""

    INTENT: ClassVar[str] = "UPDATE"
    job_key: int
    retries: int | None = None
    timeout_ms: int | None = None
    priority: int | None = None
    lease_token: str | None = None


class ResolveIncident(Command, frozen=True):
    """Try again what has raised an incident."""

    INTENT: ClassVar[str] = "RESOLVE"
    incident_key: int


class SetVariables(Command, frozen=True):
    """Set variables of an element instance or process instance, in its scope alone or propagated outwards."""

    INTENT: ClassVar[str] = "UPDATE"
    element_instance_key: int
    variables: Document
    local: bool = False


class PublishMessage(Command, frozen=True):
    """Publish a message.

    Attributes:
        time_to_live_ms: How long it is buffered; 0 or less for not at all.
        message_id: Unique among buffered messages of this name and correlation key; "" for none.
    """

    INTENT: ClassVar[str] = "PUBLISH"
    name: str
    correlation_key: str
    time_to_live_ms: int = 0
    message_id: str = ""
    variables: Document = msgspec.field(default_factory=dict)
    tenant_id: str = DEFAULT_TENANT


class CorrelateMessage(Command, frozen=True):
    """Give a message to one instance that waits for it, now or not at all."""

    INTENT: ClassVar[str] = "CORRELATE"
    name: str
    correlation_key: str
    variables: Document = msgspec.field(default_factory=dict)
    tenant_id: str = DEFAULT_TENANT


class BroadcastSignal(Command, frozen=True):
    """Broadcast a signal to everything that waits for it."""

    INTENT: ClassVar[str] = "BROADCAST"
    name: str
    variables: Document = msgspec.field(default_factory=dict)
    tenant_id: str = DEFAULT_TENANT


class AssignUserTask(Command, frozen=True):
    """Assign a user task.

    Attributes:
        assignee: "" to unassign.
        allow_override: False to claim: refused if somebody else has it.
        action: Free text for listeners; "" for the usual one.
    """

    INTENT: ClassVar[str] = "ASSIGN"
    user_task_key: int
    assignee: str
    allow_override: bool = True
    action: str = ""

    @property
    def intent(self) -> str:
        """Claiming is a command of its own."""
        return "ASSIGN" if self.allow_override else "CLAIM"


class UpdateUserTask(Command, frozen=True):
    """Change attributes of a user task.

    Attributes:
        changes: By name: `candidateGroups`, `candidateUsers` (lists of texts), `dueDate`, `followUpDate` (RFC 3339, "" for none),
            `priority`.
        action: Free text for listeners; "" for the usual one.
    """

    INTENT: ClassVar[str] = "UPDATE"
    user_task_key: int
    changes: dict[str, Any] = msgspec.field(default_factory=dict)
    action: str = ""


class CompleteUserTask(Command, frozen=True):
    """Complete a user task."""

    INTENT: ClassVar[str] = "COMPLETE"
    user_task_key: int
    variables: Document = msgspec.field(default_factory=dict)
    action: str = ""


class DeleteResource(Command, frozen=True):
    """Delete what was deployed: a process, a decision requirements graph, a form, another file."""

    INTENT: ClassVar[str] = "DELETE"
    resource_key: int


class EvaluateDecision(Command, frozen=True):
    """Evaluate a decision.

    Attributes:
        decision_id: The latest version is evaluated; "" to name one by key.
        decision_key: Without `decision_id`: the decision.
    """

    INTENT: ClassVar[str] = "EVALUATE"
    decision_id: str = ""
    decision_key: int = -1
    variables: Document = msgspec.field(default_factory=dict)
    tenant_id: str = DEFAULT_TENANT


class ModifyVariables(msgspec.Struct, frozen=True, gc=False):
    """Variables to set with an activation: in the process (scope_id ""), a scope around the element, or the element itself."""

    variables: Document
    scope_id: str = ""


class ModifyActivation(msgspec.Struct, frozen=True, gc=False):
    """An element to activate.

    Attributes:
        ancestor_key: The element instance in which the scopes around the element are made anew; 0 or less to use those that exist.
    """

    element_id: str
    ancestor_key: int = 0
    variables: tuple[ModifyVariables, ...] = ()


class ModifyProcessInstance(Command, frozen=True):
    """Move the tokens of an instance by hand: activate elements, terminate element instances."""

    INTENT: ClassVar[str] = "MODIFY"
    process_instance_key: int
    activate: tuple[ModifyActivation, ...] = ()
    terminate: tuple[int, ...] = ()


class MigrateProcessInstance(Command, frozen=True):
    """Let an instance go on in another definition.

    Attributes:
        mapping: Pairs of element ids, from the instance's definition to the target.
    """

    INTENT: ClassVar[str] = "MIGRATE"
    process_instance_key: int
    target_process_definition_key: int
    mapping: tuple[tuple[str, str], ...] = ()


class ActivateAdHocElements(Command, frozen=True):
    """Begin elements of an ad-hoc sub-process."""

    INTENT: ClassVar[str] = "ACTIVATE"
    ad_hoc_sub_process_key: int
    elements: tuple[ActivateInstruction, ...]
    cancel_remaining_instances: bool = False


class EvaluateConditionals(Command, frozen=True):
    """Start instances at the conditional start events whose conditions hold for these variables."""

    INTENT: ClassVar[str] = "EVALUATE"
    variables: Document = msgspec.field(default_factory=dict)
    process_definition_key: int = -1
    tenant_id: str = DEFAULT_TENANT


class SuspendProcessInstance(Command, frozen=True):
    """Let an instance, with all that it has called, stand still: nothing in it goes on until it is resumed, and nothing is lost."""

    INTENT: ClassVar[str] = "SUSPEND"
    process_instance_key: int


class ResumeProcessInstance(Command, frozen=True):
    """Let a suspended instance go on, with what has happened to it meanwhile."""

    INTENT: ClassVar[str] = "RESUME"
    process_instance_key: int


class AssignBusinessId(Command, frozen=True):
    """Give a business id to a root instance that has none."""

    INTENT: ClassVar[str] = "ASSIGN"
    process_instance_key: int
    business_id: str


class TimeOutJob(Command, frozen=True):
    """Internal: the deadline of a job has passed."""

    INTENT: ClassVar[str] = "TIME_OUT"
    job_key: int


class RecurJob(Command, frozen=True):
    """Internal: the back-off of a job is over."""

    INTENT: ClassVar[str] = "RECUR_AFTER_BACKOFF"
    job_key: int


# What the engine asks of itself. They run right after the command that caused them; those that find no place in the batch are stored.


class FollowUpCommand(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of follow-up commands."""


class ActivateElement(FollowUpCommand, frozen=True, tag=1):
    """Enter an element.

    Attributes:
        inner: Enter the inner activity of a multi-instance body, not the body.
        flow_id: The sequence flow that led here; "" if none did.
        variables: Set in the new scope before anything else.
        key: Of the element instance that begins; 0 to make one then. At a sequence flow it is made when the flow is taken.
        starts: Of an inner instance of an ad-hoc sub-process: the element that it begins with.
        is_event: The event of an event sub-process has happened; the variables are those of the event.
    """

    scope_key: int
    element_id: str
    inner: bool = False
    flow_id: str = ""
    variables: Document = {}
    loop_counter: int = 0
    is_event: bool = False
    key: int = 0
    starts: str = ""


class CompleteElement(FollowUpCommand, frozen=True, tag=2):
    """Leave an element; `variables` are those of the job or event that has ended it."""

    key: int
    variables: Document = {}


class TerminateElement(FollowUpCommand, frozen=True, tag=3):
    """End an element without leaving it by its flows."""

    key: int


class TerminateChildren(FollowUpCommand, frozen=True, tag=4):
    """Terminate what is inside a scope, a portion at a time: younger than `after_key`, up to `until_key` if that is not 0."""

    key: int
    after_key: int = 0
    until_key: int = 0


class ContinueElement(FollowUpCommand, frozen=True, tag=5):
    """Go on after a listener's job has been completed; `variables` are those of the job."""

    key: int
    variables: Document = {}


class DeliverMessage(FollowUpCommand, frozen=True, tag=6):
    """Give a message to the element instance whose subscription it is being correlated to."""

    subscription_key: int
    element_instance_key: int
    variables: Document = {}


class FindMessage(FollowUpCommand, frozen=True, tag=7):
    """Look for a buffered message for a subscription that has just been opened or has become free again."""

    subscription_key: int
    element_instance_key: int


class ReachSignalSubscriptions(FollowUpCommand, frozen=True, tag=8):
    """Let a signal reach those who wait for it, a portion at a time."""

    name: str
    tenant_id: str
    variables: Document = {}
    after_key: int = 0
    until_key: int = 0


class ActivateInnerInstances(FollowUpCommand, frozen=True, tag=9):
    """Activate inner instances of a parallel multi-instance body, a portion at a time, from the number `first` on."""

    key: int
    first: int


class CheckJoins(FollowUpCommand, frozen=True, tag=10):
    """See whether tokens at inclusive joins of a scope can go on, now that others have gone elsewhere."""

    key: int


class ThrowSignal(FollowUpCommand, frozen=True, tag=12):
    """Broadcast a signal that a process throws, after what was to be done before: it reaches who waits by then."""

    name: str
    tenant_id: str
    variables: Document = {}


class EvaluateConditions(FollowUpCommand, frozen=True, tag=11):
    """Look at the conditional events of a scope and of all that is inside.

    Attributes:
        created: Variables that are new in the scope.
        updated: Variables of the scope that have changed.
        is_opened: Instead of that, subscriptions of this very scope have been opened.
    """

    scope_key: int
    created: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    is_opened: bool = False


AnyFollowUp = (
    ActivateElement
    | CompleteElement
    | TerminateElement
    | TerminateChildren
    | ContinueElement
    | DeliverMessage
    | FindMessage
    | ReachSignalSubscriptions
    | ActivateInnerInstances
    | CheckJoins
    | EvaluateConditions
)

encode_follow_up = msgspec.msgpack.Encoder().encode
decode_follow_up = msgspec.msgpack.Decoder(AnyFollowUp).decode
