"""ExtensionElementsValidator: which extension elements an element must have."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element

NAME = "ExtensionElementsValidator"

EXACTLY_ONE = {
    "serviceTask": "zeebe:taskDefinition",
    "callActivity": "zeebe:calledElement",
    "multiInstanceLoopCharacteristics": "zeebe:loopCharacteristics",
}

EITHER_ONE = {
    "businessRuleTask": "zeebe:calledDecision",
    "scriptTask": "zeebe:script",
    "sendTask": "zeebe:publishMessage",
}
"""Instead of a `zeebe:taskDefinition`."""

KINDS = frozenset(EXACTLY_ONE) | frozenset(EITHER_ONE)


def check(_file: Definitions, element: Element) -> Iterator[str]:
    """Exactly one, or one of two."""
    if element.kind in EXACTLY_ONE:
        kind = EXACTLY_ONE[element.kind]
        if len(element.extensions(kind)) != 1:
            yield f"Must have exactly one '{kind}' extension element"
        return
    kind = EITHER_ONE[element.kind]
    if len(element.extensions(kind)) + len(element.extensions("zeebe:taskDefinition")) != 1:
        yield either_one(kind)


def either_one(kind: str) -> str:
    """What is said when neither or both of `kind` and a job are there."""
    return f"Must have either one '{kind}' or one 'zeebe:taskDefinition' extension element"
