"""What the Kafka connectors share: brokers, credentials, schemas. Needs the extra `kiang[kafka]`."""

from __future__ import annotations

import io
import json
from functools import lru_cache
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field

from kiang.connector_sdk import schema_registry
from kiang.connector_sdk.binding import ConnectorInput
from kiang.connector_sdk.constraints import NotBlank, NotNull
from kiang.connector_sdk.outbound import Resources
from kiang.connector_sdk.reach import check_host
from kiang.connector_sdk.schema_registry import SchemaRegistry
from kiang.connector_sdk.template import Choice, TemplateField
from kiang.errors import ConfigError, ConnectorInputError

SCHEMAS_PARSED_MAX = 200


class KafkaAuthentication(ConnectorInput):
    """User and password for SASL; both or none."""

    username: Annotated[str | None, TemplateField(group="authentication")] = None
    password: Annotated[str | None, TemplateField(group="authentication", secret=True)] = None


class Topic(ConnectorInput):
    """Which topic of which cluster."""

    bootstrap_servers: Annotated[str, NotBlank(), TemplateField(group="kafka")]
    topic_name: Annotated[str, NotBlank(), TemplateField(group="kafka")]


class NoSchema(ConnectorInput):
    """Text or JSON."""

    type: Annotated[Literal["noSchema"], TemplateField(label="No schema")] = "noSchema"


class InlineSchema(ConnectorInput):
    """Avro by a schema that stands in the process."""

    type: Annotated[Literal["inlineSchema"], TemplateField(label="Inline schema")]
    schema_: Annotated[
        Any, NotNull(), Field(alias="schema"), TemplateField(label="Schema", type="Text", feel="optional")
    ]


class RegisteredSchema(ConnectorInput):
    """Avro or JSON by a schema of a registry; before each message stands its schema's identifier."""

    type: Annotated[Literal["schemaRegistry"], TemplateField(label="Schema registry")]
    schema_registry_url: Annotated[str, NotBlank(), TemplateField(label="Schema registry URL")]
    schema_type: Annotated[
        Literal["avro", "json"],
        TemplateField(label="Schema type", choices=(Choice("avro", "Avro"), Choice("json", "JSON"))),
    ] = "avro"


class SchemaToWrite(RegisteredSchema):
    """With the schema that messages are written by."""

    schema_: Annotated[
        Any, NotNull(), Field(alias="schema"), TemplateField(label="Schema", type="Text", feel="optional")
    ]


Schema = Annotated[NoSchema | InlineSchema | SchemaToWrite, Field(discriminator="type")]
SchemaToRead = Annotated[NoSchema | InlineSchema | RegisteredSchema, Field(discriminator="type")]
Strategy = NoSchema | InlineSchema | RegisteredSchema


def library() -> Any:
    """The client library.

    Raises:
        ConfigError: It is not installed.
    """
    try:
        import confluent_kafka  # noqa: PLC0415 - an extra
    except ImportError:
        raise ConfigError("kiang", "without confluent-kafka", "installed with it: pip install 'kiang[kafka]'") from None
    return confluent_kafka


def connection_settings(
    topic: Topic, authentication: KafkaAuthentication | None, additional: dict[str, Any] | None
) -> dict[str, Any]:
    """Settings of a producer or consumer; additional ones win.

    Raises:
        ConnectorInputError: A user without password, or the other way round.
    """
    settings: dict[str, Any] = {"bootstrap.servers": topic.bootstrap_servers, "client.id": "kiang"}
    user = authentication.username if authentication is not None else None
    password = authentication.password if authentication is not None else None
    if bool(user) != bool(password):
        raise ConnectorInputError("Username / password pair is required: both of them, or none.")
    if user:
        settings |= {
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "PLAIN",
            "sasl.username": user,
            "sasl.password": password,
        }
    own = {name: value for name, value in (additional or {}).items() if not schema_registry.is_setting(name)}
    return settings | {name: _setting(value) for name, value in own.items()}


async def encoded(
    value: Any, strategy: Strategy | None, registry: SchemaRegistry | None = None, topic: str = ""
) -> bytes | None:
    """A key or value as bytes: text as it is, anything else as JSON, or by a schema.

    Args:
        registry: Of a strategy with one.
        topic: Names the subject of the schema.

    Raises:
        ConnectorInputError: It does not fit the schema, or the schema is none.
    """
    if value is None:
        return None
    if isinstance(strategy, InlineSchema):
        return _avro_written(_parsed_avro(strategy.schema_), value)
    if isinstance(strategy, SchemaToWrite) and registry is not None:
        text = strategy.schema_ if isinstance(strategy.schema_, str) else json.dumps(strategy.schema_)
        content = _avro_written(_parsed_avro(text), value) if strategy.schema_type == "avro" else _json(value)
        known = schema_registry.Schema(text, strategy.schema_type.upper())
        return schema_registry.framed(await registry.identifier(f"{topic}-value", known), content)
    return value.encode() if isinstance(value, str) else _json(value)


async def decoded(
    content: bytes | None, strategy: Strategy | None, registry: SchemaRegistry | None = None
) -> tuple[str | None, Any]:
    """A received value as text, and parsed if it can be.

    Raises:
        ConnectorInputError: It was not written by the schema, or with no registry.
        ConnectorError: The registry does not answer.
    """
    if content is None:
        return None, None
    if isinstance(strategy, InlineSchema):
        return _avro_read(_parsed_avro(strategy.schema_), content)
    if isinstance(strategy, RegisteredSchema) and registry is not None:
        identifier, content = schema_registry.unframed(content)
        schema = await registry.schema(identifier)
        if schema.kind == "AVRO":
            return _avro_read(_parsed_avro(schema.text), content)
    text = content.decode("utf-8", "replace")
    try:
        return text, json.loads(text)
    except ValueError:
        return text, text


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _avro_written(schema: Any, value: Any) -> bytes:
    out = io.BytesIO()
    try:
        _fastavro().schemaless_writer(out, schema, json.loads(value) if _is_json_object(value) else value)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise ConnectorInputError(f"Expected a message that fits the Avro schema: {error}") from None
    return out.getvalue()


def _is_json_object(value: Any) -> bool:
    """A form may hold the message as text."""
    return isinstance(value, str) and value.lstrip().startswith("{")


def _avro_read(schema: Any, content: bytes) -> tuple[str, Any]:
    try:
        value = _fastavro().schemaless_reader(io.BytesIO(content), schema, None)
    except (ValueError, TypeError, EOFError, IndexError, KeyError) as error:
        raise ConnectorInputError(f"Expected a message written by the Avro schema: {type(error).__name__}") from None
    return json.dumps(value, default=str), value


def _parsed_avro(schema: Any) -> Any:
    return _parsed(schema if isinstance(schema, str) else json.dumps(schema))


@lru_cache(maxsize=SCHEMAS_PARSED_MAX)
def _parsed(text: str) -> Any:
    fastavro = _fastavro()
    try:
        return fastavro.parse_schema(json.loads(text))
    except (ValueError, TypeError, KeyError, fastavro.schema.SchemaParseException) as error:
        raise ConnectorInputError(f"Expected schemaStrategy.schema to be an Avro schema: {error}") from None


def _fastavro() -> Any:
    try:
        import fastavro  # noqa: PLC0415 - an extra
    except ImportError:
        raise ConfigError("kiang", "without fastavro", "installed with it: pip install 'kiang[kafka]'") from None
    return fastavro


async def check_brokers(topic: Topic, additional: dict[str, Any] | None, resources: Resources) -> None:
    """Returns if the operator allows the brokers that are named; those name others, which are taken for allowed.

    Raises:
        ConnectorInputError: See `check_host`.
    """
    named = (additional or {}).get("bootstrap.servers") or (additional or {}).get("metadata.broker.list")
    for server in str(named or topic.bootstrap_servers).split(","):
        await check_host(urlsplit(f"//{server.rpartition('://')[2].strip()}").hostname or "", resources)


def registry_of(
    strategy: Strategy | None, additional: dict[str, Any] | None, resources: Resources
) -> SchemaRegistry | None:
    """The registry of a strategy that has one."""
    if not isinstance(strategy, RegisteredSchema):
        return None
    return SchemaRegistry(strategy.schema_registry_url, additional, resources)


def _setting(value: Any) -> Any:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value
