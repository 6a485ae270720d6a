"""What every element does that is worked on by a job worker: service, send, script, business rule tasks, message throw events."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.actions import jobs, subscriptions
from kiang.engine.elements.behavior import ElementBehavior, activated
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope


class JobTask(ElementBehavior):
    """Waits until its job is completed."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Put a job into the queue."""
        assert node.job is not None
        definition = jobs.evaluate(p, element, node.job)
        subscriptions.open_for(p, element, node)
        jobs.put(p, element, definition)
        activated(p, element)
