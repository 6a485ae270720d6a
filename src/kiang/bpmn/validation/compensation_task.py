"""CompensationTaskValidator."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions, flag
from kiang.bpmn.document import Element
from kiang.bpmn.elements import ACTIVITIES

NAME = "CompensationTaskValidator"
KINDS = ACTIVITIES


def check(file: Definitions, element: Element) -> Iterator[str]:
    """A compensation handler is entered and left by compensation alone."""
    if not flag(element, "isForCompensation", default=False):
        return
    if file.listed_flows(element, "incoming"):
        yield "A compensation handler should have no incoming sequence flows"
    if file.listed_flows(element, "outgoing"):
        yield "A compensation handler should have no outgoing sequence flows"
    if element.id in file.boundary_events:
        yield "A compensation handler should have no boundary events"
