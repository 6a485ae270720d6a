"""ZeebeElementValidator: attributes of extension elements that must not be empty."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element

NAME = "ZeebeElementValidator"

REQUIRED = {
    "zeebe:publishMessage": ("correlationKey",),
    "zeebe:calledDecision": ("resultVariable",),
    "zeebe:script": ("resultVariable",),
    "zeebe:executionListener": ("eventType", "type"),
    "zeebe:taskListener": ("eventType", "type"),
}

KINDS = frozenset(REQUIRED)


def check(_file: Definitions, element: Element) -> Iterator[str]:
    """Attributes that are missing or empty."""
    for attribute in REQUIRED[element.kind]:
        if not element.get(attribute):
            yield f"Attribute '{attribute}' must be present and not empty"
