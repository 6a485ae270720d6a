"""EventBasedGatewayValidator."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions, event_definitions
from kiang.bpmn.document import Element
from kiang.bpmn.validation.duplicate import duplicates

NAME = "EventBasedGatewayValidator"
KINDS = frozenset({"eventBasedGateway"})

SUPPORTED = frozenset(
    {"messageEventDefinition", "timerEventDefinition", "signalEventDefinition", "conditionalEventDefinition"}
)

FLOWS_MIN = 2


def check(file: Definitions, element: Element) -> Iterator[str]:
    """The events that it waits for."""
    flows = file.listed_flows(element, "outgoing")
    targets = [file.by_id[id_] for flow in flows if (id_ := flow.get("targetRef").strip()) in file.by_id]
    if len(flows) < FLOWS_MIN:
        yield f"Event-based gateway must have at least {FLOWS_MIN} outgoing sequence flows."
    if not all(_is_supported(target) for target in targets):
        yield (
            "Event-based gateway must not have an outgoing sequence flow to other elements than "
            "message/timer/signal intermediate catch events."
        )
    yield from duplicates(file, dict.fromkeys(targets), ("message", "signal"))
    for target in dict.fromkeys(targets):
        if any(flow.get("sourceRef").strip() != element.id for flow in file.listed_flows(target, "incoming")):
            yield (
                "Target elements of an event gateway must not have any additional incoming sequence flows "
                "other than that from the event gateway."
            )
            break


def _is_supported(target: Element) -> bool:
    if target.kind != "intermediateCatchEvent":
        return False
    definitions = event_definitions(target)
    return len(definitions) == 1 and definitions[0].kind in SUPPORTED
