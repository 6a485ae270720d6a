"""Embedded sub-process: a scope of its own inside a process (engine-semantics §9)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.actions import flows
from kiang.engine.elements.behavior import ContainerBehavior, activated
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope


class SubProcess(ContainerBehavior):
    """Begins at its none start event and completes when nothing inside is left."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Enter the start event; when that is left, the boundary events begin to wait (`StartEvent.complete`)."""
        assert node.none_start is not None
        activated(p, element)
        flows.enter(p, element, node.none_start)
