"""FlowNodeValidator: conditions only where the engine evaluates them."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element
from kiang.bpmn.elements import FLOW_NODES, GATEWAYS_WITH_CONDITIONS

NAME = "FlowNodeValidator"
KINDS = frozenset(FLOW_NODES) - GATEWAYS_WITH_CONDITIONS


def check(file: Definitions, element: Element) -> Iterator[str]:
    """No flow that leaves it has a condition."""
    if any(flow.child("conditionExpression") is not None for flow in file.listed_flows(element, "outgoing")):
        yield "Conditional sequence flows are only supported at exclusive or inclusive gateway"
