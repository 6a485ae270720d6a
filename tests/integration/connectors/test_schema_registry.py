"""Messages of Kafka by schemas of a registry, which is asked over its REST API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from tests.integration.connectors.registry_server import PASSWORD, USER, Registry, registry_server

from kiang.connector_sdk import Resources
from kiang.connector_sdk.binding import bind
from kiang.connector_sdk.kafka import Schema, encoded, registry_of
from kiang.connectors.kafka_inbound.connector import KafkaInboundProperties, event_of
from kiang.errors import ConnectorError, ConnectorInputError

ORDER = {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}, {"name": "n", "type": "int"}]}
JSON_SCHEMA = {"type": "object", "properties": {"id": {"type": "string"}}}
LOGIN = {"basic.auth.credentials.source": "USER_INFO", "basic.auth.user.info": f"{USER}:{PASSWORD}"}
TOPIC = {"bootstrapServers": "b:9092", "topicName": "orders"}


@pytest.fixture
async def registry() -> AsyncIterator[Registry]:
    async with registry_server() as running:
        yield running


@pytest.fixture
async def resources() -> AsyncIterator[Resources]:
    shared = Resources()
    yield shared
    await shared.close()


async def write(
    registry: Registry, resources: Resources, value: Any, *, settings: Any = None, url: str = "", **strategy: Any
) -> bytes:
    settings = LOGIN if settings is None else settings
    given = {"type": "schemaRegistry", "schemaRegistryUrl": url or registry.url, **strategy}
    bound = await bind(given, Schema)
    content = await encoded(value, bound, registry_of(bound, settings, resources), "orders")
    assert content is not None
    return content


async def read(registry: Registry, resources: Resources, content: bytes, kind: str) -> dict[str, Any]:
    strategy = {"type": "schemaRegistry", "schemaRegistryUrl": registry.url, "schemaType": kind}
    properties = await bind(
        {"topic": TOPIC, "schemaStrategy": strategy, "additionalProperties": LOGIN}, KafkaInboundProperties
    )
    record = SimpleNamespace(key=lambda: b"k", value=lambda: content, headers=lambda: None)
    return await event_of(record, properties, registry_of(properties.schema_strategy, LOGIN, resources))


@pytest.mark.parametrize(
    ("kind", "schema", "value"),
    [("avro", ORDER, {"id": "A-1", "n": 2}), ("json", JSON_SCHEMA, {"id": "A-1"})],
)
async def test_what_is_written_by_a_schema_is_read_by_it(
    registry: Registry, resources: Resources, kind: str, schema: Any, value: Any
) -> None:
    content = await write(registry, resources, value, schema=schema, schemaType=kind)
    event = await read(registry, resources, content, kind)

    assert content[:5] == b"\x00\x00\x00\x00\x01"
    assert event["value"] == value
    assert registry.subjects == {"orders-value": [1]}
    assert registry.schemas[0][0] == kind.upper()


async def test_a_registry_is_asked_once_for_each_schema(registry: Registry, resources: Resources) -> None:
    for number in range(3):
        content = await write(registry, resources, {"id": "A", "n": number}, schema=ORDER)
        await read(registry, resources, content, "avro")

    assert registry.asked == [("POST", "/subjects/orders-value/versions"), ("GET", "/schemas/ids/1")]


async def test_a_schema_is_only_looked_up_where_it_must_not_be_registered(
    registry: Registry, resources: Resources
) -> None:
    careful = LOGIN | {"auto.register.schemas": False}
    with pytest.raises(ConnectorInputError, match="Subject 'orders-value' not found"):
        await write(registry, resources, {"id": "A", "n": 1}, settings=careful, schema=ORDER)
    known = await write(registry, resources, {"id": "A", "n": 1}, schema=ORDER)

    assert await write(registry, Resources(), {"id": "A", "n": 1}, settings=careful, schema=ORDER) == known


async def test_credentials_may_stand_in_the_url(registry: Registry, resources: Resources) -> None:
    url = registry.url.replace("://", f"://{USER}:p%3Aw@")

    assert await write(registry, resources, {"id": "A", "n": 1}, settings={}, url=url, schema=ORDER)


@pytest.mark.parametrize(
    ("value", "schema", "message"),
    [
        ({"id": 5, "n": 1}, ORDER, "fits the Avro schema"),
        ({"id": "A"}, {"type": "nosuch"}, "to be an Avro schema"),
        ({"id": "A"}, "{", "to be an Avro schema"),
    ],
)
async def test_what_does_not_fit_is_an_input_error(
    registry: Registry, resources: Resources, value: Any, schema: Any, message: str
) -> None:
    with pytest.raises(ConnectorInputError, match=message):
        await write(registry, resources, value, schema=schema)


async def test_a_registry_that_is_away_or_refuses_fails_and_may_be_asked_again(
    registry: Registry, resources: Resources
) -> None:
    registry.is_away = True
    with pytest.raises(ConnectorError, match="answers 503: Forwarding") as away:
        await write(registry, resources, {"id": "A", "n": 1}, schema=ORDER)
    registry.is_away = False
    with pytest.raises(ConnectorError, match="answers 401: Unauthorized") as refused:
        await write(registry, resources, {"id": "A", "n": 1}, settings={}, schema=ORDER)
    with pytest.raises(ConnectorError, match="answers 408") as nobody:
        await write(registry, resources, {"id": "A", "n": 1}, url="http://127.0.0.1:1", schema=ORDER)

    for failure in (away, refused, nobody):
        assert failure.value.code == "FAIL"
        assert not isinstance(failure.value, ConnectorInputError)
    assert await write(registry, resources, {"id": "A", "n": 1}, schema=ORDER)


@pytest.mark.parametrize("content", [b"", b'{"id": 1}', b"\x00\x00\x00\x00\x63{}", b"\x01\x00\x00\x00\x01{}"])
async def test_a_message_without_a_known_schema_cannot_be_read_ever(
    registry: Registry, resources: Resources, content: bytes
) -> None:
    with pytest.raises(ConnectorInputError):
        await read(registry, resources, content, "json")
