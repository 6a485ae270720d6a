"""A document, and what every store of them does."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

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


class SignedLink(NamedTuple):
    """An address at which whoever has it gets a document.

    Attributes:
        time_to_live_ms: How long it is good for; stores round.
    """

    url: str
    time_to_live_ms: int


class DocumentsFull(KiangError):
    """The store has no room for a document."""


class DocumentRefused(KiangError):
    """The store cannot keep this document, however much room it has."""


class DocumentStoreFailed(KiangError):
    """The store does not do what it was asked.

    Args:
        store_id: Id of the store.
        code: What it says, as it says it: a name, no sentence.
    """

    def __init__(self, store_id: str, code: str) -> None:
        super().__init__(f"Expected document store '{store_id}' to do its work, but it answers {code}.")
        self.store_id = store_id
        self.code = code


class DocumentStore(Protocol):
    """Keeps documents by id.

    Contract: methods may block for the disk or the network and may be called from several threads; `put` replaces nothing. Each
    may raise `DocumentStoreFailed`.

    Attributes:
        id: By which references name the store.
        link_ms_max: How long a link that the store makes by itself may be good for; None if it makes none.
    """

    id: str
    link_ms_max: int | None

    def put(self, document_id: str, document: Document) -> bool:
        """Keep a document; False if one with this id is there.

        Raises:
            DocumentsFull: There is no room.
            DocumentRefused: Nor would there ever be.
        """
        ...

    def get(self, document_id: str) -> Document | None:
        """A document, expired or not; None if there is none."""
        ...

    def metadata(self, document_id: str) -> DocumentMetadata | None:
        """What is known about a document, expired or not; None if there is none."""
        ...

    def link(self, document_id: str, time_to_live_ms: int) -> SignedLink | None:
        """An address at which whoever has it gets the document from the store itself, for a while.

        None if the store has no such addresses; then the gateway makes one of its own.
        """
        ...

    def delete(self, document_id: str) -> bool:
        """Forget a document; False if there is none."""
        ...
