"""Appliers of the life of process instances and element instances."""

from __future__ import annotations

from kiang.engine.appliers.applier import Appliers
from kiang.engine.joins import JOINS
from kiang.engine.state.business_id import BUSINESS_IDS, BusinessId
from kiang.engine.state.compensation import COMPENSATION_SUBSCRIPTIONS, CompensationSubscription
from kiang.engine.state.element_instance import ElementInstance
from kiang.engine.state.message_start import MESSAGE_STARTS, MessageStart
from kiang.engine.state.process_instance import ProcessInstance
from kiang.engine.state.state import Scope, State, node_of
from kiang.engine.state.statistics import INSTANCES
from kiang.engine.state.tokens import add_token, forget_tokens, take_one_of_each
from kiang.protocol import events
from kiang.protocol.enums import ElementState, ElementType

BEGUN_BY_EVENT = frozenset(
    {ElementType.PROCESS, ElementType.EVENT_SUB_PROCESS, ElementType.AD_HOC_SUB_PROCESS_INNER_INSTANCE}
)
"""Scopes that keep, until they are active, what they begin with."""


def process_instance_activating(state: State, e: events.ProcessInstanceActivating) -> None:
    """A root scope is there."""
    definition = state.definition(e.process_definition_key)
    assert definition is not None
    state.add_instance(
        ProcessInstance(
            e.key,
            e.process_definition_key,
            e.process_id,
            e.version,
            ElementState.ACTIVATING,
            state.now,
            None,
            e.tenant_id,
            e.parent_process_instance_key,
            e.parent_element_instance_key,
            e.root_process_instance_key or e.key,
            e.tags,
            e.business_id,
            e.correlation_key,
            terminate_after=e.terminate_after,
            node=definition.process.root,
        )
    )
    if not e.parent_process_instance_key:
        state.statistics.usage(INSTANCES, e.tenant_id, state.now)
    if e.parent_element_instance_key:
        caller = state.resident(e.parent_element_instance_key)
        assert isinstance(caller, ElementInstance)
        caller.called_instance_key = e.key
        state.changed(caller)
    if e.business_id and not e.parent_process_instance_key:
        state.put(BUSINESS_IDS, BusinessId(e.key, e.process_id, e.business_id, e.tenant_id))
    if e.correlation_key:
        state.put(MESSAGE_STARTS, MessageStart(e.key, e.process_id, e.correlation_key, e.tenant_id))


def business_id_assigned(state: State, e: events.BusinessIdAssigned) -> None:
    """It has one from now on."""
    instance = state.resident_instance(e.key)
    instance.business_id = e.business_id
    state.changed(instance)
    state.put(BUSINESS_IDS, BusinessId(e.key, instance.process_id, e.business_id, instance.tenant_id))


def element_activating(state: State, e: events.ElementActivating) -> None:
    """An element instance is there, and the tokens that led to it are gone."""
    scope = state.resident(e.scope_key)
    instance = state.instance_of(scope)
    definition = state.definition(instance.process_definition_key)
    assert definition is not None
    node = node_of(definition.process, e.element_id, e.element_type)
    if e.element_type == ElementType.EVENT_SUB_PROCESS and scope.interrupted_by == e.element_id:
        scope.trigger = ""
        state.changed(scope)
    if e.consumes_flow:
        if len(node.incoming) > 1 and e.element_type in JOINS:
            taken = take_one_of_each(scope, e.element_id)
            scope.active_flows -= taken
            state.tokens_changed(scope)
        else:
            scope.active_flows -= 1
    state.add_element(
        ElementInstance(
            e.key,
            instance.key,
            instance.process_definition_key,
            e.element_id,
            e.element_type,
            e.scope_key,
            ElementState.ACTIVATING,
            state.now,
            loop_counter=e.loop_counter,
            tenant_id=instance.tenant_id,
            node=node,
        )
    )


def element_activated(state: State, e: events.ElementActivated) -> None:
    """It waits or works."""
    scope = state.resident(e.key)
    scope.state = ElementState.ACTIVATED
    scope.listener_index = 0
    if scope.trigger and scope.element_type in BEGUN_BY_EVENT:
        scope.trigger = ""  # a scope that an event has begun: its start event has got it
    state.changed(scope)


def element_completing(state: State, e: events.ElementCompleting) -> None:
    """Its output mappings come next."""
    scope = state.resident(e.key)
    scope.state = ElementState.COMPLETING
    state.changed(scope)


def element_completed(state: State, e: events.ElementCompleted) -> None:
    """It is over."""
    scope = state.resident(e.key)
    scope.state = ElementState.COMPLETED
    _end(state, scope)


def element_terminating(state: State, e: events.ElementTerminating) -> None:
    """What is inside has to end first."""
    scope = state.resident(e.key)
    scope.state = ElementState.TERMINATING
    state.changed(scope)


def element_terminated(state: State, e: events.ElementTerminated) -> None:
    """It is over."""
    scope = state.resident(e.key)
    scope.state = ElementState.TERMINATED
    _end(state, scope)


def process_instance_suspended(state: State, e: events.ProcessInstanceSuspended) -> None:
    """It stands still."""
    instance = state.resident_instance(e.key)
    instance.suspended_at = state.now
    state.may_have_suspended = True
    state.changed(instance)


def process_instance_resumed(state: State, e: events.ProcessInstanceResumed) -> None:
    """It goes on."""
    instance = state.resident_instance(e.key)
    instance.suspended_at = None
    state.changed(instance)


def loop_advanced(state: State, e: events.LoopAdvanced) -> None:
    """Inner instances of a body are on their way."""
    body = state.resident(e.key)
    assert isinstance(body, ElementInstance)
    body.loop_counter = e.started
    state.changed(body)


def _end(state: State, scope: Scope) -> None:
    scope.ended_at = state.now
    if isinstance(scope, ElementInstance) and scope.loop_counter and scope.node is not None:
        body = state.resident(scope.scope_key)
        if isinstance(body, ElementInstance) and body.element_type == ElementType.MULTI_INSTANCE_BODY:
            if scope.state == ElementState.COMPLETED:
                body.completed_count += 1
            else:
                body.terminated_count += 1
            state.changed(body)
    state.ended(scope)
    if isinstance(scope, ProcessInstance):
        if scope.business_id and not scope.parent_process_instance_key:
            state.remove(BUSINESS_IDS, scope.key)
        if scope.correlation_key:
            state.remove(MESSAGE_STARTS, scope.key)
        if scope.waits:
            for key, row in list(scope.waits.items()):
                if isinstance(row, CompensationSubscription):
                    del scope.waits[key]
                    state.remove(COMPENSATION_SUBSCRIPTIONS, key)


def sequence_flow_taken(state: State, e: events.SequenceFlowTaken) -> None:
    """A token is on its way; at a join it may have to wait."""
    scope = state.resident(e.scope_key)
    scope.active_flows += 1
    definition = state.definition(scope.process_definition_key)
    assert definition is not None
    target = definition.process.flows[e.flow_id].target
    if len(target.incoming) > 1 and target.type in JOINS:
        add_token(scope, target.id, e.flow_id)
        state.tokens_changed(scope)
    source = state.resident(e.source_key)
    if type(source) is ElementInstance:
        source.taken_flows = f"{source.taken_flows} {e.flow_id}" if source.taken_flows else e.flow_id


def listener_completed(state: State, e: events.ListenerCompleted) -> None:
    """It is the next listener's turn."""
    scope = state.resident(e.key)
    scope.listener_index += 1
    state.changed(scope)


def event_triggered(state: State, e: events.EventTriggered) -> None:
    """The element has to end, then the catch event goes on."""
    scope = state.resident(e.key)
    scope.trigger = e.trigger or scope.trigger
    if e.interrupted_by:
        scope.interrupted_by = e.interrupted_by
        forget_tokens(scope)
        state.tokens_changed(scope)
        scope.active_flows = 0
    state.changed(scope)


def interruption_lifted(state: State, e: events.InterruptionLifted) -> None:
    """Elements can be entered again beside the event sub-process."""
    scope = state.resident(e.key)
    scope.interrupted_by = ""
    state.changed(scope)


APPLIERS: Appliers = {
    events.InterruptionLifted: interruption_lifted,
    events.ProcessInstanceActivating: process_instance_activating,
    events.BusinessIdAssigned: business_id_assigned,
    events.ElementActivating: element_activating,
    events.ElementActivated: element_activated,
    events.ElementCompleting: element_completing,
    events.ElementCompleted: element_completed,
    events.ElementTerminating: element_terminating,
    events.ElementTerminated: element_terminated,
    events.SequenceFlowTaken: sequence_flow_taken,
    events.ProcessInstanceSuspended: process_instance_suspended,
    events.ProcessInstanceResumed: process_instance_resumed,
    events.LoopAdvanced: loop_advanced,
    events.ListenerCompleted: listener_completed,
    events.EventTriggered: event_triggered,
}
