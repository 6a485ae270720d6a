"""SignalEventDefinitionValidator and SignalValidator."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element

NAME = "SignalValidator"
KINDS = frozenset({"signal", "signalEventDefinition"})


def check(file: Definitions, element: Element) -> Iterator[str]:
    """The reference and the name."""
    if element.kind == "signalEventDefinition":
        if file.referenced(element, "signalRef", "signal") is None:
            yield "Must reference a signal"
    elif element.id in file.references("signalEventDefinition", "signalRef") and not element.get("name"):
        yield "Name must be present and not empty"
