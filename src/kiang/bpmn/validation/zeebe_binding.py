"""Binding type and version tag of what refers to a process, decision, form or resource."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.attributes import BINDINGS
from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element
from kiang.protocol.enums import BindingType

NAME = "ZeebeBindingTypeValidator"
KINDS = frozenset({"zeebe:calledElement", "zeebe:calledDecision", "zeebe:formDefinition", "zeebe:linkedResource"})


def check(_file: Definitions, element: Element) -> Iterator[str]:
    """A known binding type, and a version tag exactly where it needs one."""
    given = element.get("bindingType")
    if given and given not in BINDINGS:
        yield f"Attribute 'bindingType' must be one of: {', '.join(sorted(BINDINGS))}"
        return
    tag = element.get("versionTag").strip()
    if given == BindingType.VERSION_TAG and not tag:
        yield "Attribute 'versionTag' must be present and not empty if 'bindingType' is 'versionTag'"
    if given != BindingType.VERSION_TAG and tag:
        yield "Attribute 'versionTag' may only be used if 'bindingType' is 'versionTag'"
