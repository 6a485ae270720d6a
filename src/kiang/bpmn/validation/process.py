"""ProcessValidator."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions, event_definitions, is_event_sub_process
from kiang.bpmn.document import Element
from kiang.bpmn.validation.duplicate import duplicates, link_duplicates
from kiang.bpmn.validation.link import missing_link_targets

NAME = "ProcessValidator"
KINDS = frozenset({"process"})


def check(file: Definitions, element: Element) -> Iterator[str]:
    """Its start events, what its event sub-processes wait for, and its links."""
    starts = element.all("startEvent")
    if not starts:
        yield "Must have at least one start event"
    if sum(1 for start in starts if not event_definitions(start)) > 1:
        yield "Multiple none start events are not allowed"
    yield from duplicates(file, starts, ("signal", "conditional"))
    yield from duplicates(file, event_sub_process_starts(element), ("message", "signal", "error", "escalation"))
    yield from link_duplicates(element.walk())
    yield from missing_link_targets(element)


def event_sub_process_starts(scope: Element) -> list[Element]:
    """Start events of the event sub-processes directly inside."""
    return [start for child in scope.children if is_event_sub_process(child) for start in child.all("startEvent")]
