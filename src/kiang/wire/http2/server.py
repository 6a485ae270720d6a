"""The server's role: calls come in, one message each; messages and a status go out.

There is no task per call. A method's `handle` is called with the request and the call, returns at once, and answers
through the call then or later; it hears of a client that has gone through `on_cancel`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct
from typing import Any, Final

from google.protobuf.message import DecodeError, Message

from kiang.wire.channel import RpcError
from kiang.wire.http2.connection import CONNECTION_WINDOW_BYTES, STREAMS_MAX, Connection, Stream
from kiang.wire.http2.frames import (
    DATA,
    END_HEADERS,
    END_STREAM,
    FRAME_BYTES_MAX,
    HEADERS,
    PREFACE,
    STREAM_ID_MAX,
    WINDOW_BYTES_DEFAULT,
    ErrorCode,
    ProtocolError,
    Setting,
    goaway_frame,
    header_frames,
    pack_head,
    rst_stream_frame,
    settings_frame,
    window_update_frame,
)
from kiang.wire.http2.framing import (
    MESSAGE_BYTES_MAX,
    MESSAGE_TOO_LARGE,
    PREFIX_BYTES,
    decompress,
    encode_message_text,
    parse_timeout,
    unpack_prefix,
)
from kiang.wire.http2.header_blocks import HEAD_BYTES_MAX, Field, HeadReader, HeadTooLargeError, write_head
from kiang.wire.status import StatusCode

LOG = logging.getLogger(__name__)

STREAM_WINDOW_BYTES: Final = MESSAGE_BYTES_MAX + WINDOW_BYTES_DEFAULT
"""A request is one message, so its window never needs to be refilled."""

PARTIAL_BYTES_MAX: Final = 32 * 1024 * 1024
"""What may lie here of messages that are not complete yet, per connection."""

PING_INTERVAL_MIN_S: Final = 30.0
"""Between two pings of a client while nothing is sent to it."""

PING_STRIKES_MAX: Final = 2
"""So many pings may come too early before the client is sent away."""

STATUS_TEXT_BYTES_MAX: Final = 7_000
"""Of a status, encoded: deployments with many faults have long texts, and clients take heads of 8 KB."""

UNEXPECTED_TEXT: Final = "Unexpected error occurred during the request processing: {error}"

_HEAD_BLOCK = write_head(
    [(":status", "200"), ("content-type", "application/grpc"), ("grpc-accept-encoding", "identity,gzip")]
)
_OK_BLOCK = write_head([("grpc-status", "0")])
_HEAD_SIZE, _OK_SIZE = len(_HEAD_BLOCK), len(_OK_BLOCK)
_pack_reply = Struct(f">HBBBL{_HEAD_SIZE}sHBBBLBL").pack
"""HEADERS, and the beginning of DATA with its message's prefix."""


@dataclass(frozen=True, slots=True)
class Method:
    """One method of a service.

    Attributes:
        path: "/package.Service/Method".
        parse: Makes the request of its bytes; raises protobuf's DecodeError.
        handle: Called once per call with the request and the call; must not block.
    """

    path: str
    parse: Callable[[bytes], Message]
    handle: Callable[[Any, ServerCall], None]


class RequestHead:
    """What a call's head says; shared by all calls whose heads are equal.

    Attributes:
        method: None if the head is refused.
        metadata: Everything that HTTP/2 and gRPC do not use themselves; names in lower case.
        timeout_s: None without deadline.
        encoding: Of compressed messages, "" for identity.
        refusal: The header block of the answer, if the call cannot be taken.
    """

    __slots__ = ("encoding", "metadata", "method", "refusal", "timeout_s")

    def __init__(self) -> None:
        self.method: Method | None = None
        self.metadata: dict[str, str] = {}
        self.timeout_s: float | None = None
        self.encoding = ""
        self.refusal: bytes | None = None


class ServerCall(Stream):
    """One call.

    Attributes:
        head: What the client has said about it.
        on_cancel: Called once if the call ends before all of its answer was written: the client has gone, or the
            deadline is over.
        on_drain: Called when the server wants to stop: a call that would last should end itself.
    """

    __slots__ = ("_ends", "_is_head_sent", "_message", "_partial", "head", "on_cancel", "on_drain")

    connection: ServerConnection

    def __init__(self, connection: ServerConnection, stream_id: int, head: RequestHead) -> None:
        super().__init__(connection, stream_id)
        self.head = head
        self.on_cancel: Callable[[], None] | None = None
        self.on_drain: Callable[[], None] | None = None
        self._ends = 0
        self._is_head_sent = False
        self._message: bytes | None = None
        self._partial: bytearray | None = None

    # Answering

    def reply(self, message: bytes) -> None:
        """Send the one message of a unary call, and OK. Does nothing if the call is over."""
        if self.is_done:
            return
        connection = self.connection
        size = len(message) + PREFIX_BYTES
        if size > self.send_window or size > connection.send_window or size > FRAME_BYTES_MAX or self._is_head_sent:
            self.send(message)
            self.finish()
            return
        connection.send_window -= size
        stream_id = self.id
        connection.write(
            _pack_reply(
                0, _HEAD_SIZE, HEADERS, END_HEADERS, stream_id, _HEAD_BLOCK,
                size >> 8, size & 255, DATA, 0, stream_id, 0, size - PREFIX_BYTES,
            )
            + message
            + pack_head(0, _OK_SIZE, HEADERS, END_HEADERS | END_STREAM, stream_id)
            + _OK_BLOCK
        )  # fmt: skip
        self.on_sent()

    def send(self, message: bytes) -> None:
        """Send one message of many, or have it wait for the windows. Does nothing if the call is over."""
        if self.is_done:
            return
        if not self._is_head_sent:
            self.send_head()
        self.send_message(message)
        self.connection.may_ping = True

    def send_head(self) -> None:
        """Tell the client that the call was taken, before there is a message."""
        if not self._is_head_sent and not self.is_done:
            self._is_head_sent = True
            self.connection.write(pack_head(0, _HEAD_SIZE, HEADERS, END_HEADERS, self.id) + _HEAD_BLOCK)

    def finish(self) -> None:
        """End the call with OK, after everything that waits. Does nothing if the call is over."""
        if self.is_done:
            return
        self.send_head()
        self.send_end(pack_head(0, _OK_SIZE, HEADERS, END_HEADERS | END_STREAM, self.id) + _OK_BLOCK)

    def fail(self, code: StatusCode, text: str) -> None:
        """End the call with a status; messages that wait are dropped. Does nothing if the call is over."""
        if self.is_done:
            return
        self.drop_queue()
        self.send_end(
            header_frames(self.id, _status_block(code, text, is_first=not self._is_head_sent), ends_stream=True)
        )

    def on_sent(self) -> None:
        """All of the answer is written."""
        connection = self.connection
        connection.forget(self)
        connection.may_ping = True
        if not self._ends:
            connection.write(rst_stream_frame(self.id, ErrorCode.NO_ERROR))

    # Receiving

    def on_data(self, payload: bytes, size: int, ends: int) -> None:  # noqa: ARG002 - its window needs no refill
        """A piece of the request."""
        if self._ends:
            raise ProtocolError(ErrorCode.STREAM_CLOSED, "DATA after the end of the stream")
        if self._partial is None and self._message is None and len(payload) >= PREFIX_BYTES:
            is_compressed, length = unpack_prefix(payload)
            if length == len(payload) - PREFIX_BYTES and not is_compressed:
                self._message = payload[PREFIX_BYTES:]
            elif not self._add(payload):
                return
        elif payload and not self._add(payload):
            return
        if ends:
            self.on_half_close()

    def _add(self, payload: bytes) -> bool:
        """Take a piece of the message; return False if that has ended the call."""
        partial = self._partial
        if partial is None:
            partial = self._partial = bytearray()
        partial += payload
        self.connection.partial_bytes += len(payload)
        if len(partial) < PREFIX_BYTES:
            return True
        is_compressed, length = unpack_prefix(partial)
        if length > MESSAGE_BYTES_MAX:
            text = MESSAGE_TOO_LARGE.format(limit=MESSAGE_BYTES_MAX, size=length)
            return self._refuse(StatusCode.RESOURCE_EXHAUSTED, text)
        if self._message is not None or len(partial) > length + PREFIX_BYTES:
            return self._refuse(StatusCode.INTERNAL, "Too many requests: the method takes one message")
        if self.connection.partial_bytes > PARTIAL_BYTES_MAX:
            return self._refuse(StatusCode.RESOURCE_EXHAUSTED, "Too many large messages are under way here")
        if len(partial) < length + PREFIX_BYTES:
            return True
        self._message = bytes(memoryview(partial)[PREFIX_BYTES:])
        self.drop_partial()
        if is_compressed:
            if self.head.encoding != "gzip":
                return self._refuse(StatusCode.INTERNAL, "Message is compressed, but the call names no grpc-encoding")
            try:
                self._message = decompress(self._message)
            except RpcError as error:
                return self._refuse(error.code, error.message)
        return True

    def _refuse(self, code: StatusCode, text: str) -> bool:
        self.fail(code, text)
        return False

    def drop_partial(self) -> None:
        """Forget the pieces of an incomplete message."""
        if self._partial is not None:
            self.connection.partial_bytes -= len(self._partial)
            self._partial = None

    def on_half_close(self) -> None:
        """The client sends no more: the method can begin."""
        self._ends = 1
        message, self._message = self._message, None
        if message is None:
            self.fail(StatusCode.INTERNAL, "Half-closed without a request")
            return
        method = self.head.method
        assert method is not None
        try:
            request = method.parse(message)
        except DecodeError:
            self.fail(StatusCode.INTERNAL, "Invalid protobuf byte sequence")
            return
        try:
            method.handle(request, self)
        except Exception as error:
            LOG.exception("call_failed", extra={"method": method.path})
            self.fail(StatusCode.INTERNAL, UNEXPECTED_TEXT.format(error=type(error).__name__))

    def on_reset(self, code: int) -> None:  # noqa: ARG002 - whatever the reason
        """The client has cancelled the call."""
        self._cancelled()

    def on_lost(self, reason: str) -> None:  # noqa: ARG002 - whatever the reason
        """The client has gone."""
        self._cancelled()

    def expire(self) -> None:
        """The deadline is over."""
        self.fail(StatusCode.DEADLINE_EXCEEDED, "Deadline exceeded")
        self._cancelled()

    def _cancelled(self) -> None:
        on_cancel, self.on_cancel = self.on_cancel, None
        if on_cancel is not None:
            on_cancel()


class ServerConnection(Connection[ServerCall]):
    """One client.

    Args:
        methods: What can be called, by path.
        clock: As in `Connection`.
        wake: As in `Connection`.

    Attributes:
        deadlines: When calls end, by stream; only of those that have a deadline.
        may_ping: Something was sent to the client since its last ping.
        partial_bytes: Size of all messages that are not complete.
        client_address: Where the client is; "" if that is not known.
        has_begun: The client has sent its preface.
    """

    __slots__ = (
        "_is_draining",
        "_pinged_at",
        "_read",
        "_strikes",
        "client_address",
        "deadlines",
        "has_begun",
        "may_ping",
        "partial_bytes",
    )

    def __init__(self, methods: dict[str, Method], clock: Callable[[], float], wake: Callable[[], None]) -> None:
        super().__init__(clock, wake)
        self._read = HeadReader(_HeadMaker(methods)).read
        self._is_draining = False
        self._pinged_at = 0.0
        self._strikes = 0
        self.client_address = ""
        self.deadlines: dict[int, float] = {}
        self.has_begun = False
        self.may_ping = True
        self.partial_bytes = 0

    def start(self) -> None:
        """Say what the client has to know."""
        settings = {
            Setting.MAX_CONCURRENT_STREAMS: STREAMS_MAX,
            Setting.INITIAL_WINDOW_SIZE: STREAM_WINDOW_BYTES,
            Setting.MAX_HEADER_LIST_SIZE: HEAD_BYTES_MAX,
        }
        self.write(settings_frame(settings) + window_update_frame(0, CONNECTION_WINDOW_BYTES - WINDOW_BYTES_DEFAULT))

    def receive(self, data: bytes) -> None:
        """As in `Connection`, after the preface of the client."""
        if not self.has_begun and not self.is_closing:
            data = b"".join((*self._parts, data))
            self._parts.clear()
            if len(data) < len(PREFACE):
                if PREFACE.startswith(data):
                    self._parts.append(data)
                    return
            elif data.startswith(PREFACE):
                self.has_begun = True
                data = data[len(PREFACE) :]
            if not self.has_begun:
                self.fail(ProtocolError(ErrorCode.PROTOCOL_ERROR, "this is no HTTP/2"))
                return
        super().receive(data)

    def on_head(self, stream_id: int, block: bytes, ends: int) -> None:
        """A call begins, or ends."""
        call = self.streams.get(stream_id)
        if call is not None or stream_id <= self.last_peer_id:
            self._on_trailer(call, block, ends)
            return
        if not stream_id & 1:
            raise ProtocolError(ErrorCode.PROTOCOL_ERROR, "a client's stream has an even number")
        self.last_peer_id = stream_id
        try:
            head = self._read(block)
        except HeadTooLargeError:
            block = _http_refusal("431", StatusCode.RESOURCE_EXHAUSTED, "Request head is too large")
            self._turn_away(stream_id, ends, header_frames(stream_id, block, ends_stream=True))
            return
        if head.refusal is not None:
            self._turn_away(stream_id, ends, header_frames(stream_id, head.refusal, ends_stream=True))
            return
        if len(self.streams) >= STREAMS_MAX:
            self.spend()
            self.write(rst_stream_frame(stream_id, ErrorCode.REFUSED_STREAM))
            return
        call = self.streams[stream_id] = ServerCall(self, stream_id, head)
        if head.timeout_s is not None:
            self.deadlines[stream_id] = self._clock() + head.timeout_s
        if ends:
            call.on_half_close()

    def _turn_away(self, stream_id: int, ends: int, answer: bytes) -> None:
        self.spend()
        self.write(answer)
        if not ends:
            self.write(rst_stream_frame(stream_id, ErrorCode.NO_ERROR))

    def _on_trailer(self, call: ServerCall | None, block: bytes, ends: int) -> None:
        """A second head: allowed at the end of what the client sends. It is read, since it may change the table."""
        self.spend()
        try:
            self._read(block)
        except HeadTooLargeError:
            ends = 0
        if call is None:
            return
        if not ends:
            raise ProtocolError(ErrorCode.PROTOCOL_ERROR, "a head in the middle of a stream")
        call.on_data(b"", 0, ends)

    def is_idle(self, stream_id: int) -> bool:
        """As in `Connection`."""
        return stream_id > self.last_peer_id or not stream_id & 1

    def forget(self, stream: Stream) -> None:
        """As in `Connection`."""
        super().forget(stream)
        self.deadlines.pop(stream.id, None)
        stream.drop_partial()  # type: ignore[attr-defined]
        if self._is_draining and not self.streams:
            self.finish()

    def on_ping(self) -> None:
        """Clients that ping without need are sent away, as gRPC wants it."""
        now = self._clock()
        if self.may_ping:
            self.may_ping = False
            self._strikes = 0
        elif now - self._pinged_at < PING_INTERVAL_MIN_S:
            self._strikes += 1
            if self._strikes > PING_STRIKES_MAX:
                raise ProtocolError(ErrorCode.ENHANCE_YOUR_CALM, "too_many_pings")
            return
        self._pinged_at = now

    def expire(self, now: float) -> None:
        """End the calls whose deadline is over."""
        late = [stream_id for stream_id, deadline in self.deadlines.items() if deadline <= now]
        for stream_id in late:
            call = self.streams.get(stream_id)
            if call is not None:
                call.expire()

    def drain(self) -> None:
        """Ask the client to open no more streams; the connection ends when the last one has ended."""
        if self.is_closing or self._is_draining:
            return
        self._is_draining = True
        self.write(goaway_frame(STREAM_ID_MAX, ErrorCode.NO_ERROR, "shutting down"))
        for call in list(self.streams.values()):
            if call.on_drain is not None:
                call.on_drain()
        if not self.streams:
            self.finish()

    def finish(self) -> None:
        """End the connection in good order, with all that is open on it."""
        if not self.is_closing:
            for call in list(self.streams.values()):
                call.fail(StatusCode.UNAVAILABLE, "The engine is shutting down")
            if not self.is_closing:
                self.write(goaway_frame(self.last_peer_id, ErrorCode.NO_ERROR, "shutting down"))
                self.end("shutting down")


class _HeadMaker:
    """Makes a `RequestHead` of fields."""

    def __init__(self, methods: dict[str, Method]) -> None:
        self._methods = methods

    def __call__(self, fields: list[Field]) -> RequestHead:
        head = RequestHead()
        special: dict[bytes, bytes] = {}
        for name, value in fields:
            if name in _OWN_FIELDS:
                special[name] = value
            elif not name.startswith(b":"):
                head.metadata[name.decode("ascii", "replace")] = value.decode("latin-1")
        head.refusal = self._refusal(head, special)
        return head

    def _refusal(self, head: RequestHead, special: dict[bytes, bytes]) -> bytes | None:
        path = special.get(b":path", b"").decode("ascii", "replace")
        http_method = special.get(b":method", b"")
        content_type = special.get(b"content-type", b"")
        if not path.startswith("/"):
            return _http_refusal("404", StatusCode.UNIMPLEMENTED, "Expected path to start with /, but it does not")
        if http_method != b"POST":
            text = f"Method '{http_method.decode('ascii', 'replace')}' is not supported"
            return _http_refusal("405", StatusCode.INTERNAL, text)
        if not content_type.startswith(b"application/grpc"):
            text = f"Content-Type '{content_type.decode('ascii', 'replace')}' is not supported"
            return _http_refusal("415", StatusCode.INTERNAL, text)
        head.method = self._methods.get(path)
        if head.method is None:
            return _status_block(StatusCode.UNIMPLEMENTED, f"Method not found: {path[1:]}", is_first=True)
        encoding = special.get(b"grpc-encoding", b"identity").decode("ascii", "replace")
        if encoding not in _ENCODINGS:
            text = f"Can't find decompressor for {encoding}"
            return _status_block(StatusCode.UNIMPLEMENTED, text, is_first=True)
        head.encoding = _ENCODINGS[encoding]
        timeout = special.get(b"grpc-timeout")
        if timeout is not None:
            try:
                head.timeout_s = parse_timeout(timeout)
            except ValueError:
                return _status_block(StatusCode.INTERNAL, "Malformed grpc-timeout", is_first=True)
        return None


_OWN_FIELDS = frozenset({b":path", b":method", b"content-type", b"grpc-timeout", b"grpc-encoding"})
_ENCODINGS = {"identity": "", "gzip": "gzip"}


@lru_cache(maxsize=64)
def _status_block(code: StatusCode, text: str, *, is_first: bool) -> bytes:
    fields: list[tuple[str, str | bytes]] = [("grpc-status", str(int(code)))]
    if text:
        encoded = encode_message_text(text)
        if len(encoded) > STATUS_TEXT_BYTES_MAX:
            encoded = encoded[:STATUS_TEXT_BYTES_MAX]
            escape = encoded.find(b"%", STATUS_TEXT_BYTES_MAX - 2)
            encoded = (encoded if escape < 0 else encoded[:escape]) + b"..."
        fields.append(("grpc-message", encoded))
    return (_HEAD_BLOCK if is_first else b"") + write_head(fields)


def _http_refusal(http_status: str, code: StatusCode, text: str) -> bytes:
    return write_head(
        [
            (":status", http_status),
            ("content-type", "text/plain"),
            ("grpc-status", str(int(code))),
            ("grpc-message", encode_message_text(text)),
        ]
    )
