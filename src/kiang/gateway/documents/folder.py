"""Documents in a folder: one file each, whose name is made from the id so that no id can lead out of the folder.

A file holds the length of the metadata, the metadata as JSON, and the content. It appears at once and whole.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
from pathlib import Path

import msgspec

from kiang.gateway.documents.document import Document, DocumentMetadata, DocumentsFull

_LENGTH_BYTES = 4
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(DocumentMetadata).decode


class FolderDocuments:
    """See `document.DocumentStore`.

    Args:
        folder: Where the files lie; made if it is not there.
        id: Of the store.
    """

    link_ms_max: int | None = None

    def __init__(self, folder: Path, id: str = "local") -> None:  # noqa: A002 - the word for it
        self.id = id
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, document_id: str, document: Document) -> bool:
        """Keep a document."""
        path = self._path(document_id)
        metadata = _encode(document.metadata)
        path.parent.mkdir(exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix="new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(len(metadata).to_bytes(_LENGTH_BYTES, "big") + metadata)
                file.write(document.content)
                file.flush()
                os.fsync(file.fileno())
            os.link(name, path)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise DocumentsFull("Expected room for a document, but the disk is full.") from error
            raise
        finally:
            with contextlib.suppress(OSError):
                Path(name).unlink()
        return True

    def get(self, document_id: str) -> Document | None:
        """A document."""
        try:
            data = self._path(document_id).read_bytes()
        except FileNotFoundError:
            return None
        length = int.from_bytes(data[:_LENGTH_BYTES], "big")
        end = _LENGTH_BYTES + length
        return Document(_decode(data[_LENGTH_BYTES:end]), data[end:])

    def metadata(self, document_id: str) -> DocumentMetadata | None:
        """What is known about a document."""
        try:
            with self._path(document_id).open("rb") as file:
                return _decode(file.read(int.from_bytes(file.read(_LENGTH_BYTES), "big")))
        except FileNotFoundError:
            return None

    def link(self, document_id: str, time_to_live_ms: int) -> None:
        """None: only the gateway reaches them."""

    def delete(self, document_id: str) -> bool:
        """Forget a document."""
        try:
            self._path(document_id).unlink()
        except FileNotFoundError:
            return False
        return True

    def _path(self, document_id: str) -> Path:
        name = hashlib.sha256(document_id.encode("utf-8", "surrogatepass")).hexdigest()
        return self._folder / name[:2] / f"{name}.document"
