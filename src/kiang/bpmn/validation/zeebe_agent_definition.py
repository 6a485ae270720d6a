"""AgentDefinitionValidator (8.10): which elements agents work on."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element

NAME = "AgentDefinitionValidator"
KINDS = frozenset({"zeebe:agentDefinition"})

WORDS = {"serviceTask": "a service task", "adHocSubProcess": "an ad-hoc sub-process"}
ALLOWED = {
    "aiAgentSubProcess": ("adHocSubProcess",),
    "aiAgentTask": ("serviceTask",),
    "external": ("serviceTask", "adHocSubProcess"),
}
"""Type of agent to the elements that may have one."""


def check(_file: Definitions, element: Element) -> Iterator[str]:
    """A known type, on an element that may have it, and one only."""
    given = element.get("agentType")
    if not given:
        yield "Attribute 'agentType' must be present and not empty"
        return
    if given not in ALLOWED:
        yield f"Attribute 'agentType' must be one of: {', '.join(sorted(ALLOWED))}"
        return
    owner = element.parent.parent if element.parent is not None else None
    if owner is None or owner.kind not in ALLOWED[given]:
        yield f"agentType '{given}' is only allowed on {' or '.join(WORDS[kind] for kind in ALLOWED[given])}."
    elif owner.extensions("zeebe:agentDefinition")[0] is not element:
        yield "Must have exactly one 'zeebe:agentDefinition'"
