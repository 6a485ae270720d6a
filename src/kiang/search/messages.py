"""What the engine and the process that searches say to each other."""

from __future__ import annotations

import struct
from typing import Any

import msgspec

from kiang.search.value import Stored

LENGTH = struct.Struct("<I")
"""Before each message: its length in bytes."""

DONE, TIMED_OUT, UNREADABLE, BROKEN, REFUSED = range(5)
"""What became of a request: the result is there, it took too long, the store cannot be read, there is a fault in the program, it asks
for too much."""


class Request(msgspec.Struct, array_like=True):
    """What is wanted.

    Attributes:
        number: Of the request; the answer has the same.
        resource: Its name in the catalogue.
        key: Of the item that is wanted; None for a search.
        query: `{filter, sort, page}`, checked before.
        also: Conditions that hold besides the filter.
    """

    number: int
    resource: str
    key: int | None = None
    query: Any = None
    also: list[tuple[str, list[Stored | None]]] = []


class Reply(msgspec.Struct, array_like=True):
    """What became of it.

    Attributes:
        content: JSON: the answer of a search, or an item, or null for no item; if it failed, why, as text.
    """

    number: int
    outcome: int
    content: bytes
