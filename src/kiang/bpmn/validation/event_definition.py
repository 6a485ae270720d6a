"""EventDefinitionValidator."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element
from kiang.bpmn.elements import THROW_EVENTS, UNSUPPORTED_EVENT_DEFINITIONS

NAME = "EventDefinitionValidator"
KINDS = UNSUPPORTED_EVENT_DEFINITIONS | {"conditionalEventDefinition"}


def check(_file: Definitions, element: Element) -> Iterator[str]:
    """Event definitions that the engine does not execute; a condition can only be waited for."""
    is_thrown = element.parent is not None and element.parent.kind in THROW_EVENTS
    if element.kind in UNSUPPORTED_EVENT_DEFINITIONS or is_thrown:
        yield "Event definition of this type is not supported"
