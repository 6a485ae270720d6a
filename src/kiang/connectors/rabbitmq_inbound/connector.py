"""RabbitMQ inbound connector: each message of a queue is an event."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

from kiang.connector_sdk import ConnectorInput, NotBlank
from kiang.connector_sdk.inbound import Health, InboundContext, Severity, inbound_connector
from kiang.connector_sdk.poison import PoisonGuard
from kiang.connector_sdk.rabbitmq import (
    CONNECT_TIMEOUT_SECONDS,
    BrokerAddress,
    RabbitAuthentication,
    checked_url_of,
    library,
)
from kiang.connector_sdk.template import Condition, Group, Template, TemplateField

PREFETCH = 20
"""Messages that the broker hands over before it waits for their acknowledgement."""

RETRY_PAUSE_SECONDS = 1.0
"""Before a message goes back that may succeed later, so that it does not come round at once."""


TEMPLATE = Template(
    id="io.kiang.connectors.inbound.RabbitMq.v1",
    name="RabbitMQ Consumer Connector",
    description="Each message of a queue is an event",
    keywords=("rabbitmq", "amqp", "consume", "queue", "event"),
    groups=(
        Group("authentication", "Authentication"),
        Group("routing", "Routing"),
        Group("subscription", "Subscription"),
    ),
    example={"message": {"body": {"order": "A-1"}, "consumerTag": "orders", "properties": {"messageId": "1"}}},
)


class RabbitInboundProperties(ConnectorInput):
    """Properties of the element."""

    authentication: Annotated[
        RabbitAuthentication, TemplateField(label="Connection type", group="authentication", default="uri")
    ]
    routing: Annotated[
        BrokerAddress,
        TemplateField(group="routing", condition=Condition("authentication.authType", equals="credentials")),
    ] = BrokerAddress()
    queue_name: Annotated[str, NotBlank(), TemplateField(group="subscription")]
    consumer_tag: Annotated[str | None, TemplateField(group="subscription")] = None
    arguments: Annotated[
        dict[str, Any] | None, TemplateField(group="subscription", description="Of the consumer, as a FEEL context")
    ] = None
    exclusive: Annotated[bool, TemplateField(label="Exclusive consumer", group="subscription")] = False


@inbound_connector(name="RabbitMQ Consumer", type="io.camunda:connector-rabbitmq-inbound:1", template=TEMPLATE)
async def rabbitmq_inbound(properties: RabbitInboundProperties, context: InboundContext) -> None:
    """Consume for ever; the connection comes back by itself after the broker was away."""
    aio_pika = library()
    guard = PoisonGuard()
    url = await checked_url_of(properties.authentication, properties.routing, context.resources)
    connection = await aio_pika.connect_robust(url, timeout=CONNECT_TIMEOUT_SECONDS)
    async with connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=PREFETCH)
        queue = await channel.get_queue(properties.queue_name, ensure=False)
        context.report(Health.up(queue=properties.queue_name))
        connection.close_callbacks.add(lambda *_: context.report(Health.down("The connection to the broker is lost")))
        connection.reconnect_callbacks.add(lambda *_: context.report(Health.up(queue=properties.queue_name)))
        async with queue.iterator(
            exclusive=properties.exclusive, arguments=properties.arguments, consumer_tag=properties.consumer_tag
        ) as messages:
            async for message in messages:
                if not await context.finish(_handle(message, context, guard)):
                    await asyncio.sleep(RETRY_PAUSE_SECONDS)
                    await message.reject(requeue=True)


async def _handle(message: Any, context: InboundContext, guard: PoisonGuard) -> bool:
    """Settle a message; False if it has to go back to the queue."""
    event = event_of(message)
    identity = message.message_id or str(hash(message.body))
    result = await context.correlate(event, message.message_id or "")
    if result.is_done:
        guard.forget(identity)
        await message.ack()
    elif result.is_retryable and not guard.is_exhausted(identity):
        return False
    else:
        context.log(Severity.ERROR, "Message", f"Message rejected without requeue: {result.outcome.value}")
        await message.reject(requeue=False)
    return True


def event_of(message: Any) -> dict[str, Any]:
    """The event that a message is: names as Camunda's connector gives them."""
    text = message.body.decode("utf-8", "replace")
    try:
        body = json.loads(text)
    except ValueError:
        body = text
    properties = {
        "contentType": message.content_type,
        "contentEncoding": message.content_encoding,
        "headers": {name: _plain(value) for name, value in (message.headers or {}).items()},
        "deliveryMode": int(message.delivery_mode) if message.delivery_mode is not None else None,
        "priority": message.priority,
        "correlationId": message.correlation_id,
        "replyTo": message.reply_to,
        "messageId": message.message_id,
        "timestamp": message.timestamp.isoformat() if message.timestamp is not None else None,
        "type": message.type,
        "userId": message.user_id,
        "appId": message.app_id,
    }
    return {"message": {"consumerTag": message.consumer_tag, "body": body, "properties": properties}}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str | int | float | bool | None) else str(value)
