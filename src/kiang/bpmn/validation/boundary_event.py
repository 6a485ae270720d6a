"""BoundaryEventValidator."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions, event_definitions, local_name
from kiang.bpmn.document import Element
from kiang.bpmn.elements import ACTIVITIES, FLOW_NODES
from kiang.bpmn.validation.event_type import check_interrupting
from kiang.bpmn.validation.listener import unsupported_listeners

NAME = "BoundaryEventValidator"
KINDS = frozenset({"boundaryEvent"})

SUPPORTED = frozenset(
    {
        "timerEventDefinition",
        "messageEventDefinition",
        "errorEventDefinition",
        "signalEventDefinition",
        "escalationEventDefinition",
        "compensateEventDefinition",
        "conditionalEventDefinition",
    }
)

ESCALATION_HOLDERS = frozenset({"subProcess", "adHocSubProcess", "transaction", "callActivity"})


def check(file: Definitions, element: Element) -> Iterator[str]:
    """What it is attached to, its flows and its only event definition."""
    activity = file.by_id.get(local_name(element.get("attachedToRef")))
    if activity is None or activity.kind not in ACTIVITIES:
        yield "Must be attached to an activity"
    is_compensation = element.child("compensateEventDefinition") is not None
    handlers = file.associations.get(element.id, []) if is_compensation else []
    if not file.listed_flows(element, "outgoing") and not handlers:
        yield "Must have at least one outgoing sequence flow or association"
    for handler in handlers:
        if handler.kind not in ACTIVITIES and handler.kind in FLOW_NODES:
            yield f"Expected the compensation handler '{handler.id}' to be an activity, but it is a {handler.kind}"
    if file.listed_flows(element, "incoming"):
        yield "Cannot have incoming sequence flows"
    definitions = event_definitions(element)
    if len(definitions) != 1:
        yield "Must have exactly one event definition"
        return
    definition = definitions[0]
    if definition.kind not in SUPPORTED:
        yield "Boundary events must be one of: timer, message, error, signal, escalation"
    if is_compensation:
        if element.extensions("zeebe:executionListeners"):
            yield ("Execution listeners of type 'start' and 'end' are not supported by [compensation] boundary events")
    else:
        yield from unsupported_listeners(element, "start", "boundary events")
    yield from check_interrupting(element, definition, "cancelActivity")
    is_escalation = definition.kind == "escalationEventDefinition"
    if is_escalation and activity is not None and activity.kind not in ESCALATION_HOLDERS:
        yield "An escalation boundary event should only be attached to a subprocess, or a call activity."
