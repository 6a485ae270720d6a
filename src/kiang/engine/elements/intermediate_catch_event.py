"""Intermediate catch event: waits for its event; a link passes through (engine-semantics §9, §10)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.actions import subscriptions
from kiang.engine.elements.behavior import CatchBehavior, activated, complete_soon
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
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
