"""Event types of listeners: an unknown one is named beside those that there are."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.attributes import EXECUTION_LISTENER_EVENTS, TASK_LISTENER_EVENTS
from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element

NAME = "ZeebeListenerEventTypeValidator"

ALLOWED = {"zeebe:executionListener": EXECUTION_LISTENER_EVENTS, "zeebe:taskListener": TASK_LISTENER_EVENTS}

KINDS = frozenset(ALLOWED)


def check(_file: Definitions, element: Element) -> Iterator[str]:
    """An event type that the listener cannot have."""
    allowed = ALLOWED[element.kind]
    given = element.get("eventType")
    if given and given not in allowed:
        yield f"Expected attribute 'eventType' to be one of {', '.join(allowed)}, but was '{given}'"
