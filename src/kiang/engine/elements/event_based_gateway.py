"""Event-based gateway: the first of its events decides (engine-semantics §18)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.actions import event_trigger, subscriptions
from kiang.engine.elements.behavior import ElementBehavior, activated, completed
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.document import Document


class EventBasedGateway(ElementBehavior):
    """Waits for all events behind it; the flow to the one that happens is not taken."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Begin to wait, in the order of the model."""
        subscriptions.open_for(p, element, node, tuple(flow.target for flow in node.outgoing))
        activated(p, element)

    def apply_outputs(self, p: Processing, element: Scope, node: FlowNode, variables: Document) -> None:
        """The variables are those of the event."""

    def complete(self, p: Processing, element: Scope, node: FlowNode) -> None:  # noqa: ARG002 - the hook's signature
        """Go on at the event, which does not wait any more."""
        event = event_trigger.kept(element)
        scope = p.state.resident(element.scope_key)
        completed(p, element)
        event_trigger.enter_event(p, scope, p.state.node(scope, event.element_id), event.variables)
