"""Types of values that many answers hold."""

from __future__ import annotations

from typing import Annotated

import msgspec

from kiang.protocol.document import Document, print_document

KeyText = Annotated[str, msgspec.Meta(pattern="^-?[0-9]+$", min_length=1, max_length=25)]
"""A key as answers carry it."""

DateTime = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
"""An RFC 3339 date-time."""

JsonObject = Annotated[msgspec.Raw, msgspec.Meta(extra_json_schema={"type": "object"})]
"""A JSON object that is passed on as it is."""

EMPTY_OBJECT = msgspec.Raw(b"{}")


def key_text(key: int) -> str:
    """A key for an answer."""
    return str(key)


def optional_key_text(key: int | None) -> str | None:
    """A key for an answer, null for none."""
    return str(key) if key and key > 0 else None


def json_object(document: Document) -> msgspec.Raw:
    """Variables for an answer."""
    return msgspec.Raw(print_document(document).encode())


def json_text(text: str) -> msgspec.Raw:
    """JSON text for an answer; blank is the empty object."""
    return msgspec.Raw(text.encode()) if text else EMPTY_OBJECT
