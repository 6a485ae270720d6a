"""HPACK (RFC 7541) for gRPC's heads: few different ones, repeated for ever.

Reading: a block that neither changed the dynamic table nor was followed by a change means the same each time; so
    what was made
of it is looked up by its bytes, which costs a dictionary look-up instead of a decoding. Clients that put a new
time-out into each head change the table with each head; for them fields are decoded one by one, Huffman texts
through a cache.

Writing: heads are made of static indexes and literals that leave the peer's table alone, so that one block serves
    all streams.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Generic, TypeVar

from hpack.exceptions import HPACKDecodingError
from hpack.huffman_table import decode_huffman
from hpack.table import HeaderTable

from kiang.wire.http2.frames import ErrorCode, ProtocolError

Field = tuple[bytes, bytes]
Head = TypeVar("Head")

TABLE_BYTES_MAX = 4096
"""Dynamic table of a peer's encoder: the default of the protocol, which we do not change."""

HEAD_BYTES_MAX = 16_384
"""Names, values and 32 bytes for each field; what goes beyond is refused. Tokens of a few kilobytes must fit."""

FIELD_OVERHEAD_BYTES = 32
REMEMBERED_BLOCKS_MAX = 64
REMEMBERED_BLOCK_BYTES_MAX = 4096
_TEXT_CACHE_ENTRIES = 1024
_TEXT_CACHE_BYTES_MAX = 256
_INTEGER_OCTETS_MAX = 4

_STATIC: tuple[Field, ...] = ((b"", b""), *HeaderTable.STATIC_TABLE)
_STATIC_COUNT = len(_STATIC) - 1
_STATIC_FIELDS = {field: index for index, field in reversed(list(enumerate(_STATIC))) if index}
_STATIC_NAMES = {name: index for index, (name, _) in reversed(list(enumerate(_STATIC))) if index}


class HeadTooLargeError(Exception):
    """The head of one stream is over `HEAD_BYTES_MAX`; the connection can go on."""


class HeadReader(Generic[Head]):
    """Reads the header blocks of one connection, in the order in which they arrive.

    Args:
        make: Makes of the decoded fields what the role wants to know; must not keep state. Its result is shared
            between streams.
    """

    __slots__ = ("_make", "_remembered", "_table", "_table_bytes", "_table_bytes_max")

    def __init__(self, make: Callable[[list[Field]], Head]) -> None:
        self._make = make
        self._remembered: dict[bytes, Head] = {}
        self._table: deque[Field] = deque()
        self._table_bytes = 0
        self._table_bytes_max = TABLE_BYTES_MAX

    def read(self, block: bytes) -> Head:
        """What `make` makes of a block.

        Raises:
            ProtocolError: It cannot be decoded, so no later one can.
            HeadTooLargeError: It could be decoded, but is not to be used.
        """
        head = self._remembered.get(block)
        if head is not None:
            return head
        fields, changes_table = self._decode(block)
        head = self._make(fields)
        if changes_table:
            self._remembered.clear()
        elif len(block) <= REMEMBERED_BLOCK_BYTES_MAX:
            if len(self._remembered) >= REMEMBERED_BLOCKS_MAX:
                self._remembered.clear()
            self._remembered[block] = head
        return head

    def _decode(self, block: bytes) -> tuple[list[Field], bool]:
        fields: list[Field] = []
        size = 0
        changes_table = False
        at, end = 0, len(block)
        try:
            while at < end:
                first = block[at]
                if first & 0x80:
                    index, at = _integer(block, at, 0x7F)
                    field = self._field(index)
                elif first & 0x40:
                    field, at = self._literal(block, at, 0x3F)
                    self._add(field)
                    changes_table = True
                elif first & 0x20:
                    limit, at = _integer(block, at, 0x1F)
                    if fields or limit > TABLE_BYTES_MAX:
                        raise ProtocolError(ErrorCode.COMPRESSION_ERROR, "misplaced or too large table size update")
                    self._table_bytes_max = limit
                    self._evict(limit)
                    changes_table = True
                    continue
                else:
                    field, at = self._literal(block, at, 0x0F)
                fields.append(field)
                size += len(field[0]) + len(field[1]) + FIELD_OVERHEAD_BYTES
        except IndexError:
            raise ProtocolError(
                ErrorCode.COMPRESSION_ERROR, "header block ends in a field or names an unknown one"
            ) from None
        except HPACKDecodingError:
            raise ProtocolError(ErrorCode.COMPRESSION_ERROR, "text is no Huffman code") from None
        if size > HEAD_BYTES_MAX:
            if changes_table:
                self._remembered.clear()
            raise HeadTooLargeError
        return fields, changes_table

    def _field(self, index: int) -> Field:
        if index <= _STATIC_COUNT:
            if index == 0:
                raise IndexError
            return _STATIC[index]
        return self._table[index - _STATIC_COUNT - 1]

    def _literal(self, block: bytes, at: int, prefix: int) -> tuple[Field, int]:
        index, at = _integer(block, at, prefix)
        if index:
            name = self._field(index)[0]
        else:
            name, at = _text(block, at)
        value, at = _text(block, at)
        return (name, value), at

    def _add(self, field: Field) -> None:
        size = len(field[0]) + len(field[1]) + FIELD_OVERHEAD_BYTES
        self._evict(self._table_bytes_max - size)
        if size <= self._table_bytes_max:
            self._table.appendleft(field)
            self._table_bytes += size

    def _evict(self, limit: int) -> None:
        while self._table and self._table_bytes > limit:
            name, value = self._table.pop()
            self._table_bytes -= len(name) + len(value) + FIELD_OVERHEAD_BYTES


def write_head(fields: Iterable[tuple[str | bytes, str | bytes]]) -> bytes:
    """A block that leaves the peer's dynamic table alone. Names in lower case; values ASCII or bytes."""
    parts: list[bytes] = []
    for name, value in fields:
        field = (_bytes(name), _bytes(value))
        index = _STATIC_FIELDS.get(field)
        if index is not None:
            parts.append(_write_integer(index, 0x7F, 0x80))
            continue
        index = _STATIC_NAMES.get(field[0])
        if index is not None:
            parts.append(_write_integer(index, 0x0F, 0))
        else:
            parts += (b"\0", _write_integer(len(field[0]), 0x7F, 0), field[0])
        parts += (_write_integer(len(field[1]), 0x7F, 0), field[1])
    return b"".join(parts)


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("ascii")


def _integer(block: bytes, at: int, prefix: int) -> tuple[int, int]:
    value = block[at] & prefix
    at += 1
    if value < prefix:
        return value, at
    for shift in range(0, 7 * _INTEGER_OCTETS_MAX, 7):
        octet = block[at]
        at += 1
        value += (octet & 0x7F) << shift
        if octet < 0x80:
            return value, at
    raise ProtocolError(ErrorCode.COMPRESSION_ERROR, "integer is too large")


def _text(block: bytes, at: int) -> tuple[bytes, int]:
    is_huffman = block[at] & 0x80
    size, at = _integer(block, at, 0x7F)
    end = at + size
    if end > len(block):
        raise IndexError
    text = block[at:end]
    if is_huffman:
        text = _decoded(text) if size <= _TEXT_CACHE_BYTES_MAX else decode_huffman(text)
    return text, end


_decoded = lru_cache(_TEXT_CACHE_ENTRIES)(decode_huffman)


def _write_integer(value: int, prefix: int, flags: int) -> bytes:
    if value < prefix:
        return bytes((flags | value,))
    octets = [flags | prefix]
    value -= prefix
    while value >= 0x80:
        octets.append(value & 0x7F | 0x80)
        value >>= 7
    octets.append(value)
    return bytes(octets)
