"""Intermediate catch event: waits for its event; a link passes through (engine-semantics §9, §10)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.actions import subscriptions
from kiang.engine.actions.scopes import is_event_of_gateway
from kiang.engine.actions.variables import propagate
from kiang.engine.elements.behavior import CatchBehavior, activated, complete_soon
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.document import Document
from kiang.protocol.enums import EventType


class IntermediateCatchEvent(CatchBehavior):
    """Waits until its event has happened."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Begin to wait."""
        assert node.event is not None
        if node.event.type == EventType.LINK:
            activated(p, element)
            complete_soon(p, element)
        else:
            subscriptions.open_for(p, element, node, (node,))
            activated(p, element)

    def apply_outputs(self, p: Processing, element: Scope, node: FlowNode, variables: Document) -> None:
        """An event that has waited itself does not keep what its event has brought; one behind a gateway does."""
        if node.outputs is None and not is_event_of_gateway(node):
            propagate(p, element, variables)
        else:
            super().apply_outputs(p, element, node, variables)
