"""Appliers of timers."""

from __future__ import annotations

from kiang.engine.appliers.applier import Appliers
from kiang.engine.state.state import State
from kiang.engine.state.timer import TIMERS, Timer
from kiang.protocol import events
from kiang.protocol.enums import SubscriptionState


def timer_created(state: State, e: events.TimerCreated) -> None:
    """Something waits for a date."""
    scope = state.resident(e.element_instance_key) if e.element_instance_key else None
    row = Timer(
        e.key,
        scope.process_instance_key if scope is not None else 0,
        e.process_definition_key,
        e.element_instance_key,
        e.element_id,
        e.due_at,
        e.repetitions,
        SubscriptionState.OPEN,
        e.tenant_id,
    )
    if scope is None:
        state.put(TIMERS, row)
    else:
        state.add_wait(TIMERS, scope, row)
    state.timers.add((e.due_at, e.key))


def timer_triggered(state: State, e: events.TimerTriggered) -> None:
    """The date has come."""
    _end(state, e.element_instance_key, e.key, SubscriptionState.CLOSED)


def timer_canceled(state: State, e: events.TimerCanceled) -> None:
    """Nothing waits for it."""
    _end(state, e.element_instance_key, e.key, SubscriptionState.DELETED)


def _end(state: State, element_instance_key: int, key: int, to: SubscriptionState) -> None:
    state.timers.discard(key)
    if element_instance_key:
        waits = state.resident(element_instance_key).waits
        assert waits is not None
        row = waits[key]
        assert isinstance(row, Timer)
        row.state = to
        state.end_wait(TIMERS, row)
    else:
        found = state.start_timer(key)
        assert found is not None
        found.state = to
        state.change(TIMERS, found)


APPLIERS: Appliers = {
    events.TimerCreated: timer_created,
    events.TimerTriggered: timer_triggered,
    events.TimerCanceled: timer_canceled,
}
