"""Compensation: remembering what can be undone, and undoing it (engine-semantics §15)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.processing import Processing
from kiang.engine.state.compensation import COMPENSATION_SUBSCRIPTIONS, CompensationSubscription
from kiang.engine.state.state import WAIT_BITS, Scope
from kiang.protocol.commands import ActivateElement, CompleteElement
from kiang.protocol.enums import ElementState, ElementType, EventType, SubscriptionState
from kiang.protocol.events import (
    CompensationCompleted,
    CompensationSubscribed,
    CompensationTriggered,
    ElementActivated,
    ElementActivating,
    ElementCompleted,
    ElementCompleting,
)

HOLDS_COMPENSABLE = WAIT_BITS[COMPENSATION_SUBSCRIPTIONS]
"""Bit of a scope in which something has completed that can be compensated."""


def remember(p: Processing, element: Scope, node: FlowNode) -> None:
    """An activity is about to complete: it can be compensated if it has a handler, or something inside it has."""
    boundary_id = ""
    for event in node.boundary_events:
        if event.event is not None and event.event.type == EventType.COMPENSATION and event.compensation_handler:
            boundary_id = event.id
    if boundary_id or element.awaits & HOLDS_COMPENSABLE:
        p.emit(
            CompensationSubscribed(p.state.next_key(), element.scope_key, element.element_id, element.key, boundary_id)
        )


def trigger(p: Processing, throw: Scope, activity_id: str) -> bool:
    """Undo what has completed in the scope of a throw event, in an event sub-process also what has in the scope around that.

    Args:
        p: The command in progress.
        throw: The event, which waits for the handlers.
        activity_id: The one activity to undo; "" for all.

    Returns:
        Whether a handler was called.
    """
    scope = p.state.resident(throw.scope_key)
    keys = [scope.key]
    if scope.element_type == ElementType.EVENT_SUB_PROCESS:
        keys.append(scope.scope_key)
    rows = [row for row in _open(p, throw) if row.scope_key in keys and activity_id in {"", row.element_id}]
    ordered: list[CompensationSubscription] = []
    while rows:
        ordered += rows
        inside = {row.completed_key for row in rows}
        rows = [row for row in _open(p, throw) if row.scope_key in inside]
    called = False
    for row in ordered:
        key = 0
        if row.boundary_id:
            boundary = p.state.node(throw, row.boundary_id)
            _pass(p, scope, boundary)
            assert boundary.compensation_handler is not None
            key = p.state.next_key()
            p.enqueue(ActivateElement(scope.key, boundary.compensation_handler.id, key=key))
            called = True
        p.emit(CompensationTriggered(row.key, row.process_instance_key, throw.key, key))
    return called


def handler_ended(p: Processing, handler: Scope) -> None:
    """A handler has ended: the event that has called it goes on after the last one."""
    for row in (p.state.instance_of(handler).waits or {}).values():
        if isinstance(row, CompensationSubscription) and row.handler_key == handler.key:
            p.emit(CompensationCompleted(row.key, row.process_instance_key))
            throw = p.state.scope(row.throw_key)
            if throw is not None and throw.state == ElementState.ACTIVATED and getattr(throw, "loop_counter", 0) == 0:
                p.enqueue(CompleteElement(throw.key))
            return


def _open(p: Processing, throw: Scope) -> list[CompensationSubscription]:
    """What can be undone in the instance, in the order of completion."""
    waits = p.state.instance_of(throw).waits or {}
    return [
        row
        for row in waits.values()
        if isinstance(row, CompensationSubscription) and row.state == SubscriptionState.OPEN
    ]


def _pass(p: Processing, scope: Scope, boundary: FlowNode) -> None:
    """A compensation boundary event is entered and left at once; no sequence flow leads on."""
    key = p.state.next_key()
    p.emit(
        ElementActivating(key, scope.process_instance_key, scope.key, boundary.id, boundary.type, consumes_flow=False)
    )
    p.emit(ElementActivated(key))
    p.emit(ElementCompleting(key))
    p.emit(ElementCompleted(key))
