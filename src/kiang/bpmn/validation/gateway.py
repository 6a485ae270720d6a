"""GatewayValidator."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element
from kiang.bpmn.elements import GATEWAYS
from kiang.bpmn.validation.listener import unsupported_listeners

NAME = "GatewayValidator"
KINDS = GATEWAYS


def check(_file: Definitions, element: Element) -> Iterator[str]:
    """No end listeners."""
    yield from unsupported_listeners(element, "end", "gateway element")
