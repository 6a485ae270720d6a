"""A document, and what every store of them does."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from kiang.errors import KiangError


class DocumentMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about a document.

    Attributes:
        expires_at: Epoch ms from which it is gone; None for never.
        size: Bytes of the content.
        content_hash: SHA-256 of the content, hexadecimal.
        custom_properties: Whatever the client has given.
    """

    content_type: str
    file_name: str
    expires_at: int | None
    size: int
    content_hash: str
    process_definition_id: str | None
    process_instance_key: int | None
    custom_properties: dict[str, Any]


class Document(msgspec.Struct, frozen=True):
    """Metadata and content."""

    metadata: DocumentMetadata
    content: bytes


class DocumentsFull(KiangError):
    """The store has no room for a document."""


class DocumentStore(Protocol):
    """Keeps documents by id.

    Contract: methods may block for the disk and may be called from several threads; `put` replaces nothing.
    """

    id: str

    def put(self, document_id: str, document: Document) -> bool:
        """Keep a document; False if one with this id is there.

        Raises:
            DocumentsFull: There is no room.
        """
        ...

    def get(self, document_id: str) -> Document | None:
        """A document, expired or not; None if there is none."""
        ...

    def delete(self, document_id: str) -> bool:
        """Forget a document; False if there is none."""
        ...
