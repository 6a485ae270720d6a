"""ExclusiveGatewayValidator and InclusiveGatewayValidator: the default flow."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element

NAME = "ExclusiveGatewayValidator"
KINDS = frozenset({"exclusiveGateway", "inclusiveGateway"})


def check(file: Definitions, element: Element) -> Iterator[str]:
    """A default flow leaves its gateway."""
    reference = element.get("default").strip()
    flow = file.by_id.get(reference)
    if flow is not None and flow.get("sourceRef").strip() != element.id:
        yield "Default flow must start at gateway"
