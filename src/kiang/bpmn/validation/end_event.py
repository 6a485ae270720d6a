"""EndEventValidator."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions, event_definitions
from kiang.bpmn.document import Element
from kiang.bpmn.validation.listener import unsupported_listeners

NAME = "EndEventValidator"
KINDS = frozenset({"endEvent"})

SUPPORTED = frozenset(
    {
        "errorEventDefinition",
        "messageEventDefinition",
        "terminateEventDefinition",
        "signalEventDefinition",
        "escalationEventDefinition",
        "compensateEventDefinition",
    }
)


def check(file: Definitions, element: Element) -> Iterator[str]:
    """Its flows and its event definition."""
    if file.listed_flows(element, "outgoing"):
        yield "End events must not have outgoing sequence flows to other elements."
    definitions = event_definitions(element)
    if len(definitions) > 1:
        yield "Must have at most one event definition"
    if len(definitions) != 1:
        return
    definition = definitions[0]
    if definition.kind not in SUPPORTED:
        yield "End events must be one of: none, error, message, terminate, signal, escalation or compensation"
    if definition.kind == "compensateEventDefinition" and definition.get("waitForCompletion").strip() == "false":
        yield "A compensation end event waitForCompletion attribute must be true or not present"
    if definition.kind == "errorEventDefinition":
        yield from unsupported_listeners(element, "end", "[error] end events")
