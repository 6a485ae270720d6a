"""Timers: when something is due, and what happens then (engine-semantics §12)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from kiang.bpmn.model import Expression, FlowNode
from kiang.bpmn.model import Timer as TimerDefinition
from kiang.bpmn.timer import InvalidTimerError, cycle_of, date_of, interval_of
from kiang.engine.actions import event_trigger, incidents, instances
from kiang.engine.actions.expressions import ClusterVariables, Variables, evaluate, variables_of, with_warnings
from kiang.engine.actions.subscriptions import KINDS, Open, SubscriptionKind
from kiang.engine.failure import Failure
from kiang.engine.processing import Processing
from kiang.engine.state.definition import Definition
from kiang.engine.state.state import Scope
from kiang.engine.state.table import Condition
from kiang.engine.state.timer import TIMERS, Timer
from kiang.protocol.enums import ErrorType, EventType, SubscriptionState
from kiang.protocol.events import TimerCanceled, TimerCreated, TimerTriggered

T = TypeVar("T")


class Schedule(NamedTuple):
    """When a timer is due, None for never, and how often in all; -1 for without end."""

    due_at: int | None
    repetitions: int = 1


def trigger(p: Processing, key: int) -> None:
    """The date of a timer has come."""
    timer = p.state.timer(key)
    if timer is None:
        return
    p.emit(TimerTriggered(key, timer.element_instance_key))
    if timer.element_instance_key == 0:
        definition = p.state.definition(timer.process_definition_key)
        assert definition is not None
        instances.start_at_event(p, timer.process_definition_key, timer.element_id, {})
        _repeat(p, None, definition.process.nodes[timer.element_id], timer)
        return
    holder = p.state.resident(timer.element_instance_key)
    catcher = p.state.catcher(holder, timer.element_id)
    if not event_trigger.accepts(p, holder, catcher):
        return
    event_trigger.trigger(p, holder, catcher, {})
    if catcher.event is not None and not catcher.event.interrupting:
        try:
            _repeat(p, holder, catcher, timer)
        except Failure as failure:
            incidents.raise_for_element(p, holder, failure)


def open_start(p: Processing, definition: Definition) -> None:
    """Let the timer start events of a version wait."""
    for start in definition.process.root.start_events:
        if start.event is not None and start.event.timer is not None:
            schedule = _schedule(p, None, start.event.timer, ClusterVariables(p.state, definition.row.tenant_id))
            _create(p, None, definition.row.key, start.id, schedule, definition.row.tenant_id)


def close_start(p: Processing, process_definition_key: int) -> None:
    """The timer start events of a version wait no more."""
    where: list[Condition] = [("process_definition_key", "=", process_definition_key), ("process_instance_key", "=", 0)]
    for timer in p.state.current(TIMERS, [*where, ("state", "=", int(SubscriptionState.OPEN))]):
        p.emit(TimerCanceled(timer.key, 0))


def _repeat(p: Processing, holder: Scope | None, catcher: FlowNode, timer: Timer) -> None:
    """Set the next date of a cycle: its expression is evaluated again, but only the interval of it counts."""
    if timer.repetitions in {0, 1} or catcher.event is None or catcher.event.timer is None:
        return
    expression = catcher.event.timer.cycle
    if expression is None:
        return
    variables = ClusterVariables(p.state, timer.tenant_id) if holder is None else None
    cycle = _read(p, holder, expression, variables, cycle_of)
    schedule = Schedule(cycle.next_due(timer.due_at, p.now), max(timer.repetitions - 1, -1))
    _create(p, holder, timer.process_definition_key, catcher.id, schedule, timer.tenant_id)


def _create(
    p: Processing, holder: Scope | None, definition_key: int, element_id: str, schedule: Schedule, tenant_id: str
) -> None:
    if schedule.due_at is None:
        return
    holder_key = 0 if holder is None else holder.key
    key = p.state.next_key()
    p.emit(TimerCreated(key, holder_key, definition_key, element_id, schedule.due_at, schedule.repetitions, tenant_id))


def _schedule(p: Processing, scope: Scope | None, timer: TimerDefinition, variables: Variables | None) -> Schedule:
    """When a timer is due first.

    Raises:
        Failure: Its expression cannot be evaluated.
    """
    if timer.duration is not None:
        return Schedule(_read(p, scope, timer.duration, variables, interval_of).after(p.now))
    if timer.date is not None:
        return Schedule(_read(p, scope, timer.date, variables, date_of))
    assert timer.cycle is not None
    cycle = _read(p, scope, timer.cycle, variables, cycle_of)
    return Schedule(cycle.first_due(p.now), cycle.repetitions)


def _read(
    p: Processing,
    scope: Scope | None,
    expression: Expression,
    variables: Variables | None,
    read: Callable[[object, str], T],
) -> T:
    value: Any = expression.text
    if expression.feel is not None:
        value = evaluate(p, scope, expression, variables=variables)
    try:
        return read(value, expression.text)
    except InvalidTimerError as invalid:
        text = str(invalid)
        if invalid.is_wrong_type:
            if variables is None:
                assert scope is not None
                variables = variables_of(p, scope)
            text = with_warnings(p, expression, variables, text)
        raise Failure(ErrorType.EXTRACT_VALUE_ERROR, text, None if scope is None else scope.key) from None


def _evaluate(p: Processing, element: Scope | None, catcher: FlowNode, variables: Variables | None) -> Open:
    assert catcher.event is not None
    assert catcher.event.timer is not None
    schedule = _schedule(p, element, catcher.event.timer, variables)

    def open_() -> None:
        assert element is not None
        _create(p, element, element.process_definition_key, catcher.id, schedule, element.tenant_id)

    return open_


def _close(p: Processing, row: Timer) -> None:
    p.emit(TimerCanceled(row.key, row.element_instance_key))


KINDS[EventType.TIMER] = SubscriptionKind(_evaluate, Timer, _close)
