"""Every element that the engine works with has an id."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element
from kiang.bpmn.elements import FLOW_NODES

NAME = "ElementIdValidator"
KINDS = frozenset(FLOW_NODES) | {"process", "sequenceFlow"}


def check(_file: Definitions, element: Element) -> Iterator[str]:
    """The attribute `id`; the original fails at it with an internal error."""
    if not element.id:
        yield f"Expected the {element.kind} in line {element.line} to have an attribute 'id', but it has none"
