"""Intermediate throw event: of the kinds that `throws` knows (engine-semantics §9)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.elements.behavior import ElementBehavior
from kiang.engine.elements.throws import throw_of
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope


class IntermediateThrowEvent(ElementBehavior):
    """Throws its event and passes the token on."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Throw."""
        throw_of(node).activate(p, element, node)

    def complete(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Leave."""
        throw_of(node).complete(p, element, node)
