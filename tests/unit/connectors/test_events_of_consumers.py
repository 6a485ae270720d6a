"""Consumers without their brokers: what an event looks like, and what is refused before anything is connected."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from kiang.connector_sdk.binding import bind
from kiang.connectors.aws_sqs_inbound.connector import SqsInboundProperties
from kiang.connectors.aws_sqs_inbound.connector import event_of as sqs_event
from kiang.connectors.http_polling.connector import PollingProperties, Schedule
from kiang.connectors.kafka_inbound.connector import KafkaInboundProperties
from kiang.connectors.kafka_inbound.connector import event_of as kafka_event
from kiang.connectors.rabbitmq_inbound.connector import RabbitInboundProperties
from kiang.connectors.rabbitmq_inbound.connector import event_of as rabbit_event
from kiang.errors import ConnectorInputError

TOPIC = {"bootstrapServers": "b:9092", "topicName": "t"}


class KafkaMessage:
    """A record as the library gives it."""

    def __init__(self, key: bytes | None, value: bytes | None, headers: Any = None) -> None:
        self.key, self.value, self.headers = (lambda: key), (lambda: value), (lambda: headers)


@pytest.mark.parametrize(
    ("value", "raw", "parsed"),
    [
        (b'{"order": "A-1"}', '{"order": "A-1"}', {"order": "A-1"}),
        (b"plain", "plain", "plain"),
        (b"\xff", "\ufffd", "\ufffd"),
        (None, None, None),
    ],
)
async def test_a_kafka_record_is_an_event_with_its_value_raw_and_parsed(value, raw, parsed):
    properties = KafkaInboundProperties.model_validate({"topic": TOPIC})
    record = KafkaMessage(b'"k"', value, [("h", b"x"), ("empty", None)])

    assert await kafka_event(record, properties) == {
        "key": "k",
        "rawValue": raw,
        "value": parsed,
        "headers": {"h": "x", "empty": ""},
    }


def test_a_message_of_rabbitmq_is_an_event_with_its_properties():
    names = ("content_encoding", "delivery_mode", "reply_to", "type", "user_id", "app_id", "correlation_id", "priority")
    message = SimpleNamespace(
        body=b'{"a": 1}',
        content_type="application/json",
        headers={"text": b"x", "number": 1, "odd": {1}},
        message_id="m-1",
        timestamp=datetime(2026, 1, 1, tzinfo=UTC),
        consumer_tag="c",
        **dict.fromkeys(names),
    )

    event = rabbit_event(message)["message"]

    assert (event["body"], event["consumerTag"]) == ({"a": 1}, "c")
    assert event["properties"]["headers"] == {"text": "x", "number": 1, "odd": "{1}"}
    assert event["properties"]["timestamp"] == "2026-01-01T00:00:00+00:00"
    json.dumps(event)


def test_a_message_of_sqs_is_an_event_with_the_names_of_camunda():
    event = sqs_event(
        {
            "MessageId": "m",
            "Body": "[1]",
            "Attributes": {"SentTimestamp": "1"},
            "MessageAttributes": {"kind": {"StringValue": "order", "DataType": "String"}},
        }
    )

    assert (event["messageId"], event["body"], event["receiptHandle"]) == ("m", [1], None)
    assert event["messageAttributes"] == {"kind": {"stringValue": "order", "dataType": "String"}}
    assert sqs_event({"Body": "text"})["body"] == "text"


@pytest.mark.parametrize(
    ("model", "given", "paths"),
    [
        (KafkaInboundProperties, {"topic": TOPIC, "autoOffsetReset": "sometimes"}, ["autoOffsetReset"]),
        (KafkaInboundProperties, {"topic": {"bootstrapServers": " ", "topicName": "t"}}, ["topic.bootstrapServers"]),
        (
            RabbitInboundProperties,
            {"authentication": {"authType": "uri", "uri": ""}},
            ["authentication.uri", "queueName"],
        ),
        (SqsInboundProperties, {"queue": {"pollingWaitTime": "21"}}, ["queue.url"]),
        (PollingProperties, {"url": "ftp://x", "readTimeoutInSeconds": -1}, ["url", "readTimeoutInSeconds"]),
        (PollingProperties, {"url": "http://x", "httpRequestInterval": "soon"}, ["httpRequestInterval"]),
    ],
)
async def test_all_faults_of_properties_are_said_with_their_paths(model, given, paths):
    with pytest.raises(ConnectorInputError) as caught:
        await bind(given, model)

    for path in paths:
        assert path in str(caught.value)


async def test_texts_of_properties_become_what_the_model_says():
    kafka = await bind({"topic": TOPIC, "offsets": "10,12", "additionalProperties": {"a": 1}}, KafkaInboundProperties)
    rabbit = await bind(
        {"authentication": {"authType": "uri", "uri": "amqp://x"}, "queueName": "q", "exclusive": "true"},
        RabbitInboundProperties,
    )
    schedule = await bind({"processPollingInterval": "PT3S"}, Schedule)

    assert kafka.offsets in ("10,12", [10, 12])
    assert rabbit.exclusive is True
    assert schedule.process_polling_interval.total_seconds() == 3
