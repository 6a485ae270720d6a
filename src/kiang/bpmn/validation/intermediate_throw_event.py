"""IntermediateThrowEventValidator."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element

NAME = "IntermediateThrowEventValidator"
KINDS = frozenset({"intermediateThrowEvent"})


def check(_file: Definitions, element: Element) -> Iterator[str]:
    """A compensation throw event waits for its handlers."""
    for definition in element.all("compensateEventDefinition"):
        if definition.get("waitForCompletion").strip() == "false":
            yield "A compensation intermediate throwing event waitForCompletion attribute must be true or not present"
