"""MigrateProcessInstance (engine-semantics §22, protocol §3.19): every active element instance goes on as an element of another definition.

Keys, variables, jobs and user tasks stay as they are. Everything is checked before anything is done.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Any, NamedTuple

from kiang.bpmn.model import FlowNode, Process
from kiang.engine.actions import messages, subscriptions
from kiang.engine.actions.expressions import evaluate_text
from kiang.engine.actions.subscriptions import KINDS, Open
from kiang.engine.failure import Failure
from kiang.engine.processing import Processing, Refused
from kiang.engine.state.message_subscription import MessageSubscription
from kiang.engine.state.process_instance import ProcessInstance
from kiang.engine.state.state import Scope, node_of
from kiang.protocol.answers import Done
from kiang.protocol.commands import MigrateProcessInstance
from kiang.protocol.enums import ElementState, ElementType, EventType, RejectionType
from kiang.protocol.events import ElementMigrated, WaitMigrated

MIGRATABLE = frozenset(
    {
        ElementType.PROCESS,
        ElementType.SUB_PROCESS,
        ElementType.EVENT_SUB_PROCESS,
        ElementType.AD_HOC_SUB_PROCESS,
        ElementType.AD_HOC_SUB_PROCESS_INNER_INSTANCE,
        ElementType.MULTI_INSTANCE_BODY,
        ElementType.CALL_ACTIVITY,
        ElementType.SERVICE_TASK,
        ElementType.USER_TASK,
        ElementType.RECEIVE_TASK,
        ElementType.SCRIPT_TASK,
        ElementType.BUSINESS_RULE_TASK,
        ElementType.SEND_TASK,
        ElementType.INTERMEDIATE_CATCH_EVENT,
        ElementType.EVENT_BASED_GATEWAY,
        ElementType.EXCLUSIVE_GATEWAY,
    }
)
"""Types of active elements that can go on elsewhere."""

_BODY = ElementType.MULTI_INSTANCE_BODY

NOT_MIGRATABLE_EVENTS = frozenset({EventType.ESCALATION, EventType.COMPENSATION})
"""Types of boundary events and of start events of event sub-processes that cannot go on elsewhere."""


class Step(NamedTuple):
    """How one element instance goes on.

    Attributes:
        target: The element that it becomes.
        moved: Catch events of the target by the key of the subscription that they take over.
        closed: Subscriptions that nothing takes over.
        opened: Open the subscriptions that are new.
    """

    element: Scope
    target: FlowNode
    moved: dict[int, FlowNode]
    closed: dict[int, Any]
    opened: list[Open]


def migrate_process_instance(p: Processing, command: MigrateProcessInstance) -> Done:
    """All of it or nothing."""
    instance = p.state.instance(command.process_instance_key)
    if instance is None or instance.state >= ElementState.TERMINATING:
        raise Refused(
            RejectionType.NOT_FOUND,
            "Expected to migrate process instance but no process instance found with key"
            f" '{command.process_instance_key}'",
        )
    target = p.state.definition(command.target_process_definition_key)
    if target is None or target.row.is_deleted or target.row.tenant_id != instance.tenant_id:
        raise Refused(
            RejectionType.NOT_FOUND,
            "Expected to migrate process instance to process definition but no process definition found with key"
            f" '{command.target_process_definition_key}'",
        )
    source = p.state.definition(instance.process_definition_key)
    assert source is not None
    mapping = _mapping(instance, source.process, target.process, command)
    steps: list[Step] = []
    waiting: deque[Scope] = deque([instance])
    while waiting:
        element = waiting.popleft()
        steps.append(_step(p, instance, element, target.process, mapping))
        waiting += p.state.children(element)
    for step in steps:
        _carry_out(p, step, target.row.key, mapping)
    return Done(instance.key)


def _expected(instance: ProcessInstance) -> str:
    return f"Expected to migrate process instance '{instance.key}' but"


def _invalid_state(instance: ProcessInstance, text: str) -> Refused:
    return Refused(RejectionType.INVALID_STATE, f"{_expected(instance)} {text}")


def _mapping(
    instance: ProcessInstance, source: Process, target: Process, command: MigrateProcessInstance
) -> dict[str, str]:
    sources = Counter(source_id for source_id, _ in command.mapping)
    duplicates = sorted(source_id for source_id, count in sources.items() if count > 1)
    if duplicates:
        raise Refused(
            RejectionType.INVALID_ARGUMENT,
            f"{_expected(instance)} the mapping instructions contain duplicate source element ids '[{', '.join(duplicates)}]'.",
        )
    for source_id, target_id in command.mapping:
        for kind, id_, process in (("source", source_id, source), ("target", target_id, target)):
            if id_ not in process.nodes:
                raise Refused(
                    RejectionType.INVALID_ARGUMENT,
                    f"{_expected(instance)} mapping instructions contain a non-existing {kind} element id '{id_}'. Elements"
                    f" provided in mapping instructions must exist in the {kind} process definition.",
                )
    return {**dict(command.mapping), source.id: target.id}


def _step(p: Processing, instance: ProcessInstance, element: Scope, target: Process, mapping: dict[str, str]) -> Step:
    source = element.node
    assert source is not None
    id_ = element.element_id
    if element.element_type not in MIGRATABLE:
        kind = ElementType(element.element_type).name
        text = f"active element with id '{id_}' has an unsupported type. The migration of a {kind} is not supported."
        raise _invalid_state(instance, text)
    target_id = mapping.get(id_)
    if target_id is None:
        raise _invalid_state(
            instance,
            f"no mapping instruction defined for active element with id '{id_}'. Elements cannot be migrated without a"
            " mapping.",
        )
    node = node_of(target, target_id, element.element_type)
    body = target.nodes[target_id]
    _check_type(instance, element, source, body if body.type == _BODY and not _runs_in_body(p, element) else node)
    _check_event_types(instance, "active", source)
    _check_event_types(instance, "target", node)
    _check_scope(p, instance, element, node, mapping)
    if element.active_flows > 0 or element.trigger:
        raise _invalid_state(
            instance, "a concurrent command was executed on the process instance. Please retry the migration."
        )
    return _events(p, instance, element, node, mapping)


def _runs_in_body(p: Processing, element: Scope) -> bool:
    """Whether an element instance is the inner one of a multi-instance, or its body itself."""
    if element.element_type == _BODY:
        return True
    return element.scope_key != 0 and p.state.resident(element.scope_key).element_type == _BODY


def _check_type(instance: ProcessInstance, element: Scope, source: FlowNode, node: FlowNode) -> None:
    id_ = element.element_id
    if node.type != element.element_type:
        raise _invalid_state(
            instance,
            f"active element with id '{id_}' and type '{ElementType(element.element_type).name}' is mapped to an element"
            f" with id '{node.id}' and different type '{node.type.name}'. Elements must be mapped to elements of the same"
            " type.",
        )
    before, after = (None if n.user_task is None else n.user_task.native for n in (source, node))
    if before != after:
        names = {True: "zeebe user task", False: "job worker"}
        raise _invalid_state(
            instance,
            f"active user task with id '{id_}' and implementation '{names[bool(before)]}' is mapped to an user task with"
            f" id '{node.id}' and different implementation '{names[bool(after)]}'. Elements must be mapped to elements of"
            " the same implementation.",
        )


def _check_event_types(instance: ProcessInstance, which: str, node: FlowNode) -> None:
    """Refuse an element with events around or inside it that cannot go on elsewhere."""
    starts = [start for scope in node.event_sub_processes if (start := scope.none_start) is not None]
    for events, holder, kind in (
        (starts, "process", "event subprocesses with start events"),
        (node.boundary_events, "element", "boundary events"),
    ):
        types = [e.event.type.name for e in events if e.event is not None and e.event.type in NOT_MIGRATABLE_EVENTS]
        if types:
            what = (
                "event subprocesses with start events"
                if holder == "process"
                else f"{which} elements with boundary events"
            )
            raise _invalid_state(
                instance,
                f"{which} {holder} with id '{node.id}' has one or more {kind} of types '{','.join(types)}'."
                f" Migrating {what} of these types is not possible yet.",
            )


def _check_scope(
    p: Processing, instance: ProcessInstance, element: Scope, node: FlowNode, mapping: dict[str, str]
) -> None:
    if element.scope_key == 0:
        return
    around = p.state.resident(element.scope_key)
    expected = mapping[around.element_id]
    if node.scope is not None and node.scope.id != expected:
        raise _invalid_state(
            instance,
            f"the flow scope of active element with id '{element.element_id}' is changed. The flow scope of the active"
            f" element is expected to be '{expected}' but was '{node.scope.id}'. The flow scope of an element cannot be"
            " changed during migration yet.",
        )


def catchers_of(node: FlowNode) -> tuple[FlowNode, ...]:
    """Everything that an element instance can have subscriptions for."""
    starts = tuple(inner.none_start for inner in node.event_sub_processes if inner.none_start is not None)
    behind = tuple(flow.target for flow in node.outgoing) if node.type == ElementType.EVENT_BASED_GATEWAY else ()
    return (*node.boundary_events, *starts, *behind)


def _events(p: Processing, instance: ProcessInstance, element: Scope, node: FlowNode, mapping: dict[str, str]) -> Step:
    """What becomes of the subscriptions of an element instance."""
    assert element.node is not None
    attached = {catcher.id: catcher for catcher in catchers_of(node)}
    if element.element_type == ElementType.INTERMEDIATE_CATCH_EVENT:
        _check_catcher(instance, element, node, element.node, mapping, {node.id: node})
    for catcher in catchers_of(element.node):
        if catcher.id in mapping:
            _check_catcher(instance, element, node, catcher, mapping, attached)
    moved: dict[int, FlowNode] = {}
    closed: dict[int, Any] = {}
    for key, row in (element.waits or {}).items():
        if type(row) not in {kind.row for kind in KINDS.values()}:
            continue
        if row.element_id == element.element_id:
            moved[key] = node
        elif mapping.get(row.element_id) in attached:
            moved[key] = attached[mapping[row.element_id]]
        else:
            closed[key] = row
    taken = {mapping.get(catcher.id) for catcher in catchers_of(element.node)}
    opened: list[Open] = []
    if element.state == ElementState.ACTIVATED:
        for catcher in attached.values():
            is_cut_off = catcher.type == ElementType.START_EVENT and element.interrupted_by
            kind = KINDS.get(catcher.event.type) if catcher.event is not None else None
            if catcher.id not in taken and kind is not None and not is_cut_off:
                opened.append(_opening(p, instance, element, node, catcher, kind))
    return Step(element, node, moved, closed, opened)


def _check_catcher(
    instance: ProcessInstance,
    element: Scope,
    node: FlowNode,
    catcher: FlowNode,
    mapping: dict[str, str],
    attached: dict[str, FlowNode],
) -> None:
    target_id = mapping[catcher.id]
    definition_node = attached.get(target_id)
    mapped = f"active element with id '{element.element_id}'"
    assert catcher.event is not None
    if definition_node is None:
        raise _invalid_state(
            instance,
            f"{mapped} is mapped to an element with id '{node.id}' and has a catch event with id '{catcher.id}' that is"
            f" mapped to a catch event with id '{target_id}'. These mappings detach the catch event from the element in"
            " the target process. Catch events must stay attached to the same element instance.",
        )
    assert definition_node.event is not None
    sources = sorted(source_id for source_id, id_ in mapping.items() if id_ == target_id)
    if len(sources) > 1:
        quoted = ", ".join(f"'{id_}'" for id_ in sources)
        raise _invalid_state(
            instance,
            f"{mapped} has a catch event attached that is mapped to a catch event with id '{target_id}'. There are multiple"
            f" mapping instructions that target this catch event: {quoted}. Catch events"
            " cannot be merged by process instance migration. Please ensure the mapping instructions target a catch event"
            " only once.",
        )
    if definition_node.event.type != catcher.event.type:
        raise _invalid_state(
            instance,
            f"{mapped} has a catch event with id '{catcher.id}' that is mapped to a catch event with id '{target_id}'. These"
            f" catch events have different event types: '{catcher.event.type.name}' and '{definition_node.event.type.name}'."
            " The event type of a catch event cannot be changed by process instance migration. Please ensure the event type"
            " of the catch event remains the same or remove the mapping instruction for these catch events.",
        )


def _opening(
    p: Processing, instance: ProcessInstance, element: Scope, node: FlowNode, catcher: FlowNode, kind: Any
) -> Open:
    assert catcher.event is not None
    try:
        opening: Open = kind.evaluate(p, element, catcher, None)
        if catcher.event.type == EventType.MESSAGE and catcher.event.message is not None:
            name = evaluate_text(p, element, catcher.event.message.name)
            names = {row.name for row in (element.waits or {}).values() if isinstance(row, MessageSubscription)}
            if name in names:
                raise _invalid_state(
                    instance,
                    f"active element with id '{node.id}' attempts to subscribe to a message it is already subscribed to"
                    f" with name '{name}'. Migrating active elements that subscribe to a message they are already"
                    " subscribed to is not possible yet. Please provide a mapping instruction to message catch event with"
                    f" id '{catcher.id}' to migrate the respective message subscription.",
                )
    except Failure as failure:
        raise _invalid_state(
            instance,
            f"active element with id '{element.element_id}' is mapped to element with id '{node.id}' that must be"
            f" subscribed to a catch event. {failure.message}",
        ) from None
    return opening


def _carry_out(p: Processing, step: Step, definition_key: int, mapping: dict[str, str]) -> None:
    element = step.element
    interrupted_by = element.interrupted_by
    p.emit(ElementMigrated(element.key, definition_key, step.target.id, mapping.get(interrupted_by, interrupted_by)))
    for key, catcher in step.moved.items():
        interrupting = messages.is_interrupting(catcher)
        p.emit(WaitMigrated(key, element.key, catcher.id, interrupting))
    subscriptions.close(p, step.closed)
    for open_ in step.opened:
        open_()
