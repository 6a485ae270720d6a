"""Terminating everything else in a scope (engine-semantics §9)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.elements.behavior import ElementBehavior, end_path
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.commands import TerminateChildren
from kiang.protocol.events import EventTriggered


class ThrowTerminate(ElementBehavior):
    """Completes itself and ends everything else in its scope, which then completes."""

    def complete(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Nothing new begins in the scope from here on."""
        scope = p.state.resident(element.scope_key)
        p.emit(EventTriggered(scope.key, "", node.id))
        end_path(p, element)
        if scope.children:
            p.enqueue(TerminateChildren(scope.key))
