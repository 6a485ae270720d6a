"""LinkEventDefinitionValidator."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element

NAME = "LinkEventDefinitionValidator"
KINDS = frozenset({"linkEventDefinition"})


def check(_file: Definitions, element: Element) -> Iterator[str]:
    """Its name."""
    if not element.get("name"):
        yield "Link name must be present and not empty."
