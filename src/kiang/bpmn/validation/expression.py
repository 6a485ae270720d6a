"""ZeebeExpressionValidator: every expression and mapping target can be read.

Where the original reads an expression only when it is executed, so do we: types of listeners, form ids, thrown codes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal

from kiang import feel
from kiang.bpmn.definitions import Definitions, text_of
from kiang.bpmn.document import Element
from kiang.bpmn.expression import is_expression, static_value
from kiang.bpmn.mapping import NO_SOURCE
from kiang.bpmn.timer import InvalidTimerError, date_time

NAME = "ZeebeExpressionValidator"

PRIORITY_MAX = 100

PATH = r"[a-zA-Z_][a-zA-Z0-9_]*(\.[a-zA-Z_][a-zA-Z0-9_]*)*"

RESERVED_WORDS = (
    "null",
    "true",
    "false",
    "function",
    "if",
    "then",
    "else",
    "for",
    "between",
    "instance",
    "of",
)

PATH_LENGTH_MAX = 12
"""Names of a mapping target: each nested one doubles the compiled text of an output mapping, so 12 make it 4,096 times as long."""

TextCheck = Callable[[str], Iterator[str]]


def check(_file: Definitions, element: Element) -> Iterator[str]:
    """Everything that the table knows about this kind of element."""
    for read, check_text in EXPRESSIONS[element.kind]:
        text = read(element)
        yield from check_text(text)


def optional(text: str) -> Iterator[str]:
    """Static text or FEEL, or nothing."""
    if is_expression(text):
        try:
            feel.compile(text[1:])
        except feel.FeelSyntaxError as error:
            yield error.zeebe_message


def mandatory(text: str) -> Iterator[str]:
    """Static text or FEEL."""
    if not text:
        yield "Expected expression but not found."
    yield from optional(text)


def non_static(text: str) -> Iterator[str]:
    """FEEL, or nothing."""
    if text and not is_expression(text):
        yield _static_text(text)
    yield from optional(text)


def mandatory_non_static(text: str) -> Iterator[str]:
    """FEEL."""
    if not text:
        yield "Expected expression but not found."
    yield from non_static(text)


def condition(text: str) -> Iterator[str]:
    """FEEL; an empty text is a static value too."""
    if not is_expression(text):
        yield _static_text(text)
    yield from optional(text)


def path(text: str) -> Iterator[str]:
    """The target of a mapping."""
    if not text:
        yield "Expected path expression but not found."
    elif re.fullmatch(PATH, text) is None:
        yield f"Expected path expression '{text}' but doesn't match the pattern '{PATH}'."
    elif text in RESERVED_WORDS:
        yield f"Expected path expression '{text}' but is one of the reserved words ({', '.join(RESERVED_WORDS)})."
    elif text.count(".") >= PATH_LENGTH_MAX:
        yield f"Expected path expression of at most {PATH_LENGTH_MAX} names, but '{text}' has {text.count('.') + 1}."


def comma_list(text: str) -> Iterator[str]:
    """FEEL or static text with commas, without empty entries; or nothing."""
    yield from optional(text)
    if text and not is_expression(text) and not all(entry.strip() for entry in text.split(",")):
        yield f"Expected static value to be a list of comma-separated values, e.g. 'a,b,c', but found '{text}'."


def date(text: str) -> Iterator[str]:
    """FEEL or a static date-time with zone, or nothing."""
    yield from optional(text)
    if text and not is_expression(text):
        try:
            date_time(text)
        except InvalidTimerError:
            yield (
                "Expected static value to be a valid DateTime String, e.g. '2023-03-02T15:35+02:00', "
                f"but found '{text}'."
            )


def priority(text: str) -> Iterator[str]:
    """FEEL or a static whole number up to the limit, or nothing."""
    yield from optional(text)
    if not text or is_expression(text):
        return
    number = static_value(text)
    if not isinstance(number, int | Decimal) or number != int(number):
        yield f"Expected static value to be a valid Number between 0 and {PRIORITY_MAX}, but found '{text}'."
    elif not 0 <= number <= PRIORITY_MAX:
        yield f"Priority must be a number between 0 and {PRIORITY_MAX}, but was '{int(number)}'."


def _static_text(text: str) -> str:
    return f"Expected expression but found static value '{text}'. An expression must start with '=' (e.g. '={text}')."


def _attribute(name: str, missing: str = "") -> Callable[[Element], str]:
    return lambda element: element.get(name, missing)


def _child(kind: str) -> Callable[[Element], str]:
    return lambda element: text_of(element.child(kind))


EXPRESSIONS: dict[str, tuple[tuple[Callable[[Element], str], TextCheck], ...]] = {
    "zeebe:taskDefinition": ((_attribute("type"), mandatory), (_attribute("retries"), optional)),
    "zeebe:calledElement": ((_attribute("processId"), mandatory),),
    "zeebe:calledDecision": ((_attribute("decisionId"), mandatory),),
    "zeebe:script": ((_attribute("expression"), mandatory_non_static),),
    "zeebe:subscription": ((_attribute("correlationKey"), mandatory_non_static),),
    "zeebe:input": ((_attribute("source", NO_SOURCE), mandatory), (_attribute("target"), path)),
    "zeebe:output": ((_attribute("source"), mandatory_non_static), (_attribute("target"), path)),
    "zeebe:loopCharacteristics": (
        (_attribute("inputCollection"), mandatory_non_static),
        (_attribute("outputElement"), non_static),
    ),
    "zeebe:adHoc": ((_attribute("activeElementsCollection"), non_static), (_attribute("outputElement"), non_static)),
    "zeebe:assignmentDefinition": (
        (_attribute("assignee"), optional),
        (_attribute("candidateGroups"), comma_list),
        (_attribute("candidateUsers"), comma_list),
    ),
    "zeebe:taskSchedule": ((_attribute("dueDate"), date), (_attribute("followUpDate"), date)),
    "zeebe:priorityDefinition": ((_attribute("priority"), priority),),
    "conditionExpression": ((text_of, condition),),
    "conditionalEventDefinition": ((_child("condition"), condition),),
    "multiInstanceLoopCharacteristics": ((_child("completionCondition"), optional),),
    "adHocSubProcess": ((_child("completionCondition"), optional),),
    "timerEventDefinition": (
        (_child("timeDuration"), optional),
        (_child("timeDate"), optional),
        (_child("timeCycle"), optional),
    ),
    "message": ((_attribute("name"), optional),),
    "signal": ((_attribute("name"), optional),),
}
"""Kind of element -> what is read from it, and how it is checked."""

KINDS = frozenset(EXPRESSIONS)
