"""AdHocSubProcessValidator (8.7)."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions, flag
from kiang.bpmn.document import Element
from kiang.bpmn.elements import ACTIVITIES

NAME = "AdHocSubProcessValidator"
KINDS = frozenset({"adHocSubProcess"})


def check(_file: Definitions, element: Element) -> Iterator[str]:
    """Something to do inside, and neither a start nor an end."""
    inside = [child for child in element.children if child.kind in ACTIVITIES]
    if all(flag(child, "triggeredByEvent", default=False) for child in inside):
        yield "Must have at least one activity."
    if element.child("startEvent") is not None:
        yield "Must not contain a start event"
    if element.child("endEvent") is not None:
        yield "Must not contain an end event"
