"""Exclusive gateway: the first flow whose condition holds (engine-semantics §18)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode, SequenceFlow
from kiang.engine.actions import flows
from kiang.engine.actions.expressions import evaluate_boolean
from kiang.engine.elements.behavior import ElementBehavior, activated, completed, end_path
from kiang.engine.failure import Failure
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.enums import ErrorType
from kiang.protocol.events import ElementCompleting

NO_FLOW_TEXT = "Expected at least one condition to evaluate to true, or to have a default flow"


class ExclusiveGateway(ElementBehavior):
    """Decides when it is entered and is left in the same step."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Take the first flow, in the order of the model, whose condition holds; else the default flow."""
        flow = self._choose(p, element, node)
        activated(p, element)
        p.emit(ElementCompleting(element.key))
        if flow is None:
            end_path(p, element)
        else:
            completed(p, element)
            flows.take(p, element, flow)

    @staticmethod
    def _choose(p: Processing, element: Scope, node: FlowNode) -> SequenceFlow | None:
        if not node.outgoing:
            return None
        for flow in node.outgoing:
            if flow is node.default_flow:
                continue
            if flow.condition is None or evaluate_boolean(p, element, flow.condition):
                return flow
        if node.default_flow is None:
            raise Failure(ErrorType.CONDITION_ERROR, NO_FLOW_TEXT)
        return node.default_flow
