"""Extension elements that may occur once."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element

NAME = "SingleExtensionValidator"
KINDS = frozenset({"extensionElements"})

SINGLE = frozenset(
    {
        "zeebe:ioMapping",
        "zeebe:taskHeaders",
        "zeebe:executionListeners",
        "zeebe:taskListeners",
        "zeebe:formDefinition",
        "zeebe:assignmentDefinition",
        "zeebe:taskSchedule",
        "zeebe:priorityDefinition",
        "zeebe:userTask",
        "zeebe:versionTag",
        "zeebe:adHoc",
        "zeebe:conditionalFilter",
    }
)


def repeated(element: Element) -> int:
    """How often the first repeated one occurs; 1 if none does."""
    counts: dict[str, int] = {}
    for child in element.children:
        if child.kind in SINGLE:
            counts[child.kind] = counts.get(child.kind, 0) + 1
    return next((count for count in counts.values() if count > 1), 1)


def check(_file: Definitions, element: Element) -> Iterator[str]:
    """Nothing twice."""
    count = repeated(element)
    if count > 1:
        yield f"Collection expected to have <1> entry but has <{count}>"
