"""Parallel gateway: joins one token of each incoming flow, then takes all outgoing flows (engine-semantics §18).

Waiting for the tokens is done in front of it (`lifecycle.activate`): it has no instance before it fires.
"""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.elements.behavior import ElementBehavior, activated, leave
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.events import ElementCompleting


class ParallelGateway(ElementBehavior):
    """Left in the same step in which it is entered."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Pass one token out on each flow."""
        activated(p, element)
        p.emit(ElementCompleting(element.key))
        leave(p, element, node)
