"""MessageThrowEventValidator and SendTaskValidator: a message is thrown by a job or published by the engine."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element
from kiang.bpmn.validation.extension_elements import either_one

NAME = "MessageThrowEventValidator"
KINDS = frozenset({"endEvent", "intermediateThrowEvent", "sendTask"})


def check(file: Definitions, element: Element) -> Iterator[str]:
    """The job or the message to publish; what is published needs a message."""
    if element.kind == "sendTask":
        if element.extensions("zeebe:publishMessage") and file.referenced(element, "messageRef", "message") is None:
            yield "Must reference a message"
        return
    for definition in element.all("messageEventDefinition"):
        publish = definition.extensions("zeebe:publishMessage")
        if len(publish) + len(element.extensions("zeebe:taskDefinition")) != 1:
            yield either_one("zeebe:publishMessage")
        elif publish and file.referenced(definition, "messageRef", "message") is None:
            yield "Must reference a message"
