"""Throwing BPMN errors and escalations: who catches one, and what happens if nobody does (engine-semantics §14)."""

from __future__ import annotations

from typing import NamedTuple

from kiang.bpmn.model import FlowNode
from kiang.engine.actions import event_trigger
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.document import Document
from kiang.protocol.enums import ElementState, EventType


class Catch(NamedTuple):
    """Who catches an error: the event, and the element instance that it is attached to or inside of."""

    holder: Scope
    event: FlowNode


class Search(NamedTuple):
    """Result of looking for a catch event; `available` are the codes that would have been caught, from inside to outside."""

    catch: Catch | None
    available: list[str]


def find_catch(p: Processing, thrower: Scope, code: str, type_: EventType = EventType.ERROR) -> Search:
    """The nearest event that catches `code`, from the throwing element outwards.

    An error does not leave a scope that was interrupted; an escalation is caught there once more, unless it comes from what has
    interrupted the scope: who throws it is about to end.
    """
    available: list[str] = []
    scope: Scope | None = thrower
    inside = ""
    while scope is not None:
        if scope.interrupted_by and (type_ == EventType.ERROR or inside in {"", scope.interrupted_by}):
            break
        inside = scope.element_id
        if scope.state == ElementState.ACTIVATED and scope.node is not None:
            catchers = coded_events(scope.node, type_)
            for catch_code, event in catchers:
                if catch_code in {code, ""}:
                    return Search(Catch(scope, event), available)
            available += [catch_code for catch_code, _ in catchers]
        scope = around(p, scope)
    return Search(None, available)


def around(p: Processing, scope: Scope) -> Scope | None:
    """The scope around another one; of a called instance the call activity."""
    if scope.scope_key:
        return p.state.resident(scope.scope_key)
    caller = p.state.instance_of(scope).parent_element_instance_key
    return p.state.scope(caller) if caller else None


def caught(p: Processing, catch: Catch, variables: Document) -> None:
    """The error goes on at the event that has caught it, unless that is ending its scope already."""
    if event_trigger.accepts(p, catch.holder, catch.event):
        event_trigger.trigger(p, catch.holder, catch.event, variables)


def coded_events(node: FlowNode, type_: EventType) -> list[tuple[str, FlowNode]]:
    """Error or escalation events of one scope with their codes, in the order in which they are asked.

    Codes are descending, so the one for all codes comes last.

    For equal codes an event sub-process comes before a boundary event.
    """
    found = []
    starts = [sub_process.none_start for sub_process in node.event_sub_processes]
    for event in (*starts, *node.boundary_events):
        if event is not None and event.event is not None and event.event.type == type_:
            code = event.event.code
            found.append((code.text if code is not None else "", event))
    found.sort(key=lambda entry: entry[0], reverse=True)
    return found


def not_caught_text(code: str, message: str, available: list[str]) -> str:
    """The message of the incident when nothing catches an error."""
    thrown = f"Expected to throw an error event with the code '{code}'"
    if message:
        thrown += f" with message '{message}'"
    codes = [code for code in available if code]
    known = (
        f"Available error events are [{', '.join(codes)}]" if codes else "No error events are available in the scope."
    )
    return f"{thrown}, but it was not caught. {known}"
