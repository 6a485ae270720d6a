"""When the tokens that wait at a join go on (engine-semantics §18)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.joins import JOINS
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.engine.state.tokens import tokens_of, waiting_at
from kiang.protocol.commands import ActivateElement, CheckJoins
from kiang.protocol.enums import ElementState, ElementType, EventType

__all__ = ["JOINS", "can_fire", "check", "check_soon"]


def can_fire(p: Processing, scope: Scope, gateway: FlowNode) -> bool:
    """Whether the tokens that wait at a gateway are enough."""
    waiting = waiting_at(scope, gateway.id)
    if len(waiting) == len(gateway.incoming):
        return True
    if not waiting or gateway.type == ElementType.PARALLEL_GATEWAY:
        return False
    return not _can_others_come(p, scope, gateway, set(waiting))


def check_soon(p: Processing, scope: Scope) -> None:
    """Something in a scope has moved or ended: tokens that wait at an inclusive join there may be able to go on."""
    if scope.state != ElementState.ACTIVATED or scope.interrupted_by:
        return
    if any(p.state.node(scope, id_).type == ElementType.INCLUSIVE_GATEWAY for id_ in tokens_of(scope)):
        p.enqueue(CheckJoins(scope.key))


def check(p: Processing, command: CheckJoins) -> None:
    """Let those go on that have nothing left to wait for."""
    scope = p.state.scope(command.key)
    if scope is None or scope.state != ElementState.ACTIVATED:
        return
    for id_, flows in list(tokens_of(scope).items()):
        gateway = p.state.node(scope, id_)
        if gateway.type == ElementType.INCLUSIVE_GATEWAY and can_fire(p, scope, gateway):
            p.enqueue(ActivateElement(scope.key, id_, flow_id=next(iter(flows))))


def _can_others_come(p: Processing, scope: Scope, gateway: FlowNode, taken: set[str]) -> bool:
    """Whether a token elsewhere in the scope has a path to the gateway that does not end in a flow on which one waits already."""
    reachable_from = _sources(gateway, taken)
    for element in p.state.children(scope):
        if element.element_id in reachable_from:
            return True
    moving = [*p.queue, *p.state.follow_ups.values()]
    for command in moving:
        if isinstance(command, ActivateElement) and command.scope_key == scope.key and command.flow_id:
            if command.element_id in reachable_from:
                return True
            if command.element_id == gateway.id and command.flow_id not in taken:
                return True
    return any(id_ in reachable_from for id_ in tokens_of(scope) if id_ != gateway.id)


def _sources(gateway: FlowNode, taken: set[str]) -> set[str]:
    """Ids of every node from which there is a path to the gateway; boundary events and links lead on, the gateway itself does not."""
    found: set[str] = set()
    waiting = [flow.source for flow in gateway.incoming if flow.id not in taken]
    links = _links(gateway)
    while waiting:
        node = waiting.pop()
        if node.id in found or node is gateway:
            continue
        found.add(node.id)
        waiting += [flow.source for flow in node.incoming]
        if node.attached_to is not None:
            waiting.append(node.attached_to)
        waiting += links.get(node, ())
    return found


def _links(gateway: FlowNode) -> dict[FlowNode, list[FlowNode]]:
    """Link throw events of the gateway's scope by the catch event to which they jump."""
    links: dict[FlowNode, list[FlowNode]] = {}
    for node in gateway.scope.children if gateway.scope is not None else ():
        if node.link_target is not None and node.event is not None and node.event.type == EventType.LINK:
            links.setdefault(node.link_target, []).append(node)
    return links
