"""Event sub-process: a scope that an event of its surrounding scope begins (engine-semantics §10)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.actions import event_trigger, flows, subscriptions
from kiang.engine.elements.behavior import ContainerBehavior, activated
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope


class EventSubProcess(ContainerBehavior):
    """Entered by its event (`actions.event_trigger`) or, as an element that somebody starts by hand, at its start event."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Enter the start event."""
        assert node.none_start is not None
        variables = event_trigger.kept(element).variables if element.trigger else None
        subscriptions.open_for(p, element, node)
        activated(p, element)
        flows.enter(p, element, node.none_start, variables)
