"""An event has happened where an element instance waits for it: what follows (engine-semantics §10).

An interrupting event ends something first; until that has ended, the event is kept in the `trigger` column of the element instance.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from kiang.bpmn.model import FlowNode
from kiang.engine.actions import subscriptions
from kiang.engine.actions.termination import terminate_children
from kiang.engine.actions.variables import set_local
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.commands import ActivateElement, CompleteElement, TerminateChildren, TerminateElement
from kiang.protocol.document import Document
from kiang.protocol.enums import ElementState, ElementType
from kiang.protocol.events import ElementActivated, ElementActivating, EventTriggered


class Trigger(msgspec.Struct):
    """What is to come once something has ended.

    Attributes:
        element_id: The catch event.
        variables: That the event brings.
    """

    element_id: str
    variables: Document


_write = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(Trigger).decode


LEAVE_OPEN = frozenset({ElementType.START_EVENT, ElementType.AD_HOC_SUB_PROCESS})
"""What may be kept at an element instance without closing it to boundary events."""


def accepts(p: Processing, holder: Scope, catcher: FlowNode) -> bool:
    """Whether an event may still happen at an element instance: it is active, and nothing has ended its waiting."""
    if holder.state != ElementState.ACTIVATED or _is_cut_off(p, holder):
        return False
    if catcher.type == ElementType.START_EVENT:
        return not holder.interrupted_by
    # an event sub-process that waits for its turn leaves the boundary events open
    return not holder.trigger or p.state.catcher(holder, kept(holder).element_id).type in LEAVE_OPEN


def trigger(p: Processing, holder: Scope, catcher: FlowNode, variables: Document) -> None:
    """`catcher` has happened at `holder`, which `accepts` it."""
    TRIGGERS[catcher.type](p, holder, catcher, variables)


def keep(p: Processing, holder: Scope, catcher_id: str, variables: Document, interrupted_by: str = "") -> None:
    """Remember an event until it can go on."""
    p.emit(EventTriggered(holder.key, _write(Trigger(catcher_id, variables)).decode(), interrupted_by))


def kept(scope: Scope) -> Trigger:
    """The event that waits for `scope` to end."""
    return _read(scope.trigger)


def go_on_at_boundary(p: Processing, element: Scope, scope: Scope) -> bool:
    """`element` has been terminated: if a boundary event has done that, enter it, its variables in its own scope.

    Returns:
        False if none has.
    """
    if not element.trigger or scope.state != ElementState.ACTIVATED or scope.interrupted_by:
        return False
    event = kept(element)
    catcher = p.state.node(scope, event.element_id)
    if catcher.type != ElementType.BOUNDARY_EVENT:
        return False
    enter_event(p, scope, catcher, event.variables)
    return True


def go_on_in_scope(p: Processing, scope: Scope) -> None:
    """Everything inside `scope` has ended that an event sub-process has interrupted: enter that."""
    event = kept(scope)
    enter_event_sub_process(p, scope, p.state.node(scope, event.element_id), event.variables)


def enter_event(p: Processing, scope: Scope, catcher: FlowNode, variables: Document) -> None:
    """Enter an event that has happened already: it does not wait."""
    key = p.state.next_key()
    p.emit(ElementActivating(key, scope.process_instance_key, scope.key, catcher.id, catcher.type, consumes_flow=False))
    p.emit(ElementActivated(key))
    set_local(p, p.state.resident(key), variables)
    p.enqueue(CompleteElement(key))


def enter_event_sub_process(p: Processing, scope: Scope, start: FlowNode, variables: Document) -> None:
    """Enter the event sub-process of a start event that has happened."""
    node = start.scope
    assert node is not None
    p.enqueue(ActivateElement(scope.key, node.id, variables=variables, is_event=True))


def _boundary(p: Processing, holder: Scope, catcher: FlowNode, variables: Document) -> None:
    assert catcher.event is not None
    if catcher.event.interrupting:
        keep(p, holder, catcher.id, variables)
        p.enqueue(TerminateElement(holder.key))
    else:
        enter_event(p, p.state.resident(holder.scope_key), catcher, variables)


def _event_sub_process(p: Processing, holder: Scope, catcher: FlowNode, variables: Document) -> None:
    assert catcher.event is not None
    assert catcher.scope is not None
    if not catcher.event.interrupting:
        enter_event_sub_process(p, holder, catcher, variables)
        return
    keep(p, holder, catcher.id, variables, catcher.scope.id)
    subscriptions.close_event_sub_processes(p, holder)
    if holder.children:
        terminate_children(
            p, TerminateChildren(holder.key)
        )  # at once: what else is about to happen inside comes too late
    else:
        go_on_in_scope(p, holder)


def _catch(p: Processing, holder: Scope, catcher: FlowNode, variables: Document) -> None:
    keep(p, holder, catcher.id, variables)
    p.enqueue(CompleteElement(holder.key))


TRIGGERS: dict[ElementType, Callable[[Processing, Scope, FlowNode, Document], None]] = {
    ElementType.BOUNDARY_EVENT: _boundary,
    ElementType.START_EVENT: _event_sub_process,
    ElementType.INTERMEDIATE_CATCH_EVENT: _catch,
    ElementType.RECEIVE_TASK: _catch,
}
"""By the type of the catch event; of a start event it is that of an event sub-process."""


def _is_cut_off(p: Processing, holder: Scope) -> bool:
    """Whether the scope around has ended or was interrupted."""
    if holder.scope_key == 0:
        return False
    scope = p.state.resident(holder.scope_key)
    if scope.state != ElementState.ACTIVATED:
        return True
    return bool(scope.interrupted_by) and scope.interrupted_by != holder.element_id
