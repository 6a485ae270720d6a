"""ReceiveTaskValidator."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element

NAME = "ReceiveTaskValidator"
KINDS = frozenset({"receiveTask"})


def check(file: Definitions, element: Element) -> Iterator[str]:
    """Its message, which no boundary event may wait for too."""
    message = file.referenced(element, "messageRef", "message")
    if message is None:
        yield "Must reference a message"
        return
    for event in file.boundary_events.get(element.id, []):
        for definition in event.all("messageEventDefinition"):
            other = file.referenced(definition, "messageRef", "message")
            if other is not None and other.get("name") and other.get("name") == message.get("name"):
                yield "Cannot reference the same message name as a boundary event"
