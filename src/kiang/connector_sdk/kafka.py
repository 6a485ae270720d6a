"""What the Kafka connectors share: brokers, credentials, schemas. Needs the extra `kiang[kafka]`."""

from __future__ import annotations

import io
import json
from typing import Annotated, Any, Literal

from pydantic import Field

from kiang.connector_sdk.binding import ConnectorInput
from kiang.connector_sdk.constraints import NotBlank, NotNull
from kiang.connector_sdk.template import TemplateField
from kiang.errors import ConfigError, ConnectorInputError


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


Schema = Annotated[NoSchema | InlineSchema, Field(discriminator="type")]


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
    return settings | {name: _setting(value) for name, value in (additional or {}).items()}


def encoded(value: Any, schema: NoSchema | InlineSchema | None) -> bytes | None:
    """A key or value as bytes: text as it is, anything else as JSON, or as Avro by a schema.

    Raises:
        ConnectorInputError: It does not fit the schema.
    """
    if value is None:
        return None
    if isinstance(schema, InlineSchema):
        avro, parsed = _avro(schema)
        out = io.BytesIO()
        try:
            avro.schemaless_writer(out, parsed, value)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise ConnectorInputError(f"Expected a message that fits the Avro schema: {error}") from None
        return out.getvalue()
    return (value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)).encode()


def decoded(content: bytes | None, schema: NoSchema | InlineSchema | None) -> tuple[str | None, Any]:
    """A received value as text, and parsed if it can be."""
    if content is None:
        return None, None
    if isinstance(schema, InlineSchema):
        avro, parsed = _avro(schema)
        value = avro.schemaless_reader(io.BytesIO(content), parsed, None)
        return json.dumps(value, default=str), value
    text = content.decode("utf-8", "replace")
    try:
        return text, json.loads(text)
    except ValueError:
        return text, text


def _avro(schema: InlineSchema) -> tuple[Any, Any]:
    try:
        import fastavro  # noqa: PLC0415 - an extra
    except ImportError:
        raise ConfigError("kiang", "without fastavro", "installed with it: pip install 'kiang[kafka]'") from None
    given = schema.schema_
    try:
        return fastavro, fastavro.parse_schema(json.loads(given) if isinstance(given, str) else given)
    except (ValueError, fastavro.schema.SchemaParseException) as error:
        raise ConnectorInputError(f"Expected schemaStrategy.schema to be an Avro schema: {error}") from None


def _setting(value: Any) -> Any:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value
