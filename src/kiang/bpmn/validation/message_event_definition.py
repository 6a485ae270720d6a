"""MessageEventDefinitionValidator."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element
from kiang.bpmn.elements import CATCH_EVENTS

NAME = "MessageEventDefinitionValidator"
KINDS = frozenset({"messageEventDefinition"})


def check(file: Definitions, element: Element) -> Iterator[str]:
    """A catch event needs a message."""
    is_caught = element.parent is not None and element.parent.kind in CATCH_EVENTS
    if is_caught and file.referenced(element, "messageRef", "message") is None:
        yield "Must reference a message"
