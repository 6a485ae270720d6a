"""What throw and end events do, one file per type of event; intermediate throw events and end events share them."""

from kiang.bpmn.model import FlowNode
from kiang.engine.elements.behavior import ElementBehavior
from kiang.engine.elements.throws.compensation import ThrowCompensation
from kiang.engine.elements.throws.error import ThrowError
from kiang.engine.elements.throws.escalation import ThrowEscalation
from kiang.engine.elements.throws.link import ThrowLink
from kiang.engine.elements.throws.message import ThrowMessage
from kiang.engine.elements.throws.signal import ThrowSignal
from kiang.engine.elements.throws.terminate import ThrowTerminate
from kiang.protocol.enums import EventType

THROWS: dict[EventType, ElementBehavior] = {
    EventType.NONE: ElementBehavior(),
    EventType.MESSAGE: ThrowMessage(),
    EventType.ERROR: ThrowError(),
    EventType.ESCALATION: ThrowEscalation(),
    EventType.COMPENSATION: ThrowCompensation(),
    EventType.LINK: ThrowLink(),
    EventType.SIGNAL: ThrowSignal(),
    EventType.TERMINATE: ThrowTerminate(),
}
"""By the type of the event."""


def throw_of(node: FlowNode) -> ElementBehavior:
    """What an event does that throws."""
    return THROWS[EventType.NONE if node.event is None else node.event.type]
