"""Appliers of signals and of those who wait for them."""

from __future__ import annotations

from kiang.engine.appliers.applier import Appliers
from kiang.engine.state.signal_subscription import SIGNAL_SUBSCRIPTIONS, SignalSubscription
from kiang.engine.state.state import State
from kiang.protocol import events
from kiang.protocol.enums import SubscriptionState


def signal_broadcast(state: State, e: events.SignalBroadcast) -> None:
    """A signal leaves nothing behind."""


def signal_subscription_created(state: State, e: events.SignalSubscriptionCreated) -> None:
    """Somebody waits."""
    scope = state.resident(e.element_instance_key)
    row = SignalSubscription(
        e.key,
        scope.process_instance_key,
        scope.process_definition_key,
        scope.key,
        e.element_id,
        e.name,
        SubscriptionState.OPEN,
        scope.tenant_id,
    )
    state.add_wait(SIGNAL_SUBSCRIPTIONS, scope, row)


def signal_subscription_deleted(state: State, e: events.SignalSubscriptionDeleted) -> None:
    """Nobody waits."""
    waits = state.resident(e.element_instance_key).waits
    assert waits is not None
    row = waits[e.key]
    assert isinstance(row, SignalSubscription)
    row.state = SubscriptionState.CLOSED if e.is_closed else SubscriptionState.DELETED
    state.end_wait(SIGNAL_SUBSCRIPTIONS, row)


APPLIERS: Appliers = {
    events.SignalBroadcast: signal_broadcast,
    events.SignalSubscriptionCreated: signal_subscription_created,
    events.SignalSubscriptionDeleted: signal_subscription_deleted,
}
