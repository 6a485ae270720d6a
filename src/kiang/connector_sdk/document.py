"""Documents: files that a process carries by reference (`camunda.document.type`).

A connector's field of type `Document` takes a reference of any kind; one of type `bytes` takes the content. A document in a result
becomes its reference again.
"""

from __future__ import annotations

import base64
import json
import mimetypes
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from kiang.errors import ConnectorInputError

TYPE_KEY = "camunda.document.type"
DOCUMENT_SIZE_MAX_BYTES = 64 * 1024 * 1024
"""Largest content that is held in memory at once."""


@dataclass(frozen=True)
class DocumentMetadata:
    """What is known of a document besides its content."""

    content_type: str = "application/octet-stream"
    file_name: str = ""
    size_bytes: int = 0
    expires_at: datetime | None = None
    process_definition_id: str | None = None
    process_instance_key: str | None = None
    custom_properties: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As references carry it."""
        return {
            "contentType": self.content_type,
            "fileName": self.file_name,
            "size": self.size_bytes,
            "expiresAt": self.expires_at.isoformat() if self.expires_at else None,
            "processDefinitionId": self.process_definition_id,
            "processInstanceKey": self.process_instance_key,
            "customProperties": dict(self.custom_properties),
        }


class DocumentStore(Protocol):
    """Where documents lie: the engine's own store, a cluster's, or memory in a test."""

    async def create(self, content: bytes, metadata: DocumentMetadata) -> dict[str, Any]:
        """Store a document; gives its reference."""
        ...

    async def read(self, reference: Mapping[str, Any]) -> bytes:
        """The content of a reference of type `camunda` or `external`.

        Raises:
            ConnectorInputError: There is no such document (any more).
        """
        ...

    async def link(self, reference: Mapping[str, Any], time_to_live_ms: int | None = None) -> str:
        """A URL under which anybody can read the document for a while."""
        ...


class Document:
    """One document."""

    def __init__(self, reference: Mapping[str, Any], store: DocumentStore | None = None) -> None:
        self.reference = dict(reference)
        self._store = store

    @property
    def metadata(self) -> DocumentMetadata:
        """As its reference tells it."""
        given = self.reference.get("metadata") or {}
        name = given.get("fileName") or self.reference.get("name") or ""
        return DocumentMetadata(
            given.get("contentType") or self.reference.get("contentType") or content_type_of(name),
            name,
            given.get("size") or 0,
            process_definition_id=given.get("processDefinitionId"),
            process_instance_key=given.get("processInstanceKey"),
            custom_properties=given.get("customProperties") or {},
        )

    @property
    def file_name(self) -> str:
        """Its file name; "" if it has none."""
        return self.metadata.file_name

    async def read(self) -> bytes:
        """The whole content.

        Raises:
            ConnectorInputError: It cannot be found, or its reference is of an unknown type.
        """
        if self.reference.get(TYPE_KEY) == "inline":
            content = self.reference.get("content")
            text = (
                content if isinstance(content, str) else json.dumps(content, separators=(",", ":"), ensure_ascii=False)
            )
            return text.encode()
        if self._store is None:
            raise ConnectorInputError("Expected a document store to read a document from, but none is configured.")
        return await self._store.read(self.reference)

    async def link(self, time_to_live_ms: int | None = None) -> str:
        """A URL to the content; see `DocumentStore.link`."""
        if self.reference.get(TYPE_KEY) == "external":
            return str(self.reference.get("url", ""))
        if self._store is None:
            raise ConnectorInputError("Expected a document store that makes links, but none is configured.")
        return await self._store.link(self.reference, time_to_live_ms)

    def __repr__(self) -> str:
        return f"Document({self.reference.get('documentId') or self.file_name!r})"


def is_reference(value: Any) -> bool:
    """Whether a JSON value is a reference to a document."""
    return isinstance(value, dict) and TYPE_KEY in value


def content_type_of(file_name: str) -> str:
    """The content type that a file name suggests."""
    return mimetypes.guess_type(file_name)[0] or "application/octet-stream"


class MemoryDocumentStore:
    """Documents in memory: for tests and for runtimes without another store."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}

    async def create(self, content: bytes, metadata: DocumentMetadata) -> dict[str, Any]:
        """See `DocumentStore`."""
        document_id = str(uuid.uuid4())
        self._contents[document_id] = content
        name = metadata.file_name or document_id
        filled = DocumentMetadata(
            metadata.content_type or content_type_of(name),
            name,
            len(content),
            metadata.expires_at,
            metadata.process_definition_id,
            metadata.process_instance_key,
            metadata.custom_properties,
        )
        return {
            TYPE_KEY: "camunda",
            "storeId": "in-memory",
            "documentId": document_id,
            "contentHash": None,
            "metadata": filled.to_json(),
        }

    async def read(self, reference: Mapping[str, Any]) -> bytes:
        """See `DocumentStore`."""
        content = self._contents.get(str(reference.get("documentId")))
        if content is None:
            raise ConnectorInputError(f"Expected document '{reference.get('documentId')}' to be stored, but it is not.")
        return content

    async def link(self, reference: Mapping[str, Any], time_to_live_ms: int | None = None) -> str:
        """A data URL: it needs no server."""
        del time_to_live_ms
        content = await self.read(reference)
        kind = Document(reference).metadata.content_type
        return f"data:{kind};base64,{base64.b64encode(content).decode()}"
