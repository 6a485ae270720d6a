"""Appliers of compensation."""

from __future__ import annotations

from kiang.engine.appliers.applier import Appliers
from kiang.engine.state.compensation import COMPENSATION_SUBSCRIPTIONS, CompensationSubscription
from kiang.engine.state.element_instance import ElementInstance
from kiang.engine.state.state import WAIT_BITS, State
from kiang.protocol import events
from kiang.protocol.enums import SubscriptionState


def compensable(state: State, e: events.CompensationSubscribed) -> None:
    """An activity can be compensated."""
    scope = state.resident(e.scope_key)
    instance = state.instance_of(scope)
    row = CompensationSubscription(
        e.key,
        instance.key,
        instance.process_definition_key,
        instance.key,
        e.element_id,
        e.scope_key,
        e.completed_key,
        e.boundary_id,
        SubscriptionState.OPEN,
    )
    state.add_wait(COMPENSATION_SUBSCRIPTIONS, instance, row)
    bit = WAIT_BITS[COMPENSATION_SUBSCRIPTIONS]
    if not scope.awaits & bit:
        scope.awaits |= bit
        state.changed(scope)


def compensation_triggered(state: State, e: events.CompensationTriggered) -> None:
    """Its handler is called; a scope without one is done."""
    row = _row(state, e.process_instance_key, e.key)
    row.throw_key = e.throw_key
    row.handler_key = e.handler_key
    if e.handler_key:
        row.state = SubscriptionState.CORRELATING
        throw = state.resident(e.throw_key)
        assert isinstance(throw, ElementInstance)
        throw.loop_counter += 1
        state.changed(throw)
        state.change_wait(COMPENSATION_SUBSCRIPTIONS, row)
    else:
        row.state = SubscriptionState.CLOSED
        state.end_wait(COMPENSATION_SUBSCRIPTIONS, row)


def compensation_completed(state: State, e: events.CompensationCompleted) -> None:
    """Its handler is done."""
    row = _row(state, e.process_instance_key, e.key)
    row.state = SubscriptionState.CLOSED
    state.end_wait(COMPENSATION_SUBSCRIPTIONS, row)
    throw = state.scope(row.throw_key)
    if throw is not None:
        assert isinstance(throw, ElementInstance)
        throw.loop_counter -= 1
        state.changed(throw)


def _row(state: State, process_instance_key: int, key: int) -> CompensationSubscription:
    waits = state.resident(process_instance_key).waits
    assert waits is not None
    row = waits[key]
    assert isinstance(row, CompensationSubscription)
    return row


APPLIERS: Appliers = {
    events.CompensationSubscribed: compensable,
    events.CompensationTriggered: compensation_triggered,
    events.CompensationCompleted: compensation_completed,
}
