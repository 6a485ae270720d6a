"""ExecutionListenersValidator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element

NAME = "ExecutionListenersValidator"
KINDS = frozenset({"zeebe:executionListeners"})

HOLDERS = (
    "process",
    "subProcess",
    "callActivity",
    "task",
    "sendTask",
    "serviceTask",
    "scriptTask",
    "userTask",
    "receiveTask",
    "businessRuleTask",
    "manualTask",
    "startEvent",
    "intermediateThrowEvent",
    "intermediateCatchEvent",
    "boundaryEvent",
    "endEvent",
    "exclusiveGateway",
    "inclusiveGateway",
    "parallelGateway",
    "eventBasedGateway",
)
"""Elements that may have execution listeners, in the order in which the message lists them."""

SINCE_AD_HOC = frozenset({"adHocSubProcess"})
"""Elements of later versions, which the message of 8.6 does not list."""


def check(_file: Definitions, element: Element) -> Iterator[str]:
    """Where they are, and that no two are the same."""
    holder = element.parent.parent if element.parent is not None else None
    kind = "" if holder is None else holder.kind
    if kind not in HOLDERS and kind not in SINCE_AD_HOC:
        yield (
            f"Execution listeners are not supported for the '{kind}' element. "
            f"Currently, only [{', '.join(HOLDERS)}] elements can have execution listeners."
        )
    yield from duplicate_listeners(element, "zeebe:executionListener")


def duplicate_listeners(listeners: Element, kind: str) -> Iterator[str]:
    """Listeners with the same event type and job type."""
    counts = Counter(
        (listener.get("eventType", "null"), listener.get("type", "null")) for listener in listeners.all(kind)
    )
    for (event_type, job_type), count in counts.items():
        if count > 1:
            yield (
                f"Found '{count}' duplicates based on eventType[{event_type}] and type[{job_type}], "
                "these combinations should be unique."
            )
