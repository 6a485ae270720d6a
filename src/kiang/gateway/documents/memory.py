"""Documents in memory: gone with the process."""

from __future__ import annotations

import threading

from kiang.gateway.documents.document import Document, DocumentMetadata, DocumentsFull

BYTES_MAX = 256 * 1024 * 1024
"""All documents together."""

DOCUMENTS_MAX = 100_000


class MemoryDocuments:
    """See `document.DocumentStore`."""

    link_ms_max: int | None = None

    def __init__(self, id: str = "in-memory", *, bytes_max: int = BYTES_MAX) -> None:  # noqa: A002 - the word for it
        self.id = id
        self._documents: dict[str, Document] = {}
        self._bytes = 0
        self._bytes_max = bytes_max
        self._lock = threading.Lock()

    def put(self, document_id: str, document: Document) -> bool:
        """Keep a document."""
        size = len(document.content)
        with self._lock:
            if document_id in self._documents:
                return False
            if self._bytes + size > self._bytes_max or len(self._documents) >= DOCUMENTS_MAX:
                raise DocumentsFull(
                    f"Expected room for a document of {size} bytes, but the store in memory holds at most "
                    f"{self._bytes_max} bytes. Delete documents, or keep them in a folder."
                )
            self._documents[document_id] = document
            self._bytes += size
        return True

    def get(self, document_id: str) -> Document | None:
        """A document."""
        return self._documents.get(document_id)

    def metadata(self, document_id: str) -> DocumentMetadata | None:
        """What is known about a document."""
        document = self._documents.get(document_id)
        return None if document is None else document.metadata

    def link(self, document_id: str, time_to_live_ms: int) -> None:
        """None: only the gateway reaches them."""

    def delete(self, document_id: str) -> bool:
        """Forget a document."""
        with self._lock:
            document = self._documents.pop(document_id, None)
            if document is None:
                return False
            self._bytes -= len(document.content)
        return True
