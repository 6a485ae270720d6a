"""Appliers of start events that wait for a message or signal."""

from __future__ import annotations

from kiang.engine.appliers.applier import Appliers
from kiang.engine.state.start_subscription import START_SUBSCRIPTIONS, StartSubscription
from kiang.engine.state.state import State
from kiang.protocol import events


def start_subscription_created(state: State, e: events.StartSubscriptionCreated) -> None:
    """A start event waits."""
    row = StartSubscription(
        e.key, e.process_definition_key, e.process_id, e.element_id, e.event_type, e.name, e.tenant_id
    )
    state.put(START_SUBSCRIPTIONS, row)


def start_subscription_deleted(state: State, e: events.StartSubscriptionDeleted) -> None:
    """It waits no more."""
    state.remove(START_SUBSCRIPTIONS, e.key)


APPLIERS: Appliers = {
    events.StartSubscriptionCreated: start_subscription_created,
    events.StartSubscriptionDeleted: start_subscription_deleted,
}
