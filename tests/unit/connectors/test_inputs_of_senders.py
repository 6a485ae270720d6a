"""Connectors to brokers, AWS, databases and GraphQL without their peers: binding, and what is refused before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from kiang.connector_sdk.kafka import InlineSchema, connection_settings, decoded, encoded
from kiang.connector_sdk.kafka import KafkaAuthentication as KafkaUser
from kiang.connector_sdk.kafka import Topic as KafkaTopic
from kiang.connector_sdk.rabbitmq import BrokerAddress, CredentialsAuthentication, UriAuthentication, url_of
from kiang.connector_sdk.testing import run_connector
from kiang.connectors.aws_lambda import aws_lambda
from kiang.connectors.aws_s3 import aws_s3
from kiang.connectors.aws_sns import aws_sns
from kiang.connectors.aws_sqs import aws_sqs
from kiang.connectors.graphql import graphql
from kiang.connectors.kafka import kafka
from kiang.connectors.rabbitmq import rabbitmq
from kiang.connectors.sql import sql
from kiang.errors import ConnectorInputError

SECRET = "very-secret"


@pytest.mark.parametrize(
    ("connector", "given", "paths"),
    [
        (aws_lambda, {"awsFunction": {}}, ["awsFunction.functionName", "awsFunction.payload"]),
        (aws_s3, {"actionDiscriminator": "eat", "action": {}}, ["actionDiscriminator"]),
        (aws_sns, {"topic": {"type": "fifo"}}, ["topic.topicArn", "topic.message"]),
        (aws_sqs, {"authentication": {"type": "credentials"}}, ["authentication.accessKey", "queue"]),
        (graphql, {"graphql": {"url": "nowhere", "query": " "}}, ["graphql.url", "graphql.query"]),
        (
            kafka,
            {"topic": {"topicName": ""}, "message": {}},
            ["topic.bootstrapServers", "topic.topicName", "message.value"],
        ),
        (rabbitmq, {"authentication": {"authType": "credentials"}}, ["authentication.userName", "routing", "message"]),
        (
            sql,
            {"connection": {"authType": "uri"}, "data": {"query": ""}},
            ["database", "connection.uri", "data.query"],
        ),
    ],
)
async def test_all_faults_are_said_with_their_paths(connector, given, paths):
    run = await run_connector(connector, given, secrets={"S": SECRET})

    assert isinstance(run.error, ConnectorInputError)
    for path in paths:
        assert path in str(run.error)
    run.assert_no_secret()


async def test_what_fits_its_type_but_makes_no_sense_is_an_input_error():
    no_key = await run_connector(aws_s3, {"actionDiscriminator": "deleteObject", "action": {"bucket": "b"}})
    half_a_user = await run_connector(
        kafka,
        {
            "topic": {"bootstrapServers": "b", "topicName": "t"},
            "message": {"value": 1},
            "authentication": {"password": "{{secrets.S}}"},
        },
        secrets={"S": SECRET},
    )
    no_broker = await run_connector(
        rabbitmq,
        {
            "authentication": {"authType": "credentials", "userName": "u", "password": "{{secrets.S}}"},
            "routing": {"routingKey": "k"},
            "message": {"body": 1},
        },
        secrets={"S": SECRET},
    )

    assert "action.key" in str(no_key.error)
    assert "both of them" in str(half_a_user.error)
    assert "routing.hostName" in str(no_broker.error)
    for run in (no_key, half_a_user, no_broker):
        run.assert_no_secret()


def test_settings_of_kafka_are_made_of_topic_user_and_what_is_added():
    topic = KafkaTopic.model_validate({"bootstrapServers": "b:1", "topicName": "t"})
    user = KafkaUser.model_validate({"username": "u", "password": "p"})

    assert connection_settings(topic, None, {"acks": 1, "flag": True}) == {
        "bootstrap.servers": "b:1",
        "client.id": "kiang",
        "acks": 1,
        "flag": "true",
    }
    assert connection_settings(topic, user, None)["security.protocol"] == "SASL_SSL"


@pytest.mark.parametrize(
    ("value", "content"), [("text", b"text"), ({"a": "Ä"}, '{"a":"Ä"}'.encode()), (7, b"7"), (None, None)]
)
async def test_a_value_of_kafka_is_text_or_json(value, content):
    assert await encoded(value, None) == content


async def test_avro_goes_out_and_comes_in_and_what_does_not_fit_is_an_input_error():
    pytest.importorskip("fastavro", reason="fastavro is not installed")
    fields = [{"name": "id", "type": "string"}]
    schema = InlineSchema.model_validate(
        {"type": "inlineSchema", "schema": {"type": "record", "name": "R", "fields": fields}}
    )

    assert (await decoded(await encoded({"id": "A-1"}, schema), schema))[1] == {"id": "A-1"}
    with pytest.raises(ConnectorInputError, match="fits the Avro schema"):
        await encoded({"id": 1}, schema)
    with pytest.raises(ConnectorInputError, match="Avro schema"):
        await encoded({}, InlineSchema.model_validate({"type": "inlineSchema", "schema": "{"}))


def test_the_address_of_rabbitmq_is_a_uri_or_made_of_parts():
    user = CredentialsAuthentication.model_validate({"authType": "credentials", "userName": "u:1", "password": "p@/"})
    address = BrokerAddress.model_validate({"hostName": "h", "port": "5672", "virtualHost": "/v"})
    uri = UriAuthentication.model_validate({"uri": "http://x"})

    assert url_of(user, address) == "amqp://u%3A1:p%40%2F@h:5672/%2Fv"
    with pytest.raises(ConnectorInputError, match="amqp"):
        url_of(uri, address)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"query": "SELECT :a", "variables": {"b": 1}}, "'a'"),
        ({"query": "SELECT ?, ?", "variables": [1]}, "fewer"),
        ({"query": "SELECT ?", "variables": [1, 2]}, "2 were given for 1"),
    ],
)
async def test_variables_have_to_fit_the_query(data: Any, said: str, tmp_path):
    where = {"authType": "uri", "uri": f"jdbc:sqlite:{tmp_path / 'x.db'}"}

    run = await run_connector(sql, {"database": "SQLITE", "connection": where, "data": data})

    assert said in str(run.error)
