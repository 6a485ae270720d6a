"""ActivityValidator: boundary events of one activity must differ."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element
from kiang.bpmn.validation.duplicate import duplicates

NAME = "ActivityValidator"


def check(file: Definitions, element: Element) -> Iterator[str]:
    """Boundary events for the same message, signal, error or escalation."""
    return duplicates(file, file.boundary_events.get(element.id, []), ("message", "signal", "error", "escalation"))
