"""Signals: who waits for them, and broadcasting them (engine-semantics §13)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.actions import event_trigger, instances
from kiang.engine.actions.expressions import Variables, evaluate_text
from kiang.engine.actions.subscriptions import KINDS, Open, SubscriptionKind
from kiang.engine.processing import Processing
from kiang.engine.state.signal_subscription import SignalSubscription, open_for_signal
from kiang.engine.state.start_subscription import start_events_for
from kiang.engine.state.state import Scope
from kiang.protocol.commands import ReachSignalSubscriptions, ThrowSignal
from kiang.protocol.document import Document, print_document
from kiang.protocol.enums import EventType
from kiang.protocol.events import SignalBroadcast, SignalSubscriptionCreated, SignalSubscriptionDeleted

REACHED_MAX = 100
"""Element instances that a signal reaches in one step; the rest follows step by step."""


def broadcast(p: Processing, name: str, variables: Document, tenant_id: str) -> int:
    """Begin an instance of each process that waits, and wake everything else that waits; gives the signal's key."""
    key = p.state.next_key()
    p.emit(SignalBroadcast(key, name, print_document(variables), tenant_id))
    for start in start_events_for(p.state, tenant_id, EventType.SIGNAL, name):
        instances.start_at_event(p, start.process_definition_key, start.element_id, variables)
    reach(p, ReachSignalSubscriptions(name, tenant_id, variables, 0, key))
    return key


def throw(p: Processing, command: ThrowSignal) -> None:
    """Broadcast what a process has thrown."""
    broadcast(p, command.name, command.variables, command.tenant_id)


def reach(p: Processing, command: ReachSignalSubscriptions) -> None:
    """Wake a portion of those who have waited when the signal was broadcast."""
    rows = open_for_signal(p.state, command.tenant_id, command.name, command.after_key, REACHED_MAX)
    for row in rows:
        if row.key > command.until_key:
            return
        holder = p.state.scope(row.element_instance_key)
        if holder is None or not holder.waits or row.key not in holder.waits:
            continue
        catcher = p.state.catcher(holder, row.element_id)
        if not event_trigger.accepts(p, holder, catcher):
            continue
        if _is_interrupting(catcher):
            p.emit(SignalSubscriptionDeleted(row.key, holder.key, is_closed=True))
        event_trigger.trigger(p, holder, catcher, command.variables)
    if len(rows) == REACHED_MAX:
        p.enqueue(
            ReachSignalSubscriptions(
                command.name, command.tenant_id, command.variables, rows[-1].key, command.until_key
            )
        )


def _is_interrupting(catcher: FlowNode) -> bool:
    return catcher.event is not None and catcher.event.interrupting


def _evaluate(p: Processing, element: Scope | None, catcher: FlowNode, variables: Variables | None) -> Open:
    assert catcher.event is not None
    assert catcher.event.signal_name is not None
    name = evaluate_text(p, element, catcher.event.signal_name, variables)

    def open_() -> None:
        assert element is not None
        for row in list((element.waits or {}).values()):
            if isinstance(row, SignalSubscription) and row.name == name:
                _close(p, row)  # one subscription per element instance and name: the later event has it
        p.emit(SignalSubscriptionCreated(p.state.next_key(), element.key, catcher.id, name))

    return open_


def _close(p: Processing, row: SignalSubscription) -> None:
    p.emit(SignalSubscriptionDeleted(row.key, row.element_instance_key, is_closed=False))


KINDS[EventType.SIGNAL] = SubscriptionKind(_evaluate, SignalSubscription, _close)
