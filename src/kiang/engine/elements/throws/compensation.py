"""Throwing compensation (engine-semantics §15)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.actions import compensation
from kiang.engine.elements.behavior import ElementBehavior, activated, complete_soon
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope


class ThrowCompensation(ElementBehavior):
    """Waits until all handlers are done."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Call the handlers."""
        assert node.event is not None
        activated(p, element)
        if not compensation.trigger(p, element, node.event.activity_ref):
            complete_soon(p, element)
