"""PublishMessage (engine-semantics §11)."""

from __future__ import annotations

from kiang.engine.actions import messages
from kiang.engine.processing import Processing, Refused
from kiang.protocol.answers import Published
from kiang.protocol.commands import PublishMessage
from kiang.protocol.enums import RejectionType


def publish_message(p: Processing, command: PublishMessage) -> Published:
    """Give it to all that wait, and keep it for those to come until its time to live is over."""
    name, correlation_key, tenant_id = command.name, command.correlation_key, command.tenant_id
    if command.message_id and messages.has_message_id(p, tenant_id, name, correlation_key, command.message_id):
        raise Refused(
            RejectionType.ALREADY_EXISTS,
            f"Expected to publish a new message with id '{command.message_id}', but a message with that id was already"
            " published",
        )
    ttl = command.time_to_live_ms
    key = messages.publish(p, name, correlation_key, command.message_id, ttl, command.variables, tenant_id)
    return Published(key, tenant_id)
