"""Boundary event: it is entered only after it has happened (engine-semantics §10)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.actions.variables import propagate
from kiang.engine.elements.behavior import ElementBehavior
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.document import Document
from kiang.protocol.enums import EventType


class BoundaryEvent(ElementBehavior):
    """Passes the token on, and the variables of its event; those of an error leave it only by output mappings."""

    def apply_outputs(self, p: Processing, element: Scope, node: FlowNode, variables: Document) -> None:
        """Variables of the event are local to it already."""
        if node.outputs is not None:
            super().apply_outputs(p, element, node, variables)
        elif node.event is not None and node.event.type != EventType.ERROR:
            local = {name: variable.value for name, variable in (element.variables or {}).items()}
            propagate(p, p.state.resident(element.scope_key), local)
