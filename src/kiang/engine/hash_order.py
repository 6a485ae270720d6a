"""The order in which the original lists what it keeps in a set of texts: that of the hashes of its platform."""

from __future__ import annotations

from collections.abc import Iterable

TABLE_SIZE_MIN = 16
LOAD_FACTOR = 0.75


def hash_order(texts: Iterable[str]) -> list[str]:
    """Distinct texts in the order of a hash table that grows at three quarters."""
    distinct = list(dict.fromkeys(texts))
    size = TABLE_SIZE_MIN
    while len(distinct) > size * LOAD_FACTOR:
        size *= 2
    return sorted(distinct, key=lambda text: _spread(_hash(text)) & (size - 1))


def _hash(text: str) -> int:
    """Of the UTF-16 code units, in 32 bits."""
    code = 0
    units = text.encode("utf-16-be")
    for high, low in zip(units[::2], units[1::2], strict=True):
        code = (31 * code + (high << 8 | low)) & 0xFFFFFFFF
    return code


def _spread(code: int) -> int:
    return code ^ (code >> 16)
