"""Script task: a FEEL expression, or a job for a worker that runs a script (engine-semantics §19)."""

from __future__ import annotations

from kiang import feel
from kiang.bpmn.model import FlowNode
from kiang.engine.actions import subscriptions
from kiang.engine.actions.expressions import evaluate
from kiang.engine.elements.behavior import activated, complete_soon
from kiang.engine.elements.job_task import JobTask
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope


class ScriptTask(JobTask):
    """Evaluates its script when it is entered; the result comes out like the result of a job."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Evaluate, or put a job into the queue."""
        script = node.script
        if script is None:
            super().activate(p, element, node)
            return
        value = evaluate(p, element, script.expression)
        subscriptions.open_for(p, element, node)
        activated(p, element)
        complete_soon(p, element, {script.result_variable: feel.to_json(value)})
