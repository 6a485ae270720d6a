"""What gRPC puts into HTTP/2: messages with a length before them, time-outs, status texts."""

from __future__ import annotations

import re
import zlib
from struct import Struct
from urllib.parse import unquote_to_bytes

from kiang.wire.channel import RpcError
from kiang.wire.status import StatusCode

PREFIX_BYTES = 5
MESSAGE_BYTES_MAX = 4 * 1024 * 1024
"""Of one message, compressed or not: the limit of the original's gateway."""

MESSAGE_TOO_LARGE = "gRPC message exceeds maximum size {limit}: {size}"
DECOMPRESSED_TOO_LARGE = "Decompressed gRPC message exceeds maximum size {limit}"

PREFIX = Struct(">BL")
pack_prefix = PREFIX.pack
unpack_prefix = PREFIX.unpack_from

_GZIP_WINDOW_BITS = 31
_TIMEOUT = re.compile(rb"([0-9]{1,8})([HMSmun])")
_UNIT_S = {b"H": 3600.0, b"M": 60.0, b"S": 1.0, b"m": 1e-3, b"u": 1e-6, b"n": 1e-9}
_TIMEOUT_DIGITS_MAX = 99_999_999
_UNSAFE = re.compile(rb"[^ -$&-~]")


def parse_timeout(text: bytes) -> float:
    """Seconds of a `grpc-timeout`.

    Raises:
        ValueError: It is none.
    """
    match = _TIMEOUT.fullmatch(text)
    if match is None:
        raise ValueError
    return int(match[1]) * _UNIT_S[match[2]]


def format_timeout(seconds: float) -> str:
    """As `grpc-timeout`, rounded up to whole milliseconds, or seconds where these are too many."""
    milliseconds = max(1, -int(-seconds * 1000 // 1))
    if milliseconds <= _TIMEOUT_DIGITS_MAX:
        return f"{milliseconds}m"
    return f"{min(milliseconds // 1000, _TIMEOUT_DIGITS_MAX)}S"


def encode_message_text(text: str) -> bytes:
    """A status text as `grpc-message`: UTF-8, percent-encoded where not printable ASCII."""
    return _UNSAFE.sub(lambda match: b"%%%02X" % match[0][0], text.encode("utf-8", "replace"))


def decode_message_text(text: bytes) -> str:
    """The status text of a `grpc-message`."""
    return unquote_to_bytes(text).decode("utf-8", "replace")


def decompress(content: bytes, limit: int = MESSAGE_BYTES_MAX) -> bytes:
    """A message that was compressed with gzip.

    Raises:
        RpcError: It is no gzip, or larger than `limit` when decompressed.
    """
    decompressor = zlib.decompressobj(_GZIP_WINDOW_BITS)
    try:
        message = decompressor.decompress(content, limit + 1)
    except zlib.error:
        raise RpcError(StatusCode.INTERNAL, "Failed to decompress message: it is no gzip stream") from None
    if len(message) > limit:
        raise RpcError(StatusCode.RESOURCE_EXHAUSTED, DECOMPRESSED_TOO_LARGE.format(limit=limit))
    if not decompressor.eof:
        raise RpcError(StatusCode.INTERNAL, "Failed to decompress message: the gzip stream is not complete")
    return message
