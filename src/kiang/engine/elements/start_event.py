"""Start event, of every kind (engine-semantics §9, §10)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.actions import event_trigger, subscriptions
from kiang.engine.actions.variables import propagate, set_local
from kiang.engine.elements.behavior import CatchBehavior, activated, complete_soon, leave
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.document import Document
from kiang.protocol.enums import ElementType


class StartEvent(CatchBehavior):
    """Passes through; what the event has brought goes to the scope around it."""

    def take_variables(self, p: Processing, element: Scope, node: FlowNode, variables: Document) -> None:
        """In an event sub-process they pass by the start event, unless it has output mappings."""
        if _is_in_event_sub_process(node):
            event_trigger.keep(p, element, node.id, variables)
        else:
            set_local(p, element, variables)

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:  # noqa: ARG002 - the hook's signature
        """There is nothing to do."""
        activated(p, element)
        complete_soon(p, element)

    def apply_outputs(self, p: Processing, element: Scope, node: FlowNode, variables: Document) -> None:
        """Bring out what the event has brought."""
        if node.outputs is None and _is_in_event_sub_process(node):
            propagate(p, element, variables)
        else:
            super().apply_outputs(p, element, node, variables)

    def complete(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """From here on the event sub-processes beside it can be triggered, and the boundary events of its sub-process."""
        scope = p.state.resident(element.scope_key)
        assert scope.node is not None
        around = scope.node.boundary_events if scope.node.type == ElementType.SUB_PROCESS else ()
        if around or scope.node.event_sub_processes:
            subscriptions.open_event_sub_processes(p, scope, around)
        leave(p, element, node)


def _is_in_event_sub_process(node: FlowNode) -> bool:
    return node.scope is not None and node.scope.type == ElementType.EVENT_SUB_PROCESS
