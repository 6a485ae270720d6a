"""TaskListenersValidator (8.8)."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element
from kiang.bpmn.validation.execution_listeners import duplicate_listeners

NAME = "TaskListenersValidator"
KINDS = frozenset({"zeebe:taskListeners"})


def check(_file: Definitions, element: Element) -> Iterator[str]:
    """No two listeners are the same."""
    yield from duplicate_listeners(element, "zeebe:taskListener")
