"""verifyEventDefinition: which event types may interrupt, and which must (§24 ModelUtil)."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import flag
from kiang.bpmn.document import Element

MAY_BE_NON_INTERRUPTING = frozenset(
    {
        "messageEventDefinition",
        "timerEventDefinition",
        "signalEventDefinition",
        "escalationEventDefinition",
        "conditionalEventDefinition",
    }
)


def check_interrupting(event: Element, definition: Element, attribute: str) -> Iterator[str]:
    """Whether a boundary event or the start event of an event sub-process may interrupt or not.

    Args:
        event: The event.
        definition: Its event definition.
        attribute: The one that says whether it interrupts.
    """
    interrupting = flag(event, attribute, default=True)
    if not interrupting and definition.kind not in MAY_BE_NON_INTERRUPTING:
        yield "Non-Interrupting event of this type is not allowed"
    if interrupting and definition.kind == "timerEventDefinition" and definition.child("timeCycle") is not None:
        yield "Interrupting timer event with time cycle is not allowed."
