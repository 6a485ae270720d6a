"""SubProcessValidator."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions, event_definitions, is_event_sub_process
from kiang.bpmn.document import Element
from kiang.bpmn.validation.duplicate import duplicates, link_duplicates
from kiang.bpmn.validation.event_type import check_interrupting
from kiang.bpmn.validation.link import missing_link_targets
from kiang.bpmn.validation.process import event_sub_process_starts

NAME = "SubProcessValidator"
KINDS = frozenset({"subProcess", "transaction"})

EVENT_SUB_PROCESS_STARTS = frozenset(
    {
        "messageEventDefinition",
        "timerEventDefinition",
        "errorEventDefinition",
        "signalEventDefinition",
        "escalationEventDefinition",
        "conditionalEventDefinition",
    }
)


def check(file: Definitions, element: Element) -> Iterator[str]:
    """Its only start event, what its event sub-processes wait for, and its links."""
    starts = element.all("startEvent")
    if len(starts) != 1:
        yield "Must have exactly one start event"
    elif is_event_sub_process(element):
        yield from _check_event_start(element, starts[0])
    elif event_definitions(starts[0]):
        yield "Start events in subprocesses must be of type none"
    yield from duplicates(file, event_sub_process_starts(element), ("message", "signal", "error", "escalation"))
    yield from link_duplicates(element.walk())
    yield from missing_link_targets(element)


def _check_event_start(element: Element, start: Element) -> Iterator[str]:
    definitions = event_definitions(start)
    is_compensation = any(definition.kind == "compensateEventDefinition" for definition in definitions)
    if is_compensation and element.parent is not None and element.parent.kind == "process":
        yield "A compensation event subprocess is not allowed on the process level"
    if not definitions or any(definition.kind not in EVENT_SUB_PROCESS_STARTS for definition in definitions):
        yield "Start events in event subprocesses must be one of: message, timer, error, signal or escalation"
    for definition in definitions:
        yield from check_interrupting(start, definition, "isInterrupting")
