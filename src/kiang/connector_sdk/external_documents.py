"""Documents that lie behind a URL: read over HTTP when somebody wants their content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kiang.connector_sdk.document import TYPE_KEY, DocumentMetadata, DocumentStore

if TYPE_CHECKING:
    from kiang.connector_sdk.outbound import OutboundContext


class WithExternalDocuments:
    """A store that also reads references of type `external`, as its connector may reach hosts. See `DocumentStore`."""

    def __init__(self, store: DocumentStore, context: OutboundContext) -> None:
        self.store = store
        self._context = context

    async def create(self, content: bytes, metadata: DocumentMetadata) -> dict[str, Any]:
        """In the store."""
        return await self.store.create(content, metadata)

    async def read(self, reference: Mapping[str, Any]) -> bytes:
        """From the store, or from the URL of the reference."""
        if reference.get(TYPE_KEY) != "external":
            return await self.store.read(reference)
        from kiang.connector_sdk.http.client import fetch  # noqa: PLC0415 - most connectors read no such document

        return await fetch(str(reference.get("url") or ""), self._context)

    async def link(self, reference: Mapping[str, Any], time_to_live_ms: int | None = None) -> str:
        """Of the store."""
        return await self.store.link(reference, time_to_live_ms)
