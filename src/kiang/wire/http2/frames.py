"""Frames of HTTP/2: their types, flags and codes, and how to write them (RFC 9113, sections 4, 6 and 7)."""

from __future__ import annotations

from enum import IntEnum
from struct import Struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""What a client sends first."""

HEAD_BYTES = 9
FRAME_BYTES_MAX = 16_384
"""Payload of a frame unless the peer allows more; we never do."""

WINDOW_BYTES_DEFAULT = 65_535
WINDOW_BYTES_MAX = 2**31 - 1
STREAM_ID_MAX = 2**31 - 1

# Types. Plain integers: they are compared in the innermost loop.
DATA = 0
HEADERS = 1
PRIORITY = 2
RST_STREAM = 3
SETTINGS = 4
PUSH_PROMISE = 5
PING = 6
GOAWAY = 7
WINDOW_UPDATE = 8
CONTINUATION = 9

# Flags
ACK = 0x1
END_STREAM = 0x1
END_HEADERS = 0x4
PADDED = 0x8
HAS_PRIORITY = 0x20


class Setting(IntEnum):
    """Parameters of a SETTINGS frame."""

    HEADER_TABLE_SIZE = 1
    ENABLE_PUSH = 2
    MAX_CONCURRENT_STREAMS = 3
    INITIAL_WINDOW_SIZE = 4
    MAX_FRAME_SIZE = 5
    MAX_HEADER_LIST_SIZE = 6


class ErrorCode(IntEnum):
    """Why a stream or a connection is ended."""

    NO_ERROR = 0
    PROTOCOL_ERROR = 1
    INTERNAL_ERROR = 2
    FLOW_CONTROL_ERROR = 3
    SETTINGS_TIMEOUT = 4
    STREAM_CLOSED = 5
    FRAME_SIZE_ERROR = 6
    REFUSED_STREAM = 7
    CANCEL = 8
    COMPRESSION_ERROR = 9
    CONNECT_ERROR = 10
    ENHANCE_YOUR_CALM = 11
    INADEQUATE_SECURITY = 12
    HTTP_1_1_REQUIRED = 13


class ProtocolError(Exception):
    """The peer has broken the rules so that the connection cannot go on: it is told by GOAWAY and closed."""

    def __init__(self, code: ErrorCode, reason: str) -> None:
        super().__init__(f"{code.name}: {reason}")
        self.code = code
        self.reason = reason


HEAD = Struct(">HBBBL")
"""Length in two parts (upper 16, lower 8 bits), type, flags, stream."""

unpack_head = HEAD.unpack_from
pack_head = HEAD.pack

_SETTING = Struct(">HL")
_LONG = Struct(">L")
_GOAWAY = Struct(">LL")

iterate_settings = _SETTING.iter_unpack
unpack_long = _LONG.unpack_from
unpack_goaway = _GOAWAY.unpack_from


def frame(kind: int, flags: int, stream_id: int, payload: bytes = b"") -> bytes:
    """Any frame."""
    size = len(payload)
    return pack_head(size >> 8, size & 255, kind, flags, stream_id) + payload


def settings_frame(settings: dict[Setting, int]) -> bytes:
    """SETTINGS with these values."""
    return frame(SETTINGS, 0, 0, b"".join([_SETTING.pack(name, value) for name, value in settings.items()]))


SETTINGS_ACK = frame(SETTINGS, ACK, 0)


def window_update_frame(stream_id: int, increment: int) -> bytes:
    """WINDOW_UPDATE of a stream, or of the connection (stream 0)."""
    return pack_head(0, 4, WINDOW_UPDATE, 0, stream_id) + _LONG.pack(increment)


def rst_stream_frame(stream_id: int, code: ErrorCode) -> bytes:
    """RST_STREAM."""
    return pack_head(0, 4, RST_STREAM, 0, stream_id) + _LONG.pack(code)


def ping_frame(content: bytes, *, is_ack: bool = False) -> bytes:
    """PING; `content` has eight bytes."""
    return frame(PING, ACK if is_ack else 0, 0, content)


def goaway_frame(last_stream_id: int, code: ErrorCode, reason: str = "") -> bytes:
    """GOAWAY; `reason` is for people."""
    return frame(GOAWAY, 0, 0, _GOAWAY.pack(last_stream_id, code) + reason.encode()[:200])


def header_frames(stream_id: int, block: bytes, *, ends_stream: bool, frame_bytes_max: int = FRAME_BYTES_MAX) -> bytes:
    """HEADERS, and CONTINUATION where one frame is too small."""
    flags = END_STREAM if ends_stream else 0
    if len(block) <= frame_bytes_max:
        return frame(HEADERS, flags | END_HEADERS, stream_id, block)
    parts = [frame(HEADERS, flags, stream_id, block[:frame_bytes_max])]
    for at in range(frame_bytes_max, len(block), frame_bytes_max):
        part = block[at : at + frame_bytes_max]
        parts.append(frame(CONTINUATION, END_HEADERS if at + frame_bytes_max >= len(block) else 0, stream_id, part))
    return b"".join(parts)
