"""Moving tokens: taking sequence flows and entering elements."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode, SequenceFlow
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.commands import ActivateElement
from kiang.protocol.document import Document
from kiang.protocol.enums import ElementType
from kiang.protocol.events import SequenceFlowTaken


def take(p: Processing, source: Scope, flow: SequenceFlow) -> None:
    """Take one flow out of an element that has completed."""
    # the key of the flow itself: nobody asks for it, but it keeps its place in the order of keys
    p.state.next_key()
    p.emit(SequenceFlowTaken(source.scope_key, source.key, flow.id))
    p.enqueue(ActivateElement(source.scope_key, flow.target.id, flow_id=flow.id, key=p.state.next_key()))


def take_all(p: Processing, source: Scope, node: FlowNode) -> None:
    """Take every outgoing flow, in the order of the model."""
    for flow in node.outgoing:
        take(p, source, flow)


def enter(
    p: Processing, scope: Scope, node: FlowNode, variables: Document | None = None, loop_counter: int = 0
) -> None:
    """Enter an element without a sequence flow."""
    is_inner = scope.element_type == ElementType.MULTI_INSTANCE_BODY
    key = p.state.next_key() if is_inner else 0
    p.enqueue(
        ActivateElement(scope.key, node.id, is_inner, variables=variables or {}, loop_counter=loop_counter, key=key)
    )


def jump(p: Processing, scope: Scope, node: FlowNode, variables: Document | None = None) -> None:
    """Go on at an element to which no flow leads; it takes its place in the order of keys at once."""
    p.enqueue(ActivateElement(scope.key, node.id, variables=variables or {}, key=p.state.next_key()))
