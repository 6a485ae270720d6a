"""Receive task: waits for a message (engine-semantics §9)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.actions import subscriptions
from kiang.engine.elements.behavior import ElementBehavior, activated
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope


class ReceiveTask(ElementBehavior):
    """Waits until its message has come."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Begin to wait."""
        subscriptions.open_for(p, element, node, (node,))
        activated(p, element)
