"""StartEventValidator."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions, event_definitions
from kiang.bpmn.document import Element
from kiang.bpmn.validation.listener import unsupported_listeners

NAME = "StartEventValidator"
KINDS = frozenset({"startEvent"})


def check(_file: Definitions, element: Element) -> Iterator[str]:
    """At most one event definition, no start listeners."""
    if len(event_definitions(element)) > 1:
        yield "Start event can't have more than one type"
    yield from unsupported_listeners(element, "start", "start events")
