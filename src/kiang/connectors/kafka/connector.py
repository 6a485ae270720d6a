"""Kafka connector: produces a message and waits until the cluster has it."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Annotated, Any

from kiang.connector_sdk import ConnectorError, ConnectorInput, NotNull, OutboundContext, outbound_connector
from kiang.connector_sdk.kafka import (
    KafkaAuthentication,
    NoSchema,
    Schema,
    Topic,
    check_brokers,
    connection_settings,
    encoded,
    library,
    registry_of,
)
from kiang.connector_sdk.template import Group, Template, TemplateField

DELIVERY_TIMEOUT_MS = 45_000

TEMPLATE = Template(
    id="io.kiang.connectors.Kafka.v1",
    name="Kafka Producer Connector",
    description="Produce a message to a topic",
    keywords=("kafka", "produce", "publish", "topic"),
    groups=(
        Group("authentication", "Authentication"),
        Group("kafka", "Kafka"),
        Group("schema", "Schema"),
        Group("message", "Message"),
    ),
    example={"topic": "orders", "partition": 0, "offset": 42, "timestamp": 1767225600000},
)


class Message(ConnectorInput):
    """Key and value."""

    key: Annotated[Any, TemplateField(group="message", type="String", feel="optional")] = None
    value: Annotated[Any, NotNull(), TemplateField(group="message", type="Text", feel="optional")]


class KafkaInput(ConnectorInput):
    """Input of the connector."""

    authentication: Annotated[KafkaAuthentication | None, TemplateField(group="authentication")] = None
    topic: Topic
    additional_properties: Annotated[dict[str, Any] | None, TemplateField(group="kafka")] = None
    schema_strategy: Annotated[Schema, TemplateField(group="schema", default="noSchema")] = NoSchema()
    message: Message
    headers: Annotated[dict[str, Any] | None, TemplateField(group="kafka")] = None


@outbound_connector(name="Kafka Producer", type="io.camunda:connector-kafka:1", template=TEMPLATE)
async def kafka(data: KafkaInput, context: OutboundContext) -> dict[str, Any]:
    """`{topic, partition, offset, timestamp}`; a message that does not arrive fails with FAIL."""
    await check_brokers(data.topic, data.additional_properties, context.resources)
    settings = {
        "acks": "all",
        "enable.idempotence": True,
        "delivery.timeout.ms": DELIVERY_TIMEOUT_MS,
        "linger.ms": 0,
        **connection_settings(data.topic, data.authentication, data.additional_properties),
    }
    key = json.dumps(settings, sort_keys=True)
    producer = context.resources.get(("kafka", key), lambda: Producer(settings), Producer.close)
    headers = [(name, await encoded(value, None) or b"") for name, value in (data.headers or {}).items()]
    registry = registry_of(data.schema_strategy, data.additional_properties, context.resources)
    value = await encoded(data.message.value, data.schema_strategy, registry, data.topic.topic_name)
    delivered = await producer.send(data.topic.topic_name, await encoded(data.message.key, None), value, headers)
    return {
        "topic": delivered.topic(),
        "partition": delivered.partition(),
        "offset": delivered.offset(),
        "timestamp": delivered.timestamp()[1],
    }


class Producer:
    """One producer of the library and the thread that serves its callbacks."""

    def __init__(self, settings: dict[str, Any]) -> None:
        kafka_library = library()
        try:
            self._producer = kafka_library.Producer(settings)
        except (kafka_library.KafkaException, ValueError, TypeError) as error:
            raise ConnectorError("FAIL", f"The producer could not be made: {error}") from None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="kiang-kafka-producer", daemon=True)
        self._thread.start()

    async def send(self, topic: str, key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]]) -> Any:
        """Produce and wait for the report; gives the delivered message."""
        loop = asyncio.get_running_loop()
        report: asyncio.Future[Any] = loop.create_future()

        def settle(error: Any, message: Any) -> None:
            if report.done():
                return
            if error is None:
                report.set_result(message)
            else:
                report.set_exception(ConnectorError("FAIL", f"The message was not delivered: {error.name()}"))

        def on_delivery(error: Any, message: Any) -> None:
            loop.call_soon_threadsafe(settle, error, message)

        try:
            self._producer.produce(topic, value, key, headers=headers, on_delivery=on_delivery)
        except BufferError:
            raise ConnectorError("FAIL", "The producer's queue is full") from None
        return await report

    def _serve(self) -> None:
        while not self._stopped.is_set():
            self._producer.poll(0.1)

    async def close(self) -> None:
        """Send what is queued, then stop."""
        await asyncio.to_thread(self._producer.flush, 10)
        self._stopped.set()
        await asyncio.to_thread(self._thread.join, 5)
