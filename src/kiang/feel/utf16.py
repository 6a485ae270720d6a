"""Texts as Java sees them: in units of UTF-16, where characters beyond the first 65,536 count as two."""

from __future__ import annotations

import re
from typing import Final

_ASTRAL: Final = re.compile("[\U00010000-\U0010ffff]")


def utf16_units(text: str) -> str:
    """Give the units of a text, each as a character of its own."""
    if _ASTRAL.search(text) is None:
        return text
    data = text.encode("utf-16-be", "surrogatepass")
    return "".join(chr(int.from_bytes(data[index : index + 2])) for index in range(0, len(data), 2))


def joined_units(units: str) -> str:
    """Put units together; half a character becomes a question mark, as when Java writes it."""
    if not any("\ud800" <= char <= "\udfff" for char in units):
        return units
    return units.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace").replace("\ufffd", "?")
