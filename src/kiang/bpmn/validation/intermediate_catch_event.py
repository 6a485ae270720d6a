"""IntermediateCatchEventValidator."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions, event_definitions
from kiang.bpmn.document import Element

NAME = "IntermediateCatchEventValidator"
KINDS = frozenset({"intermediateCatchEvent"})

SUPPORTED = frozenset(
    {
        "messageEventDefinition",
        "timerEventDefinition",
        "signalEventDefinition",
        "linkEventDefinition",
        "conditionalEventDefinition",
    }
)


def check(_file: Definitions, element: Element) -> Iterator[str]:
    """Its only event definition."""
    definitions = event_definitions(element)
    if len(definitions) != 1:
        yield "Must have exactly one event definition"
        return
    definition = definitions[0]
    if definition.kind not in SUPPORTED:
        yield "Event definition must be one of: message, timer, signal, or link"
    elif definition.kind == "timerEventDefinition":
        given = [kind for kind in ("timeDuration", "timeDate") if definition.child(kind) is not None]
        if len(given) != 1:
            yield "Intermediate timer catch event must have either a time duration or a time date."
