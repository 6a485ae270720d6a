"""Instances that the engine starts itself: by an event, or for a call activity."""

from __future__ import annotations

from kiang.engine.actions import event_trigger
from kiang.engine.actions.variables import set_local
from kiang.engine.processing import Processing
from kiang.engine.state.definition import Definition
from kiang.engine.state.process_instance import ProcessInstance
from kiang.engine.state.state import Scope
from kiang.protocol.commands import CompleteElement, ContinueElement
from kiang.protocol.document import Document
from kiang.protocol.events import ProcessInstanceActivating


def start_at_event(
    p: Processing, process_definition_key: int, element_id: str, variables: Document, correlation_key: str = ""
) -> int:
    """Start an instance at a start event that has happened; gives its key."""
    definition = p.state.definition(process_definition_key)
    assert definition is not None
    row = definition.row
    key = p.state.next_key()
    p.emit(
        ProcessInstanceActivating(
            key, row.key, row.process_id, row.version, row.tenant_id, correlation_key=correlation_key
        )
    )
    event_trigger.keep(p, p.state.resident(key), element_id, variables)
    p.enqueue(ContinueElement(key))
    return key


def call(p: Processing, caller: Scope, definition: Definition, variables: Document) -> int:
    """Start an instance for a call activity; gives its key."""
    row = definition.row
    instance = p.state.instance_of(caller)
    key = p.state.next_key()
    p.emit(
        ProcessInstanceActivating(
            key,
            row.key,
            row.process_id,
            row.version,
            row.tenant_id,
            instance.key,
            caller.key,
            instance.root_process_instance_key,
            instance.tags,
        )
    )
    set_local(p, p.state.resident(key), variables)
    p.enqueue(ContinueElement(key))
    return key


def called_completed(p: Processing, instance: ProcessInstance) -> None:
    """An instance has completed that a call activity has started: that is left with its variables."""
    caller = p.state.scope(instance.parent_element_instance_key)
    if caller is None or caller.node is None or caller.node.called_element is None:
        return
    variables: Document = {}
    if caller.node.outputs is not None or caller.node.called_element.propagate_all_child_variables:
        variables = {name: variable.text() for name, variable in (instance.variables or {}).items()}
    p.enqueue(CompleteElement(caller.key, variables))
