"""Appliers of conditional events."""

from __future__ import annotations

from kiang.engine.appliers.applier import Appliers
from kiang.engine.state.condition import CONDITION_SUBSCRIPTIONS, ConditionSubscription
from kiang.engine.state.state import WAIT_BITS, State
from kiang.protocol import events
from kiang.protocol.enums import SubscriptionState


def condition_subscribed(state: State, e: events.ConditionSubscribed) -> None:
    """Somebody waits; changes of variables in the instance matter from now on."""
    scope = state.resident(e.element_instance_key)
    instance = state.instance_of(scope)
    row = ConditionSubscription(
        e.key,
        instance.key,
        instance.process_definition_key,
        scope.key,
        e.element_id,
        SubscriptionState.OPEN,
    )
    state.add_wait(CONDITION_SUBSCRIPTIONS, scope, row)
    bit = WAIT_BITS[CONDITION_SUBSCRIPTIONS]
    if not instance.awaits & bit:
        instance.awaits |= bit
        state.changed(instance)


def condition_unsubscribed(state: State, e: events.ConditionUnsubscribed) -> None:
    """Nobody waits."""
    waits = state.resident(e.element_instance_key).waits
    assert waits is not None
    row = waits[e.key]
    assert isinstance(row, ConditionSubscription)
    row.state = SubscriptionState.CLOSED if e.is_closed else SubscriptionState.DELETED
    state.end_wait(CONDITION_SUBSCRIPTIONS, row)


APPLIERS: Appliers = {
    events.ConditionSubscribed: condition_subscribed,
    events.ConditionUnsubscribed: condition_unsubscribed,
}
