"""An event interrupts an element: the element ends first, then the event goes on (engine-semantics §10)."""

from __future__ import annotations

import msgspec

from kiang.bpmn.model import FlowNode
from kiang.engine.actions.variables import set_local
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.commands import CompleteElement, TerminateElement
from kiang.protocol.document import Document
from kiang.protocol.events import ElementActivated, ElementActivating, EventTriggered


class Trigger(msgspec.Struct):
    """What is to come once the interrupted element has ended.

    Attributes:
        element_id: The catch event.
        variables: That the event brings.
    """

    element_id: str
    variables: Document


_write = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(Trigger).decode


def interrupt(p: Processing, element: Scope, catcher: FlowNode, variables: Document) -> None:
    """A boundary event of `element` has happened: end the element, then go on at the event."""
    p.emit(EventTriggered(element.key, _write(Trigger(catcher.id, variables)).decode()))
    p.enqueue(TerminateElement(element.key))


def go_on(p: Processing, element: Scope, scope: Scope) -> None:
    """The interrupted element has ended: enter the boundary event, its variables in its own scope."""
    trigger = _read(element.trigger)
    definition = p.state.definition(scope.process_definition_key)
    assert definition is not None
    enter_event(p, scope, definition.process.nodes[trigger.element_id], trigger.variables)


def enter_event(p: Processing, scope: Scope, catcher: FlowNode, variables: Document) -> None:
    """Enter an event that has happened already: it does not wait."""
    key = p.state.next_key()
    p.emit(ElementActivating(key, scope.process_instance_key, scope.key, catcher.id, catcher.type, consumes_flow=False))
    p.emit(ElementActivated(key))
    set_local(p, p.state.resident(key), variables)
    p.enqueue(CompleteElement(key))
