"""The executable model: what a BPMN file means to the engine.

The reader builds it once per deployed process; afterwards nobody changes it. Nodes refer to each other directly,
so the engine never looks up an id on its way. Document order that matters outside is already turned into the order
in which the engine works: `outgoing` is reversed (see engine-semantics §2), listeners and mappings are as written.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kiang import feel
from kiang.protocol.enums import BindingType, ElementType, EventType, ListenerEventType


@dataclass(slots=True, frozen=True)
class Expression:
    """An attribute that may be static text or FEEL (when it begins with `=`).

    Attributes:
        text: What messages quote: the static text, or the FEEL source without its `=`.
        feel: The compiled expression; None for static text.
        static: Value of a static text: a FEEL number if the text is one, else the text.
    """

    text: str
    feel: feel.Expression | None = None
    static: object = None


@dataclass(slots=True, frozen=True)
class Mappings:
    """All input or all output mappings of an element, compiled to one FEEL context.

    Attributes:
        text: The context as messages quote it.
        feel: Evaluates to the context whose entries become variables.
    """

    text: str
    feel: feel.Expression


@dataclass(slots=True, frozen=True)
class LinkedResource:
    """A deployed file that the worker of a job needs.

    Attributes:
        resource_id: Of the file.
        resource_type: What it is for the worker: free text.
        link_name: What the worker knows it by.
    """

    resource_id: str
    resource_type: str
    link_name: str
    binding: BindingType = BindingType.LATEST
    version_tag: str = ""


@dataclass(slots=True, frozen=True)
class JobDefinition:
    """What the jobs of an element look like.

    Attributes:
        job_type: Evaluates to text.
        retries: Evaluates to a number.
        headers: Custom headers, without empty ones.
        priority: Evaluates to a number (8.10); None for the default 0.
        linked_resources: Files whose keys the job carries (8.7).
    """

    job_type: Expression
    retries: Expression
    headers: dict[str, str]
    priority: Expression | None = None
    linked_resources: tuple[LinkedResource, ...] = ()


@dataclass(slots=True, frozen=True)
class Listener:
    """An execution or task listener."""

    event_type: ListenerEventType
    job_type: Expression
    retries: Expression
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class Message:
    """A message that an element waits for or throws."""

    name: Expression
    correlation_key: Expression | None = None
    message_id: Expression | None = None
    time_to_live: Expression | None = None


@dataclass(slots=True, frozen=True)
class Timer:
    """Exactly one of the three is set."""

    duration: Expression | None = None
    date: Expression | None = None
    cycle: Expression | None = None


@dataclass(slots=True, frozen=True)
class Event:
    """What makes a flow node an event.

    Attributes:
        type: NONE for an event without definition.
        interrupting: Of boundary events and of start events in event sub-processes.
        message: For MESSAGE.
        timer: For TIMER.
        signal_name: For SIGNAL.
        code: For ERROR and ESCALATION; None of a catch event means that it catches every code.
        code_id: Id of the referenced error or escalation.
        link_name: For LINK.
        activity_ref: For a COMPENSATION throw event: the id of the one activity to compensate.
        condition: For CONDITIONAL.
        condition_events: For CONDITIONAL: of `create`, `update`; empty means both.
        condition_variables: For CONDITIONAL: only changes of these variables count; empty means those that the condition reads.
    """

    type: EventType = EventType.NONE
    interrupting: bool = True
    message: Message | None = None
    timer: Timer | None = None
    signal_name: Expression | None = None
    code: Expression | None = None
    code_id: str = ""
    link_name: str = ""
    activity_ref: str = ""
    condition: Expression | None = None
    condition_events: frozenset[str] = frozenset()
    condition_variables: frozenset[str] = frozenset()


@dataclass(slots=True, frozen=True)
class LoopCharacteristics:
    """Multi-instance attributes of an activity."""

    sequential: bool
    input_collection: Expression
    input_element: str = ""
    output_collection: str = ""
    output_element: Expression | None = None
    completion_condition: Expression | None = None


@dataclass(slots=True, frozen=True)
class CalledElement:
    """Which process a call activity starts."""

    process_id: Expression
    propagate_all_child_variables: bool = True
    propagate_all_parent_variables: bool = True
    binding: BindingType = BindingType.LATEST
    version_tag: str = ""


@dataclass(slots=True, frozen=True)
class CalledDecision:
    """Which decision a business rule task evaluates, and into which variable."""

    decision_id: Expression
    result_variable: str
    binding: BindingType = BindingType.LATEST
    version_tag: str = ""


@dataclass(slots=True, frozen=True)
class Script:
    """A FEEL script and the variable for its result."""

    expression: Expression
    result_variable: str


@dataclass(slots=True, frozen=True)
class UserTask:
    """Attributes of a user task.

    Attributes:
        native: True for a user task of the engine, False for one that is a job.
        form_key: Free text, or the reference to a form embedded in the process.
        form_id: Linked form, resolved when the task is created.
        external_reference: Form outside of the engine (native only).
    """

    native: bool
    assignee: Expression | None = None
    candidate_groups: Expression | None = None
    candidate_users: Expression | None = None
    due_date: Expression | None = None
    follow_up_date: Expression | None = None
    priority: Expression | None = None
    form_key: str = ""
    form_id: Expression | None = None
    external_reference: Expression | None = None
    form_binding: BindingType = BindingType.LATEST
    form_version_tag: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class AdHoc:
    """Attributes of an ad-hoc sub-process."""

    active_elements: Expression | None = None
    completion_condition: Expression | None = None
    cancel_remaining_instances: bool = True
    output_collection: str = ""
    output_element: Expression | None = None


@dataclass(slots=True, eq=False)
class SequenceFlow:
    """A flow from one node to the next.

    Attributes:
        condition: Only of flows that leave an exclusive or inclusive gateway.
    """

    id: str
    source: FlowNode
    target: FlowNode
    condition: Expression | None = None


@dataclass(slots=True, eq=False)
class FlowNode:
    """One node of a process, or the process itself (type PROCESS, scope None).

    Attributes:
        id: Its id in the file.
        type: Of a multi-instance activity this node is the inner activity; its body is `multi_instance_body`.
        index: Position among all nodes of the process, the process being 0: small and stable for one file.
        scope: The process, sub-process or event sub-process that holds it. An inner activity's scope is its body.
        incoming: In document order.
        outgoing: In the order in which they are taken and their conditions evaluated: last of the document first.
        default_flow: Of exclusive and inclusive gateways; also in `outgoing`.
        inputs: Input mappings; None where the element has none or may have none.
        outputs: Output mappings; likewise.
        job: If the element is worked on by a job worker.
        start_listeners: Execution listeners of type start, in order.
        end_listeners: Execution listeners of type end, in order.
        task_listeners: Of native user tasks, in order.
        event: Of events, and the message of receive tasks.
        boundary_events: Attached to this activity, last of the document first: the order in which they are subscribed; of a multi-instance
            activity they are on the body alone.
        event_sub_processes: Directly inside this scope, in document order.
        none_start: Of a process or sub-process: its none start event. Of an event sub-process: its start event.
        start_events: Of a process: all start events, in document order.
        children: Of a scope: the nodes directly inside, in document order (without bodies' inner activities).
        attached_to: Of a boundary event: the activity (or its multi-instance body).
        link_target: Of a link throw event: the catch event it jumps to.
        compensation_handler: Of a compensation boundary event: the handler activity.
        is_for_compensation: True for a compensation handler.
        loop: Of a multi-instance body: its attributes.
        inner: Of a multi-instance body: the inner activity.
        multi_instance_body: Of an inner activity: its body. A flow into the activity enters the body.
        properties: zeebe:properties, for clients.
        agent_type: Of the agent that works on it, as the API calls it; "" for none (8.10).
    """

    id: str
    type: ElementType
    index: int = 0
    name: str = ""
    scope: FlowNode | None = None
    incoming: tuple[SequenceFlow, ...] = ()
    outgoing: tuple[SequenceFlow, ...] = ()
    default_flow: SequenceFlow | None = None
    inputs: Mappings | None = None
    outputs: Mappings | None = None
    job: JobDefinition | None = None
    start_listeners: tuple[Listener, ...] = ()
    end_listeners: tuple[Listener, ...] = ()
    task_listeners: tuple[Listener, ...] = ()
    event: Event | None = None
    boundary_events: tuple[FlowNode, ...] = ()
    event_sub_processes: tuple[FlowNode, ...] = ()
    none_start: FlowNode | None = None
    start_events: tuple[FlowNode, ...] = ()
    children: tuple[FlowNode, ...] = ()
    attached_to: FlowNode | None = None
    link_target: FlowNode | None = None
    compensation_handler: FlowNode | None = None
    is_for_compensation: bool = False
    loop: LoopCharacteristics | None = None
    inner: FlowNode | None = None
    multi_instance_body: FlowNode | None = None
    called_element: CalledElement | None = None
    called_decision: CalledDecision | None = None
    script: Script | None = None
    user_task: UserTask | None = None
    ad_hoc: AdHoc | None = None
    properties: dict[str, str] = field(default_factory=dict)
    agent_type: str = ""


@dataclass(slots=True, eq=False)
class Process:
    """One executable process of a file.

    Attributes:
        root: The node of type PROCESS.
        nodes: Every node by id; a multi-instance activity's id gives its body.
        flows: Every sequence flow by id.
        forms: Embedded forms (zeebe:userTaskForm) by their id.
        has_agents: Agents work on some of its elements (8.10).
    """

    id: str
    name: str
    root: FlowNode
    nodes: dict[str, FlowNode]
    flows: dict[str, SequenceFlow]
    version_tag: str = ""
    forms: dict[str, str] = field(default_factory=dict)
    has_agents: bool = False
