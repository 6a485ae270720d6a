"""Entering elements by hand, in the middle of a process: the scopes around them are opened on the way (engine-semantics §22)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.actions import subscriptions
from kiang.engine.actions.variables import set_local
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.document import Document
from kiang.protocol.enums import ElementType
from kiang.protocol.events import ElementActivated, ElementActivating


def path_to(node: FlowNode) -> list[FlowNode]:
    """The scopes around an element from the process inwards."""
    path: list[FlowNode] = []
    scope = node.scope
    while scope is not None:
        path.append(scope)
        scope = scope.scope
    return path[::-1]


def is_event_of_gateway(node: FlowNode) -> bool:
    """Whether an event stands behind an event-based gateway."""
    return any(flow.source.type == ElementType.EVENT_BASED_GATEWAY for flow in node.incoming)


def open_scope(p: Processing, around: Scope, node: FlowNode, variables: Document | None = None) -> Scope:
    """Open one scope inside another: no mappings, no start event, but its subscriptions.

    Raises:
        Failure: A subscription cannot be opened.
    """
    key = p.state.next_key()
    p.emit(ElementActivating(key, around.process_instance_key, around.key, node.id, node.type, consumes_flow=False))
    scope = p.state.resident(key)
    set_local(p, scope, variables or {})
    subscriptions.open_for(p, scope, node)
    p.emit(ElementActivated(key))
    subscriptions.open_event_sub_processes(p, scope)
    return scope
