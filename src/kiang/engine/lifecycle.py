"""The life of an element instance (engine-semantics §2).

    ACTIVATING -> ACTIVATED -> COMPLETING -> COMPLETED
         any of the first three -> TERMINATING -> TERMINATED

Entering: ACTIVATING, input mappings, start listeners, then what the element itself does (`ElementBehavior.activate`), ACTIVATED.
Leaving: COMPLETING, output mappings, end listeners, then what the element itself does (`ElementBehavior.complete`), COMPLETED, and the
outgoing sequence flows or, where there is none, a word to the scope that one of its paths has ended.
Whatever fails on the way becomes an incident and leaves the element where it is; resolving it runs the same step again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kiang.bpmn.model import FlowNode
from kiang.engine.actions import (
    conditions,
    event_trigger,
    incidents,
    jobs,
    joins,
    listeners,
    mappings,
    messages,
    signals,
    subscriptions,
    termination,
)
from kiang.engine.actions.variables import set_local
from kiang.engine.elements import BEHAVIORS
from kiang.engine.elements.behavior import container_of
from kiang.engine.elements.multi_instance_body import activate_inner_instances
from kiang.engine.failure import Failure
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.commands import (
    ActivateElement,
    ActivateInnerInstances,
    CheckJoins,
    CompleteElement,
    ContinueElement,
    DeliverMessage,
    EvaluateConditions,
    FindMessage,
    FollowUpCommand,
    ReachSignalSubscriptions,
    TerminateChildren,
    TerminateElement,
    ThrowSignal,
)
from kiang.protocol.document import Document
from kiang.protocol.enums import ElementState
from kiang.protocol.events import ElementActivating, ElementCompleting, ElementTerminating

NOTHING: Document = {}


def activate(p: Processing, command: ActivateElement) -> None:
    """Enter an element, unless its scope has ended or was interrupted meanwhile, or tokens are missing at a join."""
    scope = p.state.scope(command.scope_key)
    if scope is None or scope.state != ElementState.ACTIVATED:
        return
    if scope.interrupted_by and scope.interrupted_by != command.element_id:
        return
    node = _node_in(p, scope, command)
    if command.flow_id and len(node.incoming) > 1 and node.type in joins.JOINS and not joins.can_fire(p, scope, node):
        return
    key = command.key or p.state.next_key()
    p.emit(
        ElementActivating(
            key,
            scope.process_instance_key,
            scope.key,
            node.id,
            node.type,
            command.flow_id != "",
            command.loop_counter,
        )
    )
    element = p.state.resident(key)
    if command.is_event:
        assert node.none_start is not None
        event_trigger.keep(p, element, node.none_start.id, command.variables)
    elif command.starts:
        event_trigger.keep(p, element, command.starts, {})
        set_local(p, element, command.variables)
    elif command.variables:
        BEHAVIORS[node.type].take_variables(p, element, node, command.variables)
    go_on_activating(p, element, node)


def go_on_activating(p: Processing, element: Scope, node: FlowNode) -> None:
    """Everything between ACTIVATING and ACTIVATED; also how an incident on the way is resolved."""
    try:
        if element.listener_index == 0:
            if node.multi_instance_body is not None:
                body = p.state.resident(element.scope_key)
                container_of(body).child_activating(p, body, element)
            if node.inputs is not None:
                mappings.apply_inputs(p, element, node.inputs)
        if node.start_listeners and listeners.start_next(p, element, node.start_listeners):
            return
        BEHAVIORS[node.type].activate(p, element, node)
    except Failure as failure:
        incidents.raise_for_element(p, element, failure)


def complete(p: Processing, command: CompleteElement) -> None:
    """Leave an element, unless it has ended meanwhile, its scope was interrupted, or an event has begun something inside.

    The original leaves it in the last case too, and what is inside stays active for ever.
    """
    element = p.state.scope(command.key)
    if element is None or element.state != ElementState.ACTIVATED or element.children:
        return
    if element.scope_key:
        scope = p.state.resident(element.scope_key)
        if scope.state != ElementState.ACTIVATED or (
            scope.interrupted_by and scope.interrupted_by != element.element_id
        ):
            return
    p.emit(ElementCompleting(element.key))
    assert element.node is not None
    variables = event_trigger.kept(element).variables if element.trigger else command.variables
    go_on_completing(p, element, element.node, variables)


def go_on_completing(p: Processing, element: Scope, node: FlowNode, variables: Document = NOTHING) -> None:
    """Everything between COMPLETING and COMPLETED; also how an incident on the way is resolved."""
    behavior = BEHAVIORS[node.type]
    try:
        if element.listener_index == 0:
            behavior.apply_outputs(p, element, node, variables)
            subscriptions.close_for(p, element)
        if node.end_listeners and listeners.start_next(p, element, node.end_listeners):
            return
        behavior.complete(p, element, node)
    except Failure as failure:
        incidents.raise_for_element(p, element, failure)


def go_on(p: Processing, command: ContinueElement) -> None:
    """A listener's job has been completed: the next listener, or what comes after the last."""
    element = p.state.scope(command.key)
    if element is None or element.node is None:
        return
    if element.state == ElementState.ACTIVATING:
        set_local(p, element, command.variables)
        go_on_activating(p, element, element.node)
    elif element.state == ElementState.COMPLETING:
        set_local(p, p.state.resident(element.scope_key) if element.scope_key else element, command.variables)
        go_on_completing(p, element, element.node)
    else:
        _go_on_working(p, element, element.node)


def _go_on_working(p: Processing, element: Scope, node: FlowNode) -> None:
    try:
        BEHAVIORS[node.type].go_on(p, element, node)
    except Failure as failure:
        incidents.raise_for_element(p, element, failure)


def retry(p: Processing, element: Scope) -> None:
    """The incident of an element was resolved: do again what has failed."""
    assert element.node is not None
    if element.state == ElementState.ACTIVATING:
        go_on_activating(p, element, element.node)
    elif element.state == ElementState.COMPLETING:
        go_on_completing(p, element, element.node)
    else:
        _go_on_working(p, element, element.node)


def terminate(p: Processing, command: TerminateElement) -> None:
    """End an element and all that is inside."""
    element = p.state.scope(command.key)
    if element is None or element.state >= ElementState.TERMINATING or element.node is None:
        return
    p.emit(ElementTerminating(element.key))
    jobs.cancel_of(p, element)
    subscriptions.close_for(p, element)
    incidents.resolve_of(p, element)
    try:
        BEHAVIORS[element.node.type].terminate(p, element, element.node)
    except Failure as failure:
        incidents.raise_for_element(p, element, failure)


def _node_in(p: Processing, scope: Scope, command: ActivateElement) -> FlowNode:
    definition = p.state.definition(scope.process_definition_key)
    assert definition is not None
    node = definition.process.nodes[command.element_id]
    if command.inner:
        assert node.inner is not None
        return node.inner
    return node


FOLLOW_UPS: dict[type[FollowUpCommand], Callable[[Processing, Any], None]] = {
    ActivateElement: activate,
    CompleteElement: complete,
    TerminateElement: terminate,
    TerminateChildren: termination.terminate_children,
    ContinueElement: go_on,
    DeliverMessage: messages.deliver,
    FindMessage: messages.find,
    ReachSignalSubscriptions: signals.reach,
    ThrowSignal: signals.throw,
    CheckJoins: joins.check,
    EvaluateConditions: conditions.evaluate,
    ActivateInnerInstances: activate_inner_instances,
}
"""How each follow-up command is carried out."""
