"""Activating elements of an ad-hoc sub-process (engine-semantics §21)."""

from __future__ import annotations

from collections.abc import Iterable

from kiang.bpmn.model import FlowNode
from kiang.engine.actions import event_trigger, flows
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.commands import ActivateElement
from kiang.protocol.document import Document
from kiang.protocol.enums import ElementType
from kiang.protocol.events import ElementActivated

NOT_STARTABLE = frozenset({ElementType.BOUNDARY_EVENT, ElementType.EVENT_SUB_PROCESS, ElementType.START_EVENT})


def startable(node: FlowNode) -> list[FlowNode]:
    """What can be activated in an ad-hoc sub-process: elements to which no flow leads."""
    return [
        child
        for child in node.children
        if not child.incoming and child.type not in NOT_STARTABLE and not child.is_for_compensation
    ]


def unknown_elements(node: FlowNode, ids: Iterable[str]) -> list[str]:
    """Those of the ids that name nothing that can be activated."""
    known = {child.id for child in startable(node)}
    return [id_ for id_ in dict.fromkeys(ids) if id_ not in known]


def activate(p: Processing, scope: Scope, element_id: str, variables: Document) -> None:
    """Activate one element, in an inner instance of its own that holds the variables."""
    assert scope.node is not None
    assert scope.node.inner is not None
    p.enqueue(ActivateElement(scope.key, scope.node.inner.id, variables=variables, starts=element_id))


def enter_started(p: Processing, inner: Scope) -> None:
    """An inner instance is there: enter the element that it was made for."""
    element_id = event_trigger.kept(inner).element_id
    p.emit(ElementActivated(inner.key))
    flows.enter(p, inner, p.state.node(inner, element_id))
