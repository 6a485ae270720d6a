"""A server connection that is driven with bytes, and a reader of what it answers."""

from __future__ import annotations

import hpack

from kiang.wire import gateway_pb2 as pb
from kiang.wire.http2.frames import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEAD_BYTES,
    HEADERS,
    PREFACE,
    RST_STREAM,
    ErrorCode,
    frame,
    settings_frame,
    unpack_head,
)
from kiang.wire.http2.framing import pack_prefix
from kiang.wire.http2.header_blocks import write_head
from kiang.wire.http2.server import Method, ServerConnection

PATH = "/gateway_protocol.Gateway/SetVariables"
REQUEST_HEAD = write_head(
    [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", PATH),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
    ]
)


def message(content: bytes = b"", *, is_compressed: int = 0) -> bytes:
    return pack_prefix(is_compressed, len(content)) + content


def request(stream_id: int, content: bytes = b"", head: bytes = REQUEST_HEAD) -> bytes:
    """A whole unary call."""
    return frame(HEADERS, END_HEADERS, stream_id, head) + frame(DATA, END_STREAM, stream_id, message(content))


class Peer:
    """One client of a connection whose handler keeps the calls; time stands still until it is turned."""

    def __init__(self, *, begins: bool = True) -> None:
        self.now = 0.0
        self.calls: list = []
        self.requests: list[pb.SetVariablesRequest] = []
        method = Method(PATH, pb.SetVariablesRequest.FromString, self._handle)
        self.connection = ServerConnection({PATH: method}, lambda: self.now, lambda: None)
        self.connection.start()
        self.connection.take_output()
        self.decoder = hpack.Decoder()
        if begins:
            self.send(PREFACE + settings_frame({}))

    def _handle(self, request, call) -> None:
        self.requests.append(request)
        self.calls.append(call)

    def send(self, data: bytes) -> list[tuple[int, int, int, bytes]]:
        """Send bytes; returns the frames that come back."""
        self.connection.receive(data)
        return self.frames()

    def frames(self) -> list[tuple[int, int, int, bytes]]:
        """The frames that wait to be sent: type, flags, stream, payload."""
        output, at, frames = self.connection.take_output(), 0, []
        while at < len(output):
            high, low, kind, flags, stream_id = unpack_head(output, at)
            size = high << 8 | low
            frames.append((kind, flags, stream_id, output[at + HEAD_BYTES : at + HEAD_BYTES + size]))
            at += HEAD_BYTES + size
        assert at == len(output)
        return frames

    def answers(self, frames) -> dict[int, dict[str, str]]:
        """What the heads in frames say, by stream; later ones are added to earlier ones."""
        heads: dict[int, dict[str, str]] = {}
        block = b""
        for kind, flags, stream_id, payload in frames:
            if kind in {HEADERS, CONTINUATION}:
                block += payload
                if flags & END_HEADERS:
                    heads.setdefault(stream_id, {}).update(self.decoder.decode(block))
                    block = b""
        return heads

    def goaway(self, frames) -> ErrorCode | None:
        """Why the connection was ended, if it was."""
        codes = [ErrorCode(int.from_bytes(payload[4:8])) for kind, _, _, payload in frames if kind == GOAWAY]
        assert bool(codes) == self.connection.is_closing
        return codes[0] if codes else None

    @staticmethod
    def resets(frames) -> dict[int, ErrorCode]:
        """The streams that were reset."""
        return {
            stream_id: ErrorCode(int.from_bytes(payload))
            for kind, _, stream_id, payload in frames
            if kind == RST_STREAM
        }
