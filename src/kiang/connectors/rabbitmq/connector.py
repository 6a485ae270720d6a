"""RabbitMQ connector: publishes a message and waits until the broker has confirmed it."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

from kiang.connector_sdk import (
    ConnectorError,
    ConnectorInput,
    ConnectorInputError,
    NotBlank,
    NotNull,
    OutboundContext,
    outbound_connector,
)
from kiang.connector_sdk.rabbitmq import (
    CONNECT_TIMEOUT_SECONDS,
    BrokerAddress,
    RabbitAuthentication,
    checked_url_of,
    library,
)
from kiang.connector_sdk.template import Condition, Group, Template, TemplateField

CONFIRM_TIMEOUT_SECONDS = 30

TEMPLATE = Template(
    id="io.kiang.connectors.RabbitMQ.v1",
    name="RabbitMQ Connector",
    description="Publish a message to an exchange",
    keywords=("rabbitmq", "amqp", "publish", "exchange"),
    groups=(Group("authentication", "Authentication"), Group("routing", "Routing"), Group("message", "Message")),
    example={"statusResult": "success"},
)

BY_CREDENTIALS = Condition("authentication.authType", equals="credentials")

PROPERTIES = {
    "contentType": "content_type",
    "contentEncoding": "content_encoding",
    "headers": "headers",
    "deliveryMode": "delivery_mode",
    "priority": "priority",
    "correlationId": "correlation_id",
    "replyTo": "reply_to",
    "expiration": "expiration",
    "messageId": "message_id",
    "timestamp": "timestamp",
    "type": "type",
    "userId": "user_id",
    "appId": "app_id",
}
"""Message properties of AMQP and their names in the client library."""


class Routing(BrokerAddress):
    """Where the message goes."""

    exchange: Annotated[str, TemplateField(group="routing")] = ""
    routing_key: Annotated[str, NotBlank(), TemplateField(group="routing")]
    virtual_host: Annotated[str | None, TemplateField(group="routing", condition=BY_CREDENTIALS)] = None
    host_name: Annotated[str | None, TemplateField(group="routing", condition=BY_CREDENTIALS)] = None
    port: Annotated[str | None, TemplateField(group="routing", condition=BY_CREDENTIALS)] = None


class Message(ConnectorInput):
    """What is sent: an object as JSON, a text as it is."""

    body: Annotated[Any, NotNull(), TemplateField(group="message", type="Text", feel="optional")]
    properties: Annotated[dict[str, Any] | None, TemplateField(group="message")] = None


class RabbitInput(ConnectorInput):
    """Input of the connector."""

    authentication: Annotated[RabbitAuthentication, TemplateField(group="authentication", default="uri")]
    routing: Routing
    message: Message


@outbound_connector(name="RabbitMQ", type="io.camunda:connector-rabbitmq:1", template=TEMPLATE)
async def rabbitmq(data: RabbitInput, context: OutboundContext) -> dict[str, str]:
    """`{statusResult: "success"}` once the broker has the message."""
    url = await checked_url_of(data.authentication, data.routing, context.resources)
    aio_pika = library()
    body = data.message.body
    content = (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()
    message = aio_pika.Message(content, **_properties(data.message.properties or {}))
    publisher = context.resources.get(("rabbitmq", url), lambda: Publisher(url), Publisher.close)
    try:
        await asyncio.wait_for(
            publisher.publish(message, data.routing.exchange, data.routing.routing_key),
            CONNECT_TIMEOUT_SECONDS + CONFIRM_TIMEOUT_SECONDS,
        )
    except TimeoutError:
        raise ConnectorError("TIMEOUT", "The broker did not confirm the message in time") from None
    except (aio_pika.exceptions.AMQPError, OSError, RuntimeError) as error:
        raise ConnectorError(type(error).__name__, "The message could not be published") from None
    return {"statusResult": "success"}


class Publisher:
    """One connection and channel with confirms; made again after it broke."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = asyncio.Lock()
        self._connection: Any = None
        self._channel: Any = None

    async def publish(self, message: Any, exchange: str, routing_key: str) -> None:
        """Publish and wait for the confirmation."""
        channel = await self._open_channel()
        target = channel.default_exchange if not exchange else await channel.get_exchange(exchange, ensure=False)
        await target.publish(message, routing_key, timeout=CONFIRM_TIMEOUT_SECONDS)

    async def _open_channel(self) -> Any:
        async with self._lock:
            if self._channel is None or self._channel.is_closed:
                if self._connection is None or self._connection.is_closed:
                    self._connection = await library().connect(self._url, timeout=CONNECT_TIMEOUT_SECONDS)
                self._channel = await self._connection.channel(publisher_confirms=True)
            return self._channel

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            await self._connection.close()


def _properties(given: dict[str, Any]) -> dict[str, Any]:
    for name in given:
        if name not in PROPERTIES and name != "clusterId":
            raise ConnectorInputError(f"Unsupported field [{name}] for properties")
    known = {PROPERTIES[name]: value for name, value in given.items() if name in PROPERTIES and value is not None}
    if "expiration" in known:
        known["expiration"] = float(known["expiration"]) / 1000  # AMQP has milliseconds, the library seconds
    return known
