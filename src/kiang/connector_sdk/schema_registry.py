"""A client of schema registries that speak the REST API of Confluent's: identifiers of schemas, and schemas by identifier.

Each registry is asked once for each schema: what it has said of an identifier never changes.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from kiang.connector_sdk.document import DocumentStore
from kiang.connector_sdk.outbound import OutboundContext, Resources
from kiang.errors import ConnectorError, ConnectorInputError

SCHEMAS_KEPT_MAX = 1_000
"""Of one registry, in each direction."""

MAGIC = 0
_PREFIX = struct.Struct(">bI")
"""What stands before a message: the magic byte and the identifier of its schema."""

_CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"
_REFUSED = frozenset({"404", "409", "422"})
"""Statuses that say something of the schema: asking again would not help."""

_USER_INFO = ("schema.registry.basic.auth.user.info", "basic.auth.user.info")
_REGISTERS = ("auto.register.schemas", "schema.registry.auto.register.schemas")
_OF_THE_REGISTRY = (*_USER_INFO, *_REGISTERS, "basic.auth.credentials.source", "use.latest.version")


def is_setting(name: str) -> bool:
    """Whether an additional property is one of the registry's, not of the Kafka client's."""
    return name in _OF_THE_REGISTRY or name.startswith("schema.registry.")


@dataclass(frozen=True)
class Schema:
    """A schema of a registry.

    Attributes:
        kind: `AVRO`, `JSON` or `PROTOBUF`.
    """

    text: str
    kind: str


@dataclass
class _Known:
    identifiers: dict[tuple[str, str, str], int] = field(default_factory=dict)
    schemas: dict[int, Schema] = field(default_factory=dict)


class SchemaRegistry:
    """One registry, as one set of credentials sees it.

    Args:
        url: User and password in it are taken for basic authentication.
        settings: Additional properties under their usual names: `basic.auth.user.info`, `auto.register.schemas`.
        resources: Where connections and what is known are kept.
    """

    def __init__(
        self,
        url: str,
        settings: Mapping[str, Any] | None,
        resources: Resources,
        documents: DocumentStore | None = None,
    ) -> None:
        parts = urlsplit(url)
        given = settings or {}
        user_info = next((str(given[name]) for name in _USER_INFO if given.get(name)), "")
        if not user_info and parts.username is not None:
            user_info = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        self._url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
        self._credentials = base64.b64encode(user_info.encode()).decode() if user_info else ""
        self._registers = all(str(given.get(name, "true")).lower() != "false" for name in _REGISTERS)
        self._context = OutboundContext(documents=documents, resources=resources)
        self._known: _Known = resources.get(("schema-registry", self._url, self._credentials), _Known)

    async def identifier(self, subject: str, schema: Schema) -> int:
        """The identifier of a schema, which is registered unless `auto.register.schemas` is false.

        Raises:
            ConnectorInputError: The registry does not take it, or does not have it.
            ConnectorError: FAIL: the registry does not answer.
        """
        key = (subject, schema.kind, schema.text)
        found = self._known.identifiers.get(key)
        if found is None:
            path = f"/subjects/{quote(subject, safe='')}{'/versions' if self._registers else ''}"
            described = {"schema": schema.text}
            if schema.kind != "AVRO":
                described["schemaType"] = schema.kind
            found = (await self._ask("POST", path, described)).get("id")
            if type(found) is not int:
                raise ConnectorError("FAIL", "The answer of the schema registry holds no id.")
            _keep(self._known.identifiers, key, found)
        return found

    async def schema(self, identifier: int) -> Schema:
        """The schema of an identifier.

        Raises:
            ConnectorInputError: There is none, or it refers to others.
            ConnectorError: FAIL: the registry does not answer.
        """
        found = self._known.schemas.get(identifier)
        if found is None:
            answer = await self._ask("GET", f"/schemas/ids/{identifier}", None)
            text = answer.get("schema")
            if not isinstance(text, str):
                raise ConnectorError("FAIL", "The answer of the schema registry holds no schema.")
            if answer.get("references"):
                raise ConnectorInputError(f"Expected schema {identifier} to be complete, but it refers to others.")
            found = Schema(text, str(answer.get("schemaType") or "AVRO"))
            _keep(self._known.schemas, identifier, found)
        return found

    async def _ask(self, method: str, path: str, body: Any) -> dict[str, Any]:
        from kiang.connector_sdk.http import HttpMethod, HttpRequestInput, request  # noqa: PLC0415 - only where it is used

        headers: dict[str, str | None] = {"Accept": _CONTENT_TYPE}
        if body is not None:
            headers["Content-Type"] = _CONTENT_TYPE
        if self._credentials:
            headers["Authorization"] = f"Basic {self._credentials}"
        asked = HttpRequestInput(
            url=self._url + path,
            method=HttpMethod(method),
            headers=headers,
            body=json.dumps(body) if body is not None else None,
        )
        try:
            answer = (await request(asked, self._context)).body
        except ConnectorInputError:
            raise
        except ConnectorError as error:
            told = (error.variables.get("response") or {}).get("body")
            message = told.get("message") if isinstance(told, dict) else None
            text = f"The schema registry answers {error.code}: {message or error}"
            if error.code in _REFUSED:
                raise ConnectorInputError(text) from None
            raise ConnectorError("FAIL", text) from None
        if not isinstance(answer, dict):
            raise ConnectorError("FAIL", "The schema registry does not answer with JSON.")
        return answer


def framed(identifier: int, content: bytes) -> bytes:
    """A message as registries' clients write it."""
    return _PREFIX.pack(MAGIC, identifier) + content


def unframed(message: bytes) -> tuple[int, bytes]:
    """Identifier of the schema, and content.

    Raises:
        ConnectorInputError: The message was not written with a registry.
    """
    if len(message) < _PREFIX.size or message[0] != MAGIC:
        raise ConnectorInputError("Expected a message that begins with the identifier of its schema.")
    return int(_PREFIX.unpack_from(message)[1]), message[_PREFIX.size :]


def _keep(known: dict[Any, Any], key: Any, value: Any) -> None:
    if len(known) >= SCHEMAS_KEPT_MAX:
        known.pop(next(iter(known)))
    known[key] = value
