"""Messages: who waits for them, and giving them out (engine-semantics §11)."""

from __future__ import annotations

from decimal import Decimal

from kiang import feel
from kiang.bpmn.model import FlowNode
from kiang.engine.actions import event_trigger, instances
from kiang.engine.actions.expressions import Variables, evaluate, evaluate_text, variables_of, with_warnings
from kiang.engine.actions.subscriptions import KINDS, Open, SubscriptionKind
from kiang.engine.failure import Failure
from kiang.engine.processing import Processing
from kiang.engine.state.message import MESSAGES, Message, buffered
from kiang.engine.state.message_start import is_locked
from kiang.engine.state.message_subscription import MessageSubscription, open_for_message
from kiang.engine.state.process_instance import ProcessInstance
from kiang.engine.state.start_subscription import StartSubscription, start_events_for, start_events_of
from kiang.engine.state.state import Scope
from kiang.protocol.commands import DeliverMessage, FindMessage
from kiang.protocol.document import Document, parse_document, print_document
from kiang.protocol.enums import ElementType, ErrorType, EventType, SubscriptionState
from kiang.protocol.events import (
    MessageCorrelated,
    MessageExpired,
    MessagePublished,
    MessageSubscriptionCorrelated,
    MessageSubscriptionCorrelating,
    MessageSubscriptionCreated,
    MessageSubscriptionDeleted,
    StartMessageCorrelated,
)


def publish(
    p: Processing,
    name: str,
    correlation_key: str,
    message_id: str,
    time_to_live_ms: int,
    variables: Document,
    tenant_id: str,
) -> int:
    """Give a message to all that wait, and keep it for those to come until its time to live is over; gives its key."""
    key = p.state.next_key()
    deadline = p.after(time_to_live_ms)
    p.emit(MessagePublished(key, name, correlation_key, message_id, deadline, print_document(variables), tenant_id))
    message = p.state.message(key)
    assert message is not None
    correlate(p, message, variables)
    if time_to_live_ms <= 0:
        expire(p, key)
    return key


def correlate(p: Processing, message: Message, variables: Document) -> int:
    """Give a message to all that wait for it: one element instance of each process, and a start event of each that has none.

    Returns:
        The first process instance that has got it; 0 if none has.
    """
    reached: set[str] = set()
    first = 0
    for row in open_for_message(p.state, message.tenant_id, message.name, message.correlation_key):
        if row.process_id in reached or message.was_correlated_to(row.process_id):
            continue
        reached.add(row.process_id)
        first = first or row.process_instance_key
        _send(p, row, message.key, variables)
    for start in start_events_for(p.state, message.tenant_id, EventType.MESSAGE, message.name):
        if start.process_id in reached or message.was_correlated_to(start.process_id):
            continue
        if message.correlation_key and is_locked(p.state, message.tenant_id, start.process_id, message.correlation_key):
            continue
        reached.add(start.process_id)
        p.emit(MessageCorrelated(message.key, start.process_id))
        key = _start(p, start, message, variables)
        first = first or key
    return first


def find(p: Processing, command: FindMessage) -> None:
    """A subscription is open: give it the first buffered message that its process has not had yet."""
    row = _waiting(p, command.element_instance_key, command.subscription_key)
    if row is None or row.state != SubscriptionState.OPEN:
        return
    for message in buffered(p.state, row.tenant_id, row.name, row.correlation_key):
        if message.deadline > p.now and not message.was_correlated_to(row.process_id):
            _send(p, row, message.key, parse_document(message.variables))
            return


def deliver(p: Processing, command: DeliverMessage) -> None:
    """A message arrives at an element instance, unless that does not wait any more."""
    row = _waiting(p, command.element_instance_key, command.subscription_key)
    if row is None or row.state != SubscriptionState.CORRELATING:
        return
    holder = p.state.resident(row.element_instance_key)
    catcher = p.state.catcher(holder, row.element_id)
    if not event_trigger.accepts(p, holder, catcher):
        return
    p.emit(MessageSubscriptionCorrelated(row.key, holder.key))
    event_trigger.trigger(p, holder, catcher, command.variables)
    if not row.interrupting:
        _find_soon(p, row)


def expire(p: Processing, key: int) -> None:
    """The time to live of a message is over."""
    p.emit(MessageExpired(key))


def instance_ended(p: Processing, instance: ProcessInstance) -> None:
    """An instance has ended that a message has started: the next message with its key may start another, of the latest version."""
    latest = p.state.latest_definition(instance.process_id, instance.tenant_id)
    if latest is None:
        return
    candidates: list[tuple[Message, StartSubscription]] = []
    for start in start_events_of(p.state, latest.row.key):
        if start.event_type == EventType.MESSAGE:
            for message in buffered(p.state, instance.tenant_id, start.name, instance.correlation_key):
                if message.deadline > p.now and not message.was_correlated_to(instance.process_id):
                    candidates.append((message, start))
                    break
    if candidates:
        message, start = min(candidates, key=lambda candidate: candidate[0].key)
        p.emit(MessageCorrelated(message.key, instance.process_id))
        _start(p, start, message, parse_document(message.variables))


def _start(p: Processing, start: StartSubscription, message: Message, variables: Document) -> int:
    key = instances.start_at_event(
        p, start.process_definition_key, start.element_id, variables, message.correlation_key
    )
    p.emit(StartMessageCorrelated(key, start.key, message.key, message.name, start.element_id))
    return key


def has_message_id(p: Processing, tenant_id: str, name: str, correlation_key: str, message_id: str) -> bool:
    """Whether a buffered message has this id."""
    return any(message.message_id == message_id for message in buffered(p.state, tenant_id, name, correlation_key))


def _send(p: Processing, row: MessageSubscription, message_key: int, variables: Document) -> None:
    # the row may be a copy from the store: the resident one is what appliers change
    assert p.state.scope(row.element_instance_key) is not None
    p.emit(MessageCorrelated(message_key, row.process_id))
    earlier_key = p.state.next_key() if row.message_key else 0
    p.emit(MessageSubscriptionCorrelating(row.key, row.element_instance_key, message_key, earlier_key))
    p.enqueue(DeliverMessage(row.key, row.element_instance_key, variables))


def _find_soon(p: Processing, row: MessageSubscription) -> None:
    if buffered(p.state, row.tenant_id, row.name, row.correlation_key):
        p.enqueue(FindMessage(row.key, row.element_instance_key))


def _waiting(p: Processing, element_instance_key: int, key: int) -> MessageSubscription | None:
    scope = p.state.scope(element_instance_key)
    row = scope.waits.get(key) if scope is not None and scope.waits else None
    assert row is None or isinstance(row, MessageSubscription)
    return row


def _evaluate(p: Processing, element: Scope | None, catcher: FlowNode, variables: Variables | None) -> Open:
    assert catcher.event is not None
    message = catcher.event.message
    assert message is not None
    name = evaluate_text(p, element, message.name, variables)
    key = _correlation_key(p, element, catcher, variables)
    interrupting = is_interrupting(catcher)

    def open_() -> None:
        assert element is not None
        ends_with_first = interrupting
        for row in list((element.waits or {}).values()):
            if isinstance(row, MessageSubscription) and row.name == name:
                # one subscription per element instance and name: the later event gets what the earlier one has asked for
                ends_with_first = bool(row.interrupting)
                p.emit(MessageSubscriptionDeleted(row.key, element.key))
        subscription = p.state.next_key()
        p.emit(MessageSubscriptionCreated(subscription, element.key, catcher.id, name, key, ends_with_first))
        if buffered(p.state, element.tenant_id, name, key):
            p.enqueue(FindMessage(subscription, element.key))

    return open_


def is_interrupting(catcher: FlowNode) -> bool:
    """Whether the first message ends the subscription of a catch event."""
    if catcher.type not in {ElementType.BOUNDARY_EVENT, ElementType.START_EVENT}:
        return True
    return catcher.event is not None and catcher.event.interrupting


def _correlation_key(p: Processing, element: Scope | None, catcher: FlowNode, variables: Variables | None) -> str:
    assert catcher.event is not None
    assert catcher.event.message is not None
    expression = catcher.event.message.correlation_key
    assert expression is not None
    scope = element
    if element is not None and catcher.type == ElementType.BOUNDARY_EVENT:
        scope = p.state.resident(element.scope_key)
    where = None if element is None else element.key
    try:
        value = evaluate(p, scope, expression, variables=variables)
    except Failure as failure:
        raise Failure(failure.type, failure.message, where) from None
    if type(value) is str:
        return value
    if type(value) is int or isinstance(value, Decimal):
        return str(int(value))
    text = (
        f"Failed to extract the correlation key for '{expression.text}': The value must be either a string or a number,"
        f" but was '{feel.type_name(value)}'."
    )
    if variables is None:
        assert scope is not None
        variables = variables_of(p, scope)
    raise Failure(ErrorType.EXTRACT_VALUE_ERROR, with_warnings(p, expression, variables, text), where)


def _close(p: Processing, row: MessageSubscription) -> None:
    p.emit(MessageSubscriptionDeleted(row.key, row.element_instance_key))


KINDS[EventType.MESSAGE] = SubscriptionKind(_evaluate, MessageSubscription, _close)

__all__ = ["MESSAGES", "correlate", "deliver", "expire", "find", "has_message_id", "instance_ended"]
