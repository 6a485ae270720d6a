"""Conditional events: looked at when they are opened, and when a variable changes that they read (engine-semantics §21)."""

from __future__ import annotations

from collections.abc import Iterator

from kiang import feel
from kiang.bpmn.model import Event, FlowNode
from kiang.engine.actions import event_trigger, instances
from kiang.engine.actions.expressions import (
    ClusterVariables,
    DocumentVariables,
    Variables,
    evaluate_boolean,
    variables_of,
)
from kiang.engine.actions.subscriptions import KINDS, Open, SubscriptionKind
from kiang.engine.failure import Failure
from kiang.engine.processing import Processing
from kiang.engine.state.condition import ConditionSubscription
from kiang.engine.state.start_subscription import start_events_for
from kiang.engine.state.state import Scope
from kiang.protocol.commands import EvaluateConditions
from kiang.protocol.document import Document
from kiang.protocol.enums import EventType
from kiang.protocol.events import ConditionSubscribed, ConditionUnsubscribed

CREATE = "create"
UPDATE = "update"


def evaluate_soon(p: Processing) -> None:
    """Variables have changed during a command: look once at everything that may depend on them."""
    for scope_key, changes in p.variable_changes.items():
        created = tuple(name for name, kind in changes.items() if kind == CREATE)
        updated = tuple(name for name, kind in changes.items() if kind == UPDATE)
        p.enqueue(EvaluateConditions(scope_key, created, updated))
    p.variable_changes.clear()


def evaluate(p: Processing, command: EvaluateConditions) -> None:
    """Look at the conditional events of a scope and of everything inside, from outside to inside."""
    scope = p.state.scope(command.scope_key)
    if scope is None:
        return
    for holder, row in list(_inside(p, scope, is_alone=command.is_opened)):
        if holder.waits is None or row.key not in holder.waits:
            continue
        catcher = p.state.catcher(holder, row.element_id)
        if catcher.event is None or not (command.is_opened or _concerns(catcher.event, command)):
            continue
        if not event_trigger.accepts(p, holder, catcher) or not _holds(p, holder, catcher.event):
            continue
        if catcher.event.interrupting:
            p.emit(ConditionUnsubscribed(row.key, holder.key, is_closed=True))
        event_trigger.trigger(p, holder, catcher, {})


def start_instances(
    p: Processing, variables: Document, tenant_id: str, process_definition_key: int
) -> list[tuple[int, int]]:
    """Start an instance at every conditional start event whose condition holds for these variables.

    Args:
        p: The command in progress.
        variables: What the conditions see, and the instances begin with.
        tenant_id: Whose processes.
        process_definition_key: The one definition to look at; 0 or less for all.

    Returns:
        Pairs of process definition key and process instance key.
    """
    started: list[tuple[int, int]] = []
    seen = DocumentVariables(variables, ClusterVariables(p.state, tenant_id))
    for start in start_events_for(p.state, tenant_id, EventType.CONDITIONAL, ""):
        if process_definition_key > 0 and start.process_definition_key != process_definition_key:
            continue
        definition = p.state.definition(start.process_definition_key)
        assert definition is not None
        event = definition.process.nodes[start.element_id].event
        if event is None or event.condition is None:
            continue
        try:
            holds = evaluate_boolean(p, None, event.condition, seen)
        except Failure:
            continue
        if holds:
            key = instances.start_at_event(p, start.process_definition_key, start.element_id, variables)
            started.append((start.process_definition_key, key))
    return started


def _inside(p: Processing, scope: Scope, *, is_alone: bool) -> Iterator[tuple[Scope, ConditionSubscription]]:
    waiting = [scope]
    while waiting:
        holder = waiting.pop(0)
        for row in list((holder.waits or {}).values()):
            if isinstance(row, ConditionSubscription):
                yield holder, row
        if not is_alone:
            waiting += p.state.children(holder)


def _concerns(event: Event, command: EvaluateConditions) -> bool:
    """Whether a condition reads a variable that has changed in a way that it looks at."""
    assert event.condition is not None
    names = event.condition_variables
    if not names and event.condition.feel is not None:
        names = feel.variables_of(event.condition.feel)
    kinds = event.condition_events or {CREATE, UPDATE}
    return (CREATE in kinds and not names.isdisjoint(command.created)) or (
        UPDATE in kinds and not names.isdisjoint(command.updated)
    )


def _holds(p: Processing, holder: Scope, event: Event) -> bool:
    assert event.condition is not None
    try:
        return evaluate_boolean(p, holder, event.condition)
    except Failure:
        return False  # it may hold with the next change


def _evaluate(p: Processing, element: Scope | None, catcher: FlowNode, variables: Variables | None) -> Open:
    assert catcher.event is not None
    assert catcher.event.condition is not None
    if variables is None and element is not None:
        variables = variables_of(p, element)
    evaluate_boolean(p, element, catcher.event.condition, variables)

    def open_() -> None:
        assert element is not None
        p.emit(ConditionSubscribed(p.state.next_key(), element.key, catcher.id))
        p.enqueue(EvaluateConditions(element.key, is_opened=True))

    return open_


def _close(p: Processing, row: ConditionSubscription) -> None:
    p.emit(ConditionUnsubscribed(row.key, row.element_instance_key, is_closed=False))


KINDS[EventType.CONDITIONAL] = SubscriptionKind(_evaluate, ConditionSubscription, _close)
