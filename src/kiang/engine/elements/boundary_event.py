"""Boundary event: it is entered only after it has happened (engine-semantics §10)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.elements.behavior import CatchBehavior
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.document import Document
from kiang.protocol.enums import EventType


class BoundaryEvent(CatchBehavior):
    """Passes the token on, and the variables of its event; those of an error leave it only by output mappings."""

    def apply_outputs(self, p: Processing, element: Scope, node: FlowNode, variables: Document) -> None:
        """Variables of the event are local to it already."""
        if node.outputs is not None or (node.event is not None and node.event.type != EventType.ERROR):
            super().apply_outputs(p, element, node, variables)
