"""Kafka connectors against the mock cluster of librdkafka: brokers that speak Kafka's protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from tests.integration.connectors.correlator import WAIT_SECONDS_MAX, Answering, context_for, while_running
from tests.integration.connectors.examples import example_of
from tests.integration.connectors.registry_server import PASSWORD, USER, registry_server
from tests.integration.running_engine import RunningEngine

from kiang.connector_sdk import Resources
from kiang.connector_sdk.inbound import CorrelationResult, Outcome
from kiang.connector_sdk.testing import run_connector
from kiang.connectors.kafka import kafka
from kiang.connectors.kafka_inbound import connector, kafka_inbound
from kiang.connectors.kafka_inbound.connector import KafkaInboundProperties
from kiang.errors import ConnectorError

confluent_kafka = pytest.importorskip("confluent_kafka", reason="confluent-kafka is not installed")

TYPE = "io.camunda:connector-kafka-inbound:1"


class MockCluster:
    """A cluster of librdkafka's, which lives as long as this object."""

    def __init__(self) -> None:
        settings = {"bootstrap.servers": "unused", "test.mock.num.brokers": 1, "client.id": "mock"}
        self._holder = confluent_kafka.Producer(settings)
        metadata = self._holder.list_topics(timeout=10)
        self.brokers = ",".join(f"{broker.host}:{broker.port}" for broker in metadata.brokers.values())

    def stop(self) -> None:
        del self._holder


@pytest.fixture(scope="module")
def brokers() -> Iterator[str]:
    cluster = MockCluster()
    yield cluster.brokers
    cluster.stop()


def topic(brokers: str, name: str) -> dict[str, str]:
    return {"bootstrapServers": brokers, "topicName": name}


async def produce(brokers: str, name: str, *values: Any, **more: Any) -> list[Any]:
    resources = Resources()
    runs = [
        await run_connector(
            kafka, {"topic": topic(brokers, name), "message": {"key": "k", "value": v}, **more}, resources=resources
        )
        for v in values
    ]
    await resources.close()
    return runs


def properties(brokers: str, name: str, **more: Any) -> KafkaInboundProperties:
    return KafkaInboundProperties.model_validate(
        {
            "topic": topic(brokers, name),
            "groupId": f"group-{name}",
            "autoOffsetReset": "earliest",
            "additionalProperties": {"session.timeout.ms": 6_000},  # this cluster gives a group away only after it
            **more,
        }
    )


async def test_a_message_is_produced_and_its_place_comes_back(brokers: str) -> None:
    first, second = await produce(brokers, "plain", {"order": "A-1"}, "text", headers={"h": 1})

    assert first.result["topic"] == "plain"
    assert (
        second.result["offset"] - first.result["offset"] == 1 or second.result["partition"] != first.result["partition"]
    )


async def test_a_user_without_password_is_refused_before_anything_is_sent(brokers: str) -> None:
    run = await run_connector(
        kafka, {"topic": topic(brokers, "t"), "message": {"value": 1}, "authentication": {"username": "u"}}
    )

    assert "both of them" in str(run.error)


async def test_messages_become_events_and_their_offsets_are_committed(brokers: str) -> None:
    await produce(brokers, "inbox", {"order": "A-1"}, "text", headers={"h": "x"})
    correlator = Answering(Outcome.MESSAGE_PUBLISHED)
    context = context_for(TYPE, correlator)

    await while_running(kafka_inbound(properties(brokers, "inbox"), context), correlator.until(2))
    await produce(brokers, "inbox", "third")
    again = Answering(Outcome.MESSAGE_PUBLISHED)
    await while_running(kafka_inbound(properties(brokers, "inbox"), context_for(TYPE, again)), again.until(1))

    values = [event["value"] for event, _ in correlator.events]
    assert sorted(map(str, values)) == ["text", "{'order': 'A-1'}"]
    assert correlator.events[0][0]["headers"] == {"h": "x"}
    assert correlator.events[0][1].startswith("inbox-")
    assert [event["value"] for event, _ in again.events] == ["third"]


async def test_a_message_that_may_succeed_later_comes_again(brokers: str) -> None:
    await produce(brokers, "later", "one")
    correlator = Answering(Outcome.ENGINE_ERROR, Outcome.MESSAGE_PUBLISHED)

    await while_running(kafka_inbound(properties(brokers, "later"), context_for(TYPE, correlator)), correlator.until(2))

    assert [event["value"] for event, _ in correlator.events] == ["one", "one"]


async def test_a_message_that_never_fits_goes_to_the_dead_letters_and_the_next_one_is_read(brokers: str) -> None:
    await produce(brokers, "mixed", "poison", "good")
    correlator = Answering(Outcome.INVALID_INPUT, Outcome.MESSAGE_PUBLISHED)
    context = context_for(TYPE, correlator)
    own = properties(brokers, "mixed", deadLetterTopic="mixed-dead")

    await while_running(kafka_inbound(own, context), correlator.until(2))
    dead = Answering(Outcome.MESSAGE_PUBLISHED)
    await while_running(kafka_inbound(properties(brokers, "mixed-dead"), context_for(TYPE, dead)), dead.until(1))

    assert len(dead.events) == 1
    assert any("given up" in activity.message for activity in context.activities)


async def test_a_message_that_the_dead_letters_do_not_take_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connector, "DEAD_LETTER_SECONDS_MAX", 1)
    cluster = MockCluster()
    await produce(cluster.brokers, "stuck", "poison")

    class LosesTheCluster(Answering):
        async def correlate(self, variables: Any, message_id: str) -> CorrelationResult:
            cluster.stop()
            return await super().correlate(variables, message_id)

    context = context_for(TYPE, LosesTheCluster(Outcome.INVALID_INPUT))

    with pytest.raises(ConnectorError, match="dead letter topic did not take"):
        await kafka_inbound(properties(cluster.brokers, "stuck", deadLetterTopic="stuck-dead"), context)


async def test_avro_by_an_inline_schema_goes_out_and_comes_in(brokers: str) -> None:
    schema = {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}]}
    strategy = {"type": "inlineSchema", "schema": schema}
    await produce(brokers, "avro", {"id": "A-1"}, schemaStrategy=strategy)
    correlator = Answering(Outcome.MESSAGE_PUBLISHED)
    own = properties(brokers, "avro", schemaStrategy=strategy)

    await while_running(kafka_inbound(own, context_for(TYPE, correlator)), correlator.until(1))
    (wrong,) = await produce(brokers, "avro", {"id": 5}, schemaStrategy=strategy)

    assert correlator.events[0][0]["value"] == {"id": "A-1"}
    assert "Avro" in str(wrong.error)


async def test_a_message_whose_schema_a_registry_has_waits_until_the_registry_is_back(brokers: str) -> None:
    async with registry_server() as registry:
        strategy = {"type": "schemaRegistry", "schemaRegistryUrl": registry.url}
        schema = {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}]}
        login = {"basic.auth.user.info": f"{USER}:{PASSWORD}"}
        (produced,) = await produce(
            brokers,
            "registered",
            {"id": "A-1"},
            schemaStrategy=strategy | {"schema": schema},
            additionalProperties=login,
        )
        assert produced.error is None
        correlator = Answering(Outcome.MESSAGE_PUBLISHED)
        own = properties(brokers, "registered", schemaStrategy=strategy)
        own.additional_properties = {**(own.additional_properties or {}), **login}
        context = context_for(TYPE, correlator)
        registry.is_away = True

        async def come_back() -> None:
            async with asyncio.timeout(WAIT_SECONDS_MAX):
                await registry.was_missed.wait()
            registry.is_away = False
            await correlator.until(1)

        await while_running(kafka_inbound(own, context), come_back())

    assert correlator.events[0][0]["value"] == {"id": "A-1"}
    assert any("cannot be read yet" in activity.message for activity in context.activities)


async def test_a_cluster_that_is_not_there_fails_in_bounded_time() -> None:
    async with asyncio.timeout(20):
        run = await run_connector(
            kafka,
            {
                "topic": topic("127.0.0.1:1", "t"),
                "message": {"value": "x"},
                "additionalProperties": {"delivery.timeout.ms": 2_000, "request.timeout.ms": 1_000},
            },
        )

    assert run.error.code == "FAIL"


async def test_the_example_produces_an_order(brokers: str, engine: RunningEngine) -> None:
    async with example_of("kafka", engine, kafka, secrets={"KAFKA_BROKERS": brokers}) as example:
        variables = await example.run(orderId="A-1", total=30)
    correlator = Answering(Outcome.MESSAGE_PUBLISHED)
    await while_running(
        kafka_inbound(properties(brokers, "orders"), context_for(TYPE, correlator)), correlator.until(1)
    )

    assert variables["place"]["topic"] == "orders"
    assert [event["value"] for event, _ in correlator.events] == [{"order": "A-1", "total": 30}]


async def test_the_example_of_the_consumer_starts_an_instance_for_each_order_that_counts(
    brokers: str, engine: RunningEngine
) -> None:
    await produce(brokers, "incoming-orders", {"total": 30}, {"total": 0}, {"total": 7})
    async with example_of("kafka_inbound", engine, kafka_inbound, secrets={"KAFKA_BROKERS": brokers}) as example:
        ended = await example.ended(2)

    assert sorted(variables["total"] for variables in ended) == [7, 30]
    assert [variables["orderId"] for variables in ended] == ["k", "k"]
