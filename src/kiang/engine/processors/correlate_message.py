"""CorrelateMessage: publish to one who waits now, or not at all (protocol §6.4)."""

from __future__ import annotations

from kiang.engine.actions import messages
from kiang.engine.processing import Processing, Refused
from kiang.engine.state.message_start import is_locked
from kiang.engine.state.message_subscription import open_for_message
from kiang.engine.state.start_subscription import start_events_for
from kiang.protocol.answers import Correlated
from kiang.protocol.commands import CorrelateMessage
from kiang.protocol.document import print_document
from kiang.protocol.enums import EventType, RejectionType
from kiang.protocol.events import MessagePublished


def correlate_message(p: Processing, command: CorrelateMessage) -> Correlated:
    """It is never buffered."""
    if not _is_awaited(p, command):
        raise Refused(
            RejectionType.NOT_FOUND,
            f"Expected to find subscription for message with name '{command.name}' and correlation key"
            f" '{command.correlation_key}', but none was found.",
        )
    key = p.state.next_key()
    variables = print_document(command.variables)
    p.emit(MessagePublished(key, command.name, command.correlation_key, "", p.now, variables, command.tenant_id))
    message = p.state.message(key)
    assert message is not None
    instance_key = messages.correlate(p, message, command.variables)
    messages.expire(p, key)
    return Correlated(key, instance_key, command.tenant_id)


def _is_awaited(p: Processing, command: CorrelateMessage) -> bool:
    tenant_id, key = command.tenant_id, command.correlation_key
    if open_for_message(p.state, tenant_id, command.name, key):
        return True
    starts = start_events_for(p.state, tenant_id, EventType.MESSAGE, command.name)
    return any(not key or not is_locked(p.state, tenant_id, start.process_id, key) for start in starts)
