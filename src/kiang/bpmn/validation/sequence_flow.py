"""SequenceFlowValidator: flows that must have a condition, and ends that must be flow nodes."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element
from kiang.bpmn.elements import FLOW_NODES, UNSUPPORTED_NODES

NAME = "SequenceFlowValidator"
KINDS = frozenset({"sequenceFlow"})

_MISSING = {
    "exclusiveGateway": "Must have a condition or be default flow",
    "inclusiveGateway": "Must have a condition",
}


def _process_of(element: Element) -> Element | None:
    at: Element | None = element
    while at is not None and at.kind != "process":
        at = at.parent
    return at


def check(file: Definitions, element: Element) -> Iterator[str]:
    """Where it leads, and its condition."""
    for attribute in ("sourceRef", "targetRef"):
        end = file.by_id.get(element.get(attribute).strip())
        if end is not None and end.kind not in FLOW_NODES and end.kind not in UNSUPPORTED_NODES:
            yield f"Expected attribute '{attribute}' to name a flow node, but '{end.id}' is a {end.kind}"
        elif end is not None and _process_of(end) is not _process_of(element):
            yield f"Expected attribute '{attribute}' to name a flow node of this process, but '{end.id}' is in another one"
    source = file.by_id.get(element.get("sourceRef").strip())
    if source is None or source.kind not in _MISSING:
        return
    is_default = source.get("default").strip() == element.id
    if (
        not is_default
        and element.child("conditionExpression") is None
        and len(file.listed_flows(source, "outgoing")) > 1
    ):
        yield _MISSING[source.kind]
