"""Messages and who waits for them."""

from __future__ import annotations

from typing import ClassVar

from kiang.gateway.rest.body import Answer, Int64, Request, Variables, document
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Resource
from kiang.gateway.rest.searching import add_search
from kiang.gateway.rest.shapes import KeyText, key_text
from kiang.gateway.rest.validation import Violations
from kiang.protocol.answers import Correlated, Published
from kiang.protocol.commands import CorrelateMessage, PublishMessage
from kiang.search.resources.correlated_message import CORRELATED_MESSAGES
from kiang.search.resources.message_subscription import MESSAGE_SUBSCRIPTIONS

MESSAGES = Resource("Message")

add_search(MESSAGES, "/message-subscriptions/search", "searchMessageSubscriptions", MESSAGE_SUBSCRIPTIONS, since="8.8")
add_search(
    MESSAGES,
    "/correlated-message-subscriptions/search",
    "searchCorrelatedMessageSubscriptions",
    CORRELATED_MESSAGES,
    since="8.8",
)


class MessagePublicationRequest(Request, frozen=True):
    """A message to buffer, or to give to whoever waits for it now."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("name",)

    name: str | None = None
    correlation_key: str | None = None
    time_to_live: Int64 | None = None
    message_id: str | None = None
    variables: Variables | None = None
    tenant_id: str | None = None
    business_id: str | None = None


class MessagePublicationResult(Answer, frozen=True):
    """The message."""

    tenant_id: str
    message_key: KeyText


class MessageCorrelationRequest(Request, frozen=True):
    """A message to give to one instance now."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("name",)

    name: str | None = None
    correlation_key: str | None = None
    variables: Variables | None = None
    tenant_id: str | None = None
    business_id: str | None = None


class MessageCorrelationResult(Answer, frozen=True):
    """The message and the instance that has it."""

    tenant_id: str
    message_key: KeyText
    process_instance_key: KeyText


@MESSAGES.post(
    "/messages/publication", "publishMessage", body=MessagePublicationRequest, answer=MessagePublicationResult
)
async def publish_message(call: Call) -> MessagePublicationResult:
    """Publish a message."""
    body: MessagePublicationRequest = call.body
    violations = Violations()
    name = violations.text(body.name, "name")
    correlation_key = violations.short(body.correlation_key or "", "correlationKey")
    message_id = violations.short(body.message_id or "", "messageId")
    violations.business_id(body.business_id)
    tenant_id = violations.tenant(body.tenant_id, "Publish Message")
    violations.check()
    published: Published = await call.execute(
        PublishMessage(
            name,
            correlation_key,
            time_to_live_ms=body.time_to_live or 0,
            message_id=message_id,
            variables=document(body.variables),
            tenant_id=tenant_id,
        )
    )
    return MessagePublicationResult(tenant_id=published.tenant_id, message_key=key_text(published.key))


@MESSAGES.post(
    "/messages/correlation", "correlateMessage", body=MessageCorrelationRequest, answer=MessageCorrelationResult
)
async def correlate_message(call: Call) -> MessageCorrelationResult:
    """Give a message to an instance that waits for it, now or not at all."""
    body: MessageCorrelationRequest = call.body
    violations = Violations()
    name = violations.text(body.name, "messageName")
    correlation_key = violations.short(body.correlation_key or "", "correlationKey")
    violations.business_id(body.business_id)
    tenant_id = violations.tenant(body.tenant_id, "Correlate Message")
    violations.check()
    correlated: Correlated = await call.execute(
        CorrelateMessage(name, correlation_key, variables=document(body.variables), tenant_id=tenant_id)
    )
    return MessageCorrelationResult(
        tenant_id=correlated.tenant_id,
        message_key=key_text(correlated.key),
        process_instance_key=key_text(correlated.process_instance_key),
    )
