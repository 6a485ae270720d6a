"""Start events of a process that wait for messages, signals and timers: those of its latest version (engine-semantics §11, §13)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.actions import timers
from kiang.engine.processing import Processing
from kiang.engine.state.definition import Definition
from kiang.engine.state.start_subscription import start_events_of
from kiang.protocol.enums import EventType
from kiang.protocol.events import StartSubscriptionCreated, StartSubscriptionDeleted


def open_of(p: Processing, definition: Definition) -> None:
    """Let the start events of a version wait."""
    row = definition.row
    timers.open_start(p, definition)
    for start in definition.process.root.start_events:
        name = _name(p, start)
        if name is not None and start.event is not None:
            p.emit(
                StartSubscriptionCreated(
                    p.state.next_key(), row.key, row.process_id, start.id, start.event.type, name, row.tenant_id
                )
            )


def close_of(p: Processing, process_definition_key: int) -> None:
    """The start events of a version wait no more."""
    timers.close_start(p, process_definition_key)
    for row in start_events_of(p.state, process_definition_key):
        p.emit(StartSubscriptionDeleted(row.key))


def _name(p: Processing, start: FlowNode) -> str | None:
    """The constant name that a start event waits for; None if it waits for none."""
    event = start.event
    if event is None:
        return None
    if event.type == EventType.MESSAGE and event.message is not None:
        expression = event.message.name
    elif event.type == EventType.SIGNAL and event.signal_name is not None:
        expression = event.signal_name
    else:
        return "" if event.type == EventType.CONDITIONAL else None
    value = expression.static if expression.feel is None else expression.feel.evaluate({}, now_ms=p.now)
    return value if isinstance(value, str) else None
