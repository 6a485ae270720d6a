"""TimerCatchEventExpressionValidator: timers of process start events and static timers of all catch events are evaluated."""

from __future__ import annotations

from collections.abc import Iterator

from kiang import feel
from kiang.bpmn import timer
from kiang.bpmn.definitions import Definitions, text_of
from kiang.bpmn.document import Element
from kiang.bpmn.elements import CATCH_EVENTS
from kiang.bpmn.expression import is_expression, static_value
from kiang.errors import FeelError

NAME = "TimerCatchEventExpressionValidator"
KINDS = CATCH_EVENTS

_TIMERS = {"timeDuration": "duration", "timeDate": "date", "timeCycle": "cycle"}


def check(_file: Definitions, element: Element) -> Iterator[str]:
    """What a timer says when it is evaluated without variables."""
    is_process_start = element.kind == "startEvent" and element.parent is not None and element.parent.kind == "process"
    for definition in element.all("timerEventDefinition"):
        given = [child for child in definition.children if child.kind in _TIMERS]
        for child in given:
            text = text_of(child)
            if is_process_start or not is_expression(text):
                try:
                    evaluate(_TIMERS[child.kind], text)
                except timer.InvalidTimerError as error:
                    yield f"Invalid timer {_TIMERS[child.kind]} expression ({error})"


def evaluate(kind: str, text: str) -> timer.Interval | timer.Cycle | int:
    """What a timer without variables says: an interval, a date in epoch ms, or a cycle.

    Raises:
        InvalidTimerError: It says nothing that the timer can use.
    """
    if not is_expression(text):
        return timer.READERS[kind](static_value(text), text)
    source = text[1:]
    try:
        compiled = feel.compile(source)
    except feel.FeelSyntaxError as error:
        raise timer.InvalidTimerError(error.zeebe_message) from None
    try:
        value = compiled.evaluate({})
    except FeelError as error:
        raise timer.InvalidTimerError(with_warnings(compiled, str(error))) from None
    try:
        return timer.READERS[kind](value, source)
    except timer.InvalidTimerError as error:
        raise timer.InvalidTimerError(
            with_warnings(compiled, str(error)) if error.is_wrong_type else str(error)
        ) from None


def with_warnings(compiled: feel.Expression, message: str) -> str:
    """A message with what evaluating without variables warns about."""
    warnings = compiled.warnings({})
    if not warnings:
        return message
    lines = "\n".join(f"[{warning.type}] {warning.message}" for warning in warnings)
    return f"{message} The evaluation reported the following warnings:\n{lines}"
