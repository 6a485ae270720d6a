"""Appliers of messages and of those who wait for them."""

from __future__ import annotations

from kiang.engine.appliers.applier import Appliers
from kiang.engine.state.message import MESSAGES, Message
from kiang.engine.state.message_correlation import MESSAGE_CORRELATIONS, MessageCorrelation
from kiang.engine.state.message_subscription import MESSAGE_SUBSCRIPTIONS, MessageSubscription
from kiang.engine.state.state import State
from kiang.protocol import events
from kiang.protocol.enums import SubscriptionState


def message_published(state: State, e: events.MessagePublished) -> None:
    """It is buffered."""
    row = Message(
        e.key,
        e.name,
        e.correlation_key,
        e.message_id,
        e.deadline,
        e.variables,
        state.now,
        tenant_id=e.tenant_id,
    )
    state.put(MESSAGES, row)
    state.expiries.add((e.deadline, e.key))


def message_correlated(state: State, e: events.MessageCorrelated) -> None:
    """It has done its work in one process."""
    message = state.message(e.key)
    if message is not None:
        message.correlated = f"{message.correlated}\n{e.process_id}" if message.correlated else e.process_id
        state.change(MESSAGES, message)


def message_expired(state: State, e: events.MessageExpired) -> None:
    """It is gone."""
    state.remove(MESSAGES, e.key)
    state.expiries.discard(e.key)


def subscription_created(state: State, e: events.MessageSubscriptionCreated) -> None:
    """Somebody waits."""
    scope = state.resident(e.element_instance_key)
    row = MessageSubscription(
        e.key,
        scope.process_instance_key,
        scope.process_definition_key,
        state.instance_of(scope).process_id,
        scope.key,
        e.element_id,
        e.name,
        e.correlation_key,
        int(e.interrupting),
        SubscriptionState.OPEN,
        state.now,
        tenant_id=scope.tenant_id,
    )
    state.add_wait(MESSAGE_SUBSCRIPTIONS, scope, row)


def subscription_correlating(state: State, e: events.MessageSubscriptionCorrelating) -> None:
    """No other message may come between."""
    row = _subscription(state, e.element_instance_key, e.key)
    if e.earlier_key:
        earlier = MessageCorrelation(
            e.earlier_key,
            row.key,
            row.message_key,
            row.name,
            row.correlation_key,
            row.process_instance_key,
            row.process_definition_key,
            row.process_id,
            row.element_id,
            row.element_instance_key,
            row.correlated_at,
            tenant_id=row.tenant_id,
        )
        state.put(MESSAGE_CORRELATIONS, earlier)
    row.message_key = e.message_key
    row.correlated_at = state.now
    _set(state, row, SubscriptionState.CORRELATING)


def subscription_correlated(state: State, e: events.MessageSubscriptionCorrelated) -> None:
    """It is over, or waits for the next message."""
    row = _subscription(state, e.element_instance_key, e.key)
    _set(state, row, SubscriptionState.CLOSED if row.interrupting else SubscriptionState.OPEN)


def start_correlated(state: State, e: events.StartMessageCorrelated) -> None:
    """The instance that it has started is there already."""
    instance = state.instance_of(state.resident(e.key))
    row = MessageCorrelation(
        e.key,
        e.subscription_key,
        e.message_key,
        e.name,
        instance.correlation_key,
        e.key,
        instance.process_definition_key,
        instance.process_id,
        e.element_id,
        0,
        state.now,
        tenant_id=instance.tenant_id,
    )
    state.put(MESSAGE_CORRELATIONS, row)


def subscription_deleted(state: State, e: events.MessageSubscriptionDeleted) -> None:
    """Nobody waits."""
    _set(state, _subscription(state, e.element_instance_key, e.key), SubscriptionState.DELETED)


def _subscription(state: State, element_instance_key: int, key: int) -> MessageSubscription:
    waits = state.resident(element_instance_key).waits
    assert waits is not None
    row = waits[key]
    assert isinstance(row, MessageSubscription)
    return row


def _set(state: State, row: MessageSubscription, to: SubscriptionState) -> None:
    row.state = to
    row.updated_at = state.now
    if to >= SubscriptionState.CLOSED:
        state.end_wait(MESSAGE_SUBSCRIPTIONS, row)
    else:
        state.change_wait(MESSAGE_SUBSCRIPTIONS, row)


APPLIERS: Appliers = {
    events.MessagePublished: message_published,
    events.MessageCorrelated: message_correlated,
    events.MessageExpired: message_expired,
    events.MessageSubscriptionCreated: subscription_created,
    events.MessageSubscriptionCorrelating: subscription_correlating,
    events.MessageSubscriptionCorrelated: subscription_correlated,
    events.StartMessageCorrelated: start_correlated,
    events.MessageSubscriptionDeleted: subscription_deleted,
}
