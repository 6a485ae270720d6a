"""Inclusive gateway: every flow whose condition holds; joins the tokens that can still come (engine-semantics §18).

Waiting for the tokens is done in front of it (`actions.joins`).
"""

from __future__ import annotations

from kiang.bpmn.model import FlowNode, SequenceFlow
from kiang.engine.actions import flows
from kiang.engine.actions.expressions import evaluate_boolean
from kiang.engine.elements.behavior import ElementBehavior, activated, completed, end_path
from kiang.engine.elements.exclusive_gateway import NO_FLOW_TEXT
from kiang.engine.failure import Failure
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.enums import ErrorType
from kiang.protocol.events import ElementCompleting


class InclusiveGateway(ElementBehavior):
    """Decides when it is entered and is left in the same step."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Take every flow, in the order of the model, whose condition holds; if none does, the default flow."""
        chosen = self._choose(p, element, node)
        activated(p, element)
        p.emit(ElementCompleting(element.key))
        if not node.outgoing:
            end_path(p, element)
            return
        completed(p, element)
        for flow in chosen:
            flows.take(p, element, flow)

    @staticmethod
    def _choose(p: Processing, element: Scope, node: FlowNode) -> list[SequenceFlow]:
        default = None if node.default_flow is None else node.default_flow.id
        chosen = [
            flow
            for flow in node.outgoing
            if flow.id != default and (flow.condition is None or evaluate_boolean(p, element, flow.condition))
        ]
        if chosen or not node.outgoing:
            return chosen
        if node.default_flow is None:
            raise Failure(ErrorType.CONDITION_ERROR, NO_FLOW_TEXT)
        return [node.default_flow]
