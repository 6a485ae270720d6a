"""ZeebeUserTaskFormValidator."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions, text_of
from kiang.bpmn.document import Element

NAME = "ZeebeUserTaskFormValidator"
KINDS = frozenset({"zeebe:userTaskForm"})


def check(_file: Definitions, element: Element) -> Iterator[str]:
    """An embedded form has a text."""
    if not text_of(element):
        yield "User task form text content has to be present and not empty"
