"""EscalationEventDefinitionValidator and EscalationValidator."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element
from kiang.bpmn.elements import THROW_EVENTS

NAME = "EscalationEventDefinitionValidator"
KINDS = frozenset({"escalation", "escalationEventDefinition"})


def check(file: Definitions, element: Element) -> Iterator[str]:
    """A throw event needs an escalation with a code; a catch event waits for a static one or for all."""
    if element.kind == "escalation":
        throwers = file.references("escalationEventDefinition", "escalationRef").get(element.id, [])
        if not element.get("escalationCode") and any(_is_thrown(definition) for definition in throwers):
            yield "EscalationCode must be present and not empty"
        return
    escalation = file.referenced(element, "escalationRef", "escalation")
    if _is_thrown(element):
        if escalation is None:
            yield "Must reference an escalation"
    elif escalation is not None and escalation.get("escalationCode").startswith("="):
        yield "The escalationCode of the escalation catch event is not allowed to be an expression"


def _is_thrown(definition: Element) -> bool:
    return definition.parent is not None and definition.parent.kind in THROW_EVENTS
