"""Jumping to a link catch event (engine-semantics §9)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.actions import flows
from kiang.engine.elements.behavior import ElementBehavior, completed
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope


class ThrowLink(ElementBehavior):
    """Goes on at the catch event of the same name."""

    def complete(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Jump."""
        assert node.link_target is not None
        completed(p, element)
        flows.jump(p, p.state.resident(element.scope_key), node.link_target)
