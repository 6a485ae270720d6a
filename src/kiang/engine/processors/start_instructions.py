"""Starting an instance at other elements than its start event (engine-semantics §22)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode, Process
from kiang.engine.actions import flows, scopes, subscriptions
from kiang.engine.actions.expressions import ClusterVariables, DocumentVariables
from kiang.engine.failure import Failure
from kiang.engine.processing import Processing, Refused
from kiang.engine.state.state import Scope
from kiang.protocol.document import Document
from kiang.protocol.enums import ElementType, RejectionType
from kiang.protocol.events import ElementActivated

EXPECTED = "Expected to create instance of process with start instructions but"

SUPPORTED = tuple(
    kind
    for kind in ElementType
    if kind
    not in {
        ElementType.UNSPECIFIED,
        ElementType.START_EVENT,
        ElementType.BOUNDARY_EVENT,
        ElementType.SEQUENCE_FLOW,
        ElementType.AD_HOC_SUB_PROCESS,
        ElementType.AD_HOC_SUB_PROCESS_INNER_INSTANCE,
    }
)
"""Types of elements that somebody can start by hand."""

SUPPORTED_TEXT = f"Supported element types are: [{', '.join(kind.name for kind in SUPPORTED)}]"


def check(
    p: Processing, process: Process, element_ids: tuple[str, ...], variables: Document, tenant_id: str
) -> list[FlowNode]:
    """The elements to start at.

    Raises:
        Refused: One cannot be started at.
    """
    for element_id in element_ids:
        if element_id not in process.nodes and element_id not in process.flows:
            raise Refused(RejectionType.INVALID_ARGUMENT, f"{EXPECTED} no element found with id '{element_id}'.")
    for element_id in element_ids:
        node = process.nodes.get(element_id)
        if node is not None and any(scope.type == ElementType.MULTI_INSTANCE_BODY for scope in scopes.path_to(node)):
            raise Refused(
                RejectionType.INVALID_ARGUMENT,
                f"{EXPECTED} the element with id '{element_id}' is inside a multi-instance subprocess. The creation of"
                " elements inside a multi-instance subprocess is not supported.",
            )
    for element_id in element_ids:
        node = process.nodes.get(element_id)
        kind = ElementType.SEQUENCE_FLOW if node is None else node.type
        if kind not in SUPPORTED:
            raise Refused(
                RejectionType.INVALID_ARGUMENT,
                f"{EXPECTED} the element with id '{element_id}' targets unsupported element type '{kind.name}'."
                f" {SUPPORTED_TEXT}",
            )
    for element_id in element_ids:
        if scopes.is_event_of_gateway(process.nodes[element_id]):
            raise Refused(
                RejectionType.INVALID_ARGUMENT,
                f"{EXPECTED} the element with id '{element_id}' belongs to an event-based gateway. The creation of"
                " elements belonging to an event-based gateway is not supported.",
            )
    nodes = [process.nodes[element_id] for element_id in element_ids]
    around = {scope.id: scope for node in nodes for scope in (process.root, *scopes.path_to(node))}
    seen = DocumentVariables(variables, ClusterVariables(p.state, tenant_id))
    for scope in around.values():
        try:
            subscriptions.check(p, scope, seen)
        except Failure as failure:
            raise Refused(
                RejectionType.INVALID_ARGUMENT,
                f"Expected to subscribe to catch event(s) of '{scope.id}' but {failure.message}",
            ) from None
    return nodes


def start(p: Processing, instance: Scope, nodes: list[FlowNode]) -> None:
    """Open the scopes around the elements, each once, and enter the elements."""
    assert instance.node is not None
    p.emit(ElementActivated(instance.key))
    subscriptions.open_event_sub_processes(p, instance)
    opened: dict[str, Scope] = {instance.node.id: instance}
    for node in nodes:
        scope = instance
        for around in scopes.path_to(node)[1:]:
            inner = opened.get(around.id)
            if inner is None:
                inner = opened[around.id] = scopes.open_scope(p, scope, around)
            scope = inner
        if node.scope is not None:
            flows.jump(p, scope, node)
