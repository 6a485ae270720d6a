"""Timers: when something is due, and what happens then (engine-semantics §12)."""

from __future__ import annotations

from typing import Any, NamedTuple

from kiang.bpmn.model import Expression, FlowNode
from kiang.bpmn.model import Timer as TimerDefinition
from kiang.bpmn.schedule import Cron, Cycle, Interval, ScheduleError, next_in_rhythm, parse_cycle, parse_interval
from kiang.engine.actions import event_trigger, incidents, instances
from kiang.engine.actions.expressions import DocumentVariables, Variables, evaluate, wrong_type
from kiang.engine.actions.subscriptions import KINDS, Open, SubscriptionKind
from kiang.engine.actions.user_task_properties import zoned
from kiang.engine.failure import Failure
from kiang.engine.processing import Processing
from kiang.engine.state.definition import Definition
from kiang.engine.state.state import Scope
from kiang.engine.state.timer import TIMERS, Timer
from kiang.feel.temporal import DateTime, DaysTimeDuration, YearsMonthsDuration
from kiang.protocol.enums import ErrorType, EventType, SubscriptionState
from kiang.protocol.events import TimerCanceled, TimerCreated, TimerTriggered

NANOS_PER_MS = 1_000_000


NO_VARIABLES = DocumentVariables({})
"""What the expressions of start events see."""


class Schedule(NamedTuple):
    """When a timer is due, and how often in all; -1 for without end."""

    due_at: int
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
            schedule = _schedule(p, None, start.event.timer, NO_VARIABLES)
            _create(p, None, definition.row.key, start.id, schedule, definition.row.tenant_id)


def close_start(p: Processing, process_definition_key: int) -> None:
    """The timer start events of a version wait no more."""
    where = [("process_definition_key", "=", process_definition_key), ("process_instance_key", "=", 0)]
    for timer in p.state.current(TIMERS, [*where, ("state", "=", int(SubscriptionState.OPEN))]):
        p.emit(TimerCanceled(timer.key, 0))


def _repeat(p: Processing, holder: Scope | None, catcher: FlowNode, timer: Timer) -> None:
    """Set the next date of a cycle: its expression is evaluated again, but only the interval of it counts."""
    if timer.repetitions in {0, 1} or catcher.event is None or catcher.event.timer is None:
        return
    expression = catcher.event.timer.cycle
    if expression is None:
        return
    cycle = _cycle(p, holder, expression, NO_VARIABLES if holder is None else None)
    due_at = cycle.next_after(p.now) if isinstance(cycle, Cron) else _next(cycle.interval, timer.due_at, p.now)
    repetitions = timer.repetitions - 1 if timer.repetitions > 0 else -1
    schedule = Schedule(due_at, repetitions)
    _create(p, holder, timer.process_definition_key, catcher.id, schedule, timer.tenant_id)


def _next(interval: Interval, before: int, now: int) -> int:
    return next_in_rhythm(interval, before, now) if before <= now else interval.after(before)


def _create(
    p: Processing, holder: Scope | None, definition_key: int, element_id: str, schedule: Schedule, tenant_id: str
) -> None:
    holder_key = 0 if holder is None else holder.key
    p.emit(
        TimerCreated(
            p.state.next_key(),
            holder_key,
            definition_key,
            element_id,
            schedule.due_at,
            schedule.repetitions,
            tenant_id,
        )
    )


def _schedule(p: Processing, scope: Scope | None, timer: TimerDefinition, variables: Variables | None) -> Schedule:
    """When a timer is due first.

    Raises:
        Failure: Its expression cannot be evaluated.
    """
    if timer.duration is not None:
        return Schedule(_duration(p, scope, timer.duration, variables))
    if timer.date is not None:
        return Schedule(_date(p, scope, timer.date, variables))
    assert timer.cycle is not None
    cycle = _cycle(p, scope, timer.cycle, variables)
    due_at = _checked(lambda: cycle.next_after(p.now), scope)
    return Schedule(due_at, cycle.repetitions if isinstance(cycle, Cycle) else -1)


def _duration(p: Processing, scope: Scope | None, expression: Expression, variables: Variables | None) -> int:
    value = _evaluate_timer(p, scope, expression, variables)
    if isinstance(value, DaysTimeDuration):
        return p.now + value.nanos // NANOS_PER_MS
    if isinstance(value, YearsMonthsDuration):
        return _checked(lambda: Interval(months=value.months).after(p.now), scope)
    if type(value) is not str:
        raise wrong_type(p, scope, expression, value, "one of '[DURATION, PERIOD, STRING]'", variables)
    try:
        interval = parse_interval(value)
    except ScheduleError:
        text = f"Invalid duration format '{value}' for expression '{expression.text}'."
        raise Failure(ErrorType.EXTRACT_VALUE_ERROR, text, _key(scope)) from None
    return _checked(lambda: interval.after(p.now), scope)


def _date(p: Processing, scope: Scope | None, expression: Expression, variables: Variables | None) -> int:
    value = _evaluate_timer(p, scope, expression, variables)
    if isinstance(value, DateTime):
        return value.epoch_ms
    if type(value) is not str:
        raise wrong_type(p, scope, expression, value, "one of '[DATE_TIME, STRING]'", variables)
    return zoned(value, expression, _key(scope)).epoch_ms


def _cycle(p: Processing, scope: Scope | None, expression: Expression, variables: Variables | None) -> Cycle | Cron:
    value = _evaluate_timer(p, scope, expression, variables)
    if type(value) is not str:
        raise wrong_type(p, scope, expression, value, "'STRING'", variables)
    try:
        return parse_cycle(value)
    except ScheduleError as error:
        raise Failure(ErrorType.EXTRACT_VALUE_ERROR, str(error), _key(scope)) from None


def _evaluate_timer(p: Processing, scope: Scope | None, expression: Expression, variables: Variables | None) -> Any:
    return expression.text if expression.feel is None else evaluate(p, scope, expression, variables=variables)


def _checked(date: Any, scope: Scope | None) -> int:
    try:
        return int(date())
    except ScheduleError as error:
        raise Failure(ErrorType.EXTRACT_VALUE_ERROR, str(error), _key(scope)) from None


def _key(scope: Scope | None) -> int:
    return 0 if scope is None else scope.key


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
