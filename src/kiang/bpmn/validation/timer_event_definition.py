"""TimerEventDefinitionValidator."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element

NAME = "TimerEventDefinitionValidator"
KINDS = frozenset({"timerEventDefinition"})

TIMERS = ("timeDuration", "timeDate", "timeCycle")


def check(_file: Definitions, element: Element) -> Iterator[str]:
    """Exactly one kind of timer."""
    if sum(1 for kind in TIMERS if element.child(kind) is not None) != 1:
        yield "Must be exactly one type of timer: timeDuration, timeDate or timeCycle"
