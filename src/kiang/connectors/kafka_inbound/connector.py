"""Kafka inbound connector: each message of a topic is an event; offsets are committed once the process has it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Annotated, Any, Literal

from kiang.connector_sdk import ConnectorInput
from kiang.connector_sdk.inbound import Health, InboundContext, Severity, inbound_connector
from kiang.connector_sdk.kafka import (
    KafkaAuthentication,
    NoSchema,
    SchemaToRead,
    Topic,
    check_brokers,
    connection_settings,
    decoded,
    library,
    registry_of,
)
from kiang.connector_sdk.poison import PoisonGuard
from kiang.connector_sdk.schema_registry import SchemaRegistry
from kiang.connector_sdk.template import Choice, Group, Template, TemplateField
from kiang.errors import ConnectorError, ConnectorInputError

POLL_SECONDS = 0.5
GROUP_ID_LENGTH_MAX = 250
RETRY_PAUSE_SECONDS = 2.0
"""Before a message is tried again that may succeed later; its partition waits so long."""
DEAD_LETTER_SECONDS_MAX = 10
"""How long the topic for messages that were given up may take for one."""


TEMPLATE = Template(
    id="io.kiang.connectors.inbound.Kafka.v1",
    name="Kafka Consumer Connector",
    description="Each message of a topic is an event",
    keywords=("kafka", "consume", "subscribe", "topic", "event"),
    groups=(
        Group("authentication", "Authentication"),
        Group("kafka", "Kafka"),
        Group("schema", "Schema"),
    ),
    example={"value": {"order": "A-1"}, "key": "A-1", "rawValue": '{"order": "A-1"}', "headers": {}},
)


class KafkaInboundProperties(ConnectorInput):
    """Properties of the element.

    Attributes:
        offsets: Where to begin, one number per partition.
        dead_letter_topic: Where messages go that were given up; without it they are logged and passed over.
    """

    authentication_type: Annotated[
        Literal["credentials", "custom"],
        TemplateField(
            group="authentication",
            choices=(Choice("credentials", "Credentials"), Choice("custom", "In the additional properties")),
        ),
    ] = "credentials"
    authentication: Annotated[KafkaAuthentication | None, TemplateField(group="authentication")] = None
    topic: Topic
    group_id: Annotated[
        str | None,
        TemplateField(label="Consumer group ID", group="kafka", description="Empty for one of the connector's own"),
    ] = None
    additional_properties: Annotated[
        dict[str, Any] | None, TemplateField(group="kafka", description="Settings of librdkafka, as a FEEL context")
    ] = None
    offsets: Annotated[
        str | list[int] | None,
        TemplateField(group="kafka", feel="optional", description="Where to begin: one number per partition"),
    ] = None
    auto_offset_reset: Annotated[
        Literal["none", "latest", "earliest"],
        TemplateField(group="kafka", description="Where to begin if the group has read nothing yet"),
    ] = "latest"
    schema_strategy: Annotated[
        SchemaToRead, TemplateField(label="Schema strategy", group="schema", default="noSchema")
    ] = NoSchema()
    dead_letter_topic: Annotated[
        str | None,
        TemplateField(group="kafka", description="Takes messages that were given up; else they are passed over"),
    ] = None


@inbound_connector(name="Kafka Consumer", type="io.camunda:connector-kafka-inbound:1", template=TEMPLATE)
async def kafka_inbound(properties: KafkaInboundProperties, context: InboundContext) -> None:
    """Consume for ever."""
    kafka = library()
    await check_brokers(properties.topic, properties.additional_properties, context.resources)
    group = (
        properties.group_id or f"kafka-inbound-connector-{context.definition.deduplication_id}"[:GROUP_ID_LENGTH_MAX]
    )
    settings = {
        "group.id": group,
        "auto.offset.reset": {"none": "error"}.get(properties.auto_offset_reset, properties.auto_offset_reset),
        "enable.auto.commit": False,
        **connection_settings(properties.topic, properties.authentication, properties.additional_properties),
    }
    consumer = kafka.Consumer(settings)
    thread = ThreadPoolExecutor(1, "kiang-kafka-consumer")  # calls of the consumer come one after the other
    dead_letters = kafka.Producer(connection_settings(properties.topic, properties.authentication, None))
    registry = registry_of(properties.schema_strategy, properties.additional_properties, context.resources)
    guard = PoisonGuard()
    loop = asyncio.get_running_loop()

    async def take(message: Any) -> bool:
        is_done = await _handle(message, properties, context, guard, dead_letters, registry)
        if is_done:
            await loop.run_in_executor(thread, partial(consumer.commit, message, asynchronous=False))
        return is_done

    try:
        consumer.subscribe([properties.topic.topic_name], on_assign=_begin_at(kafka, properties))
        while True:
            message = await loop.run_in_executor(thread, consumer.poll, POLL_SECONDS)
            if message is None:
                context.report(Health.up(group=group))
                continue
            if message.error() is not None:
                _judge(message.error(), context)
                continue
            context.report(Health.up(group=group))
            if not await context.finish(take(message)):
                consumer.seek(kafka.TopicPartition(message.topic(), message.partition(), message.offset()))
                await asyncio.sleep(RETRY_PAUSE_SECONDS)
    finally:
        await asyncio.shield(loop.run_in_executor(thread, consumer.close))
        thread.shutdown(wait=False)


async def _handle(
    message: Any,
    properties: KafkaInboundProperties,
    context: InboundContext,
    guard: PoisonGuard,
    dead_letters: Any,
    registry: SchemaRegistry | None,
) -> bool:
    """Whether the offset can be committed."""
    identity = f"{message.topic()}-{message.partition()}-{message.offset()}"
    try:
        event = await event_of(message, properties, registry)
    except (ConnectorInputError, ValueError) as error:
        context.log(Severity.ERROR, "Message", f"Message {identity} cannot be read: {type(error).__name__}")
        await _set_aside(message, properties, dead_letters)
        return True
    except ConnectorError as error:  # the registry is away: the message waits for it
        context.report(Health.down(str(error)))
        context.log(Severity.ERROR, "Message", f"Message {identity} cannot be read yet: {error}")
        return False
    result = await context.correlate(event, identity)
    if result.is_done:
        guard.forget(identity)
        return True
    if result.is_retryable and not guard.is_exhausted(identity):
        return False
    context.log(Severity.ERROR, "Message", f"Message {identity} was given up: {result.outcome.value}")
    await _set_aside(message, properties, dead_letters)
    return True


async def _set_aside(message: Any, properties: KafkaInboundProperties, dead_letters: Any) -> None:
    """Give a message up, to the topic for it if there is one.

    Raises:
        ConnectorError: That topic does not take it: the connector begins again at the same message.
    """
    if not properties.dead_letter_topic:
        return
    refusals: list[Any] = []
    dead_letters.produce(
        properties.dead_letter_topic,
        message.value(),
        message.key(),
        headers=message.headers(),
        on_delivery=lambda error, _: refusals.append(error) if error is not None else None,
    )
    if await asyncio.to_thread(dead_letters.flush, DEAD_LETTER_SECONDS_MAX) or refusals:
        reason = refusals[0].name() if refusals else "no answer"
        raise ConnectorError("FAIL", f"The dead letter topic did not take a message: {reason}")


async def event_of(
    message: Any, properties: KafkaInboundProperties, registry: SchemaRegistry | None = None
) -> dict[str, Any]:
    """The event that a message is: names as Camunda's connector gives them."""
    raw, value = await decoded(message.value(), properties.schema_strategy, registry)
    _, key = await decoded(message.key(), None)
    headers = {name: (content or b"").decode("utf-8", "replace") for name, content in message.headers() or []}
    return {"key": key, "rawValue": raw, "value": value, "headers": headers}


def _begin_at(kafka: Any, properties: KafkaInboundProperties) -> Any:
    given = properties.offsets
    numbers = [int(part) for part in given.split(",") if part.strip()] if isinstance(given, str) else list(given or [])

    def assign(consumer: Any, partitions: list[Any]) -> None:
        for partition in partitions:
            if partition.partition < len(numbers):
                partition.offset = numbers[partition.partition]
        consumer.assign(partitions)

    del kafka
    return assign


def _judge(error: Any, context: InboundContext) -> None:
    """A fault of the consumer: most pass by themselves; fatal ones end it, and the runtime starts it again."""
    context.report(Health.down(error.name()))
    context.log(Severity.ERROR, "Consumer", error.name())
    if error.fatal() or error.name() == "_AUTO_OFFSET_RESET":
        raise ConnectorError("FAIL", f"The consumer has failed: {error.name()}")
