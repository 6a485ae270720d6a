"""No connector reaches a host that its operator does not allow, over whatever protocol; nobody listens where these would connect to."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from tests.integration.connectors.correlator import Answering

from kiang.connector_sdk import Resources
from kiang.connector_sdk.binding import bind
from kiang.connector_sdk.inbound import InboundContext, InboundDefinition, InboundElement, Outcome, inbound_connector_of
from kiang.connector_sdk.reach import SETTINGS, HttpSettings, check_host, check_host_in_thread
from kiang.connector_sdk.testing import run_connector
from kiang.errors import ConnectorInputError

HOST = "127.0.0.1"
SIMPLE = {"type": "simple", "username": "u", "password": "p"}
KEYS = {"type": "credentials", "accessKey": "a", "secretKey": "s"}
AWS = {"authentication": KEYS, "configuration": {"region": "eu-central-1", "endpoint": f"http://{HOST}:1"}}
LOGIN = {"authType": "credentials", "userName": "u", "password": "p"}


def mail(protocol: str, action: str, more: dict[str, Any]) -> dict[str, Any]:
    config = {f"{protocol}Host": HOST, f"{protocol}Port": 1, f"{protocol}CryptographicProtocol": "NONE"}
    data = {f"{protocol}Config": config, f"{protocol}ActionDiscriminator": action, **more}
    return {"authentication": SIMPLE, "protocol": protocol, "data": data}


def database(kind: str, **more: Any) -> dict[str, Any]:
    connection = {"authType": "detailed", "host": HOST, "port": "1", "databaseName": "d", **more}
    return {"database": kind, "connection": connection, "data": {"query": "SELECT 1", "returnResults": True}}


OUTBOUND = [
    ("http_json", {"url": f"http://{HOST}:1", "method": "GET"}),
    ("graphql", {"graphql": {"url": f"http://{HOST}:1", "method": "post", "query": "{a}"}}),
    (
        "email",
        mail("smtp", "sendEmailSmtp", {"smtpAction": {"from": "a@b.c", "to": "a@b.c", "subject": "s", "body": "b"}}),
    ),
    ("email", mail("imap", "listEmailsImap", {})),
    ("email", mail("pop3", "listEmailsPop3", {})),
    ("sql", database("POSTGRESQL")),
    ("sql", database("MARIADB")),
    ("sql", database("POSTGRESQL", host="example.com", properties={"hostaddr": HOST})),
    ("sql", database("MYSQL", host="example.com", properties={"unix_socket": "/run/db.sock"})),
    ("kafka", {"topic": {"bootstrapServers": f"example.com:1,{HOST}:1", "topicName": "t"}, "message": {"value": 1}}),
    (
        "kafka",
        {
            "topic": {"bootstrapServers": "example.com:1", "topicName": "t"},
            "message": {"value": 1},
            "additionalProperties": {"bootstrap.servers": f"{HOST}:1"},
        },
    ),
    (
        "rabbitmq",
        {
            "authentication": LOGIN,
            "routing": {"exchange": "e", "routingKey": "r", "hostName": HOST, "port": "1"},
            "message": {"body": "b"},
        },
    ),
    ("aws_sqs", {**AWS, "queue": {"url": f"http://{HOST}:1/q", "messageBody": "b"}}),
    ("aws_sns", {**AWS, "topic": {"topicArn": "arn:aws:sns:eu-central-1:1:t", "message": "m"}}),
    ("aws_lambda", {**AWS, "awsFunction": {"functionName": "f", "payload": {}}}),
    ("aws_s3", {**AWS, "actionDiscriminator": "deleteObject", "action": {"bucket": "b", "key": "k"}}),
]

INBOUND = [
    ("kafka_inbound", {"topic": {"bootstrapServers": f"{HOST}:1", "topicName": "t"}}),
    ("rabbitmq_inbound", {"authentication": LOGIN, "routing": {"hostName": HOST, "port": "1"}, "queueName": "q"}),
    ("aws_sqs_inbound", {**AWS, "queue": {"url": f"http://{HOST}:1/q"}}),
]

RULES = [HttpSettings(allowed_hosts=frozenset({"example.com"})), HttpSettings(refuse_private=True)]


def resources_with(settings: HttpSettings) -> Resources:
    resources = Resources()
    resources.get(SETTINGS, lambda: settings)
    return resources


def connector(name: str) -> Any:
    return getattr(importlib.import_module(f"kiang.connectors.{name}"), name)


@pytest.mark.parametrize("settings", RULES, ids=["allowed hosts", "no private addresses"])
@pytest.mark.parametrize(("name", "variables"), OUTBOUND, ids=[f"{i}-{name}" for i, (name, _) in enumerate(OUTBOUND)])
async def test_an_outbound_connector_is_refused_the_host(
    name: str, variables: dict[str, Any], settings: HttpSettings
) -> None:
    resources = resources_with(settings)

    run = await run_connector(connector(name), variables, resources=resources)
    await resources.close()

    assert isinstance(run.error, ConnectorInputError)
    assert "Expected a host " in str(run.error)


@pytest.mark.parametrize(("name", "given"), INBOUND, ids=[name for name, _ in INBOUND])
async def test_an_inbound_connector_is_refused_the_host(name: str, given: dict[str, Any]) -> None:
    known = inbound_connector_of(connector(name))
    element = InboundElement("process", 1, 1, "start")
    resources = resources_with(RULES[0])
    context = InboundContext(
        InboundDefinition(known.type, (element,), "id"), Answering(Outcome.MESSAGE_PUBLISHED), resources=resources
    )

    with pytest.raises(ConnectorInputError, match="Expected a host that the operator allows"):
        await known.target(await bind(given, known.properties), context)
    await resources.close()


@pytest.mark.parametrize("host", ["example.com", "EXAMPLE.com.", "db.example.com"])
async def test_a_host_and_its_subdomains_are_allowed(host: str) -> None:
    resources = resources_with(RULES[0])

    await check_host(host, resources)
    check_host_in_thread(host, resources)


@pytest.mark.parametrize("host", ["badexample.com", "example.com.evil.org", "", "/run/db.sock"])
async def test_whatever_else_is_refused(host: str) -> None:
    resources = resources_with(RULES[0])

    with pytest.raises(ConnectorInputError):
        await check_host(host, resources)
    with pytest.raises(ConnectorInputError):
        check_host_in_thread(host, resources)


@pytest.mark.parametrize("host", ["localhost", "10.0.0.1", "169.254.169.254", "::1", "/run/db.sock"])
async def test_private_addresses_are_refused(host: str) -> None:
    resources = resources_with(RULES[1])

    with pytest.raises(ConnectorInputError):
        await check_host(host, resources)
    with pytest.raises(ConnectorInputError):
        check_host_in_thread(host, resources)
