"""Business rule task: a decision, or a job for a worker that decides something (engine-semantics §19)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.actions import decisions, subscriptions
from kiang.engine.actions.expressions import variables_of
from kiang.engine.elements.behavior import activated, complete_soon
from kiang.engine.elements.job_task import JobTask
from kiang.engine.failure import Failure
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.enums import ErrorType


class BusinessRuleTask(JobTask):
    """Evaluates its decision when it is entered; the result comes out like the result of a job."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Evaluate, or put a job into the queue."""
        call = node.called_decision
        if call is None:
            super().activate(p, element, node)
            return
        decision = decisions.called(p, element, call)
        event, output = decisions.evaluate(p, decision, variables_of(p, element), element)
        if event.failure:
            raise Failure(ErrorType.DECISION_EVALUATION_ERROR, event.failure, element.key)
        subscriptions.open_for(p, element, node)
        activated(p, element)
        complete_soon(p, element, {call.result_variable: output})
