"""When the tokens that wait at a join go on (engine-semantics §18)."""

from __future__ import annotations

from collections.abc import Container
from itertools import chain

from kiang.bpmn.model import FlowNode
from kiang.engine.joins import JOINS
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.engine.state.tokens import tokens_of, waiting_at
from kiang.protocol.commands import ActivateElement, CheckJoins
from kiang.protocol.enums import ElementState, ElementType

__all__ = ["JOINS", "can_fire", "check", "check_soon"]


def can_fire(p: Processing, scope: Scope, gateway: FlowNode) -> bool:
    """Whether the tokens that wait at a gateway are enough."""
    waiting = waiting_at(scope, gateway.id)
    if len(waiting) == len(gateway.incoming):
        return True
    if not waiting or gateway.type == ElementType.PARALLEL_GATEWAY:
        return False
    return not _can_others_come(p, scope, gateway, waiting)


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


def _can_others_come(p: Processing, scope: Scope, gateway: FlowNode, taken: Container[str]) -> bool:
    """Whether a token elsewhere in the scope has a path to the gateway that does not end in a flow on which one waits already."""
    seen: set[FlowNode] = set()
    for key in scope.children or ():
        if _leads_to(p.state.node(scope, p.state.resident(key).element_id), gateway, taken, seen):
            return True
    for command in chain(p.queue, p.state.follow_ups.values()):
        if isinstance(command, ActivateElement) and command.scope_key == scope.key and command.flow_id:
            if command.element_id == gateway.id:
                if command.flow_id not in taken:
                    return True
            elif _leads_to(p.state.node(scope, command.element_id), gateway, taken, seen):
                return True
    others = [p.state.node(scope, id_) for id_ in tokens_of(scope) if id_ != gateway.id]
    return any(_leads_to(node, gateway, taken, seen) for node in others)


def _leads_to(start: FlowNode, gateway: FlowNode, taken: Container[str], seen: set[FlowNode]) -> bool:
    """Whether there is a path to the gateway on which no token waits; boundary events and links lead on, the gateway itself does not.

    From the tokens to the gateway, not the other way round: mostly the first token is near, and there can be very many branches.

    Args:
        start: Where a token is.
        gateway: The join.
        taken: Ids of the flows into the gateway that have a token already.
        seen: Nodes from which there is no such path; it grows.
    """
    waiting = [start]
    while waiting:
        node = waiting.pop()
        if node in seen or node is gateway:
            continue
        seen.add(node)
        for flow in node.outgoing:
            if flow.target is gateway and flow.id not in taken:
                return True
            waiting.append(flow.target)
        waiting += node.boundary_events
        if node.link_target is not None:
            waiting.append(node.link_target)
    return False
