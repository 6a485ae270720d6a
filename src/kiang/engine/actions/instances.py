"""Instances that the engine starts itself: by an event, or for a call activity."""

from __future__ import annotations

from kiang.engine.actions import event_trigger
from kiang.engine.processing import Processing
from kiang.protocol.commands import ContinueElement
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
