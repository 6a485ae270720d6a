"""EventDefinitionValidator."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element
from kiang.bpmn.elements import UNSUPPORTED_EVENT_DEFINITIONS

NAME = "EventDefinitionValidator"
KINDS = UNSUPPORTED_EVENT_DEFINITIONS


def check(_file: Definitions, _element: Element) -> Iterator[str]:
    """Event definitions that the engine does not execute."""
    yield "Event definition of this type is not supported"
