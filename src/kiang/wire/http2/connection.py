"""What both roles of a connection share: the frames, both directions of flow control, and the limits.

Sans I/O: `receive` takes bytes, `take_output` gives them; `wake` is called when output begins to wait. Time comes
from `clock`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from struct import Struct
from typing import Any, Final, Generic, TypeVar

from kiang.wire.http2.frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    FRAME_BYTES_MAX,
    GOAWAY,
    HAS_PRIORITY,
    HEAD_BYTES,
    HEADERS,
    PADDED,
    PING,
    PRIORITY,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    SETTINGS_ACK,
    STREAM_ID_MAX,
    WINDOW_BYTES_DEFAULT,
    WINDOW_BYTES_MAX,
    WINDOW_UPDATE,
    ErrorCode,
    ProtocolError,
    Setting,
    goaway_frame,
    iterate_settings,
    pack_head,
    ping_frame,
    unpack_goaway,
    unpack_head,
    unpack_long,
    window_update_frame,
)
from kiang.wire.http2.framing import PREFIX_BYTES, pack_prefix

CONNECTION_WINDOW_BYTES: Final = 8 * 1024 * 1024
"""What a peer may have under way on all its streams: two messages of the largest size."""

HEADER_BLOCK_BYTES_MAX: Final = 65_536
"""An encoded head with its continuations: well over the limit of the decoded one."""

STREAMS_MAX: Final = 10_000
"""Open calls of one connection, about 1 KB each. High, so that an overloaded engine refuses calls in plain words."""

FLOOD_BUDGET: Final = STREAMS_MAX
"""Frames that cost work and carry nothing (pings, settings, empty data, resets), at once: all calls may be cancelled."""

FLOOD_REFILL_PER_S: Final = 500.0
"""The same in the long run. A client of gRPC needs a few of them each second."""

_PING_BYTES: Final = 8
_FRAME_SIZE_SETTING_MAX: Final = 2**24 - 1
_ID_MASK: Final = STREAM_ID_MAX

_pack_message_head = Struct(">HBBBLBL").pack
"""Frame head of DATA together with the prefix of the message that begins in it."""


class Stream(ABC):
    """One call's stream, with its sending half; the roles add the receiving one.

    Attributes:
        send_window: Bytes of DATA that the peer takes on this stream.
        is_done: Nothing more will be sent or received.
        on_writable: Called when there is room for more, if `await_writable` asked for that.
        queued_bytes: What waits for a window.
    """

    __slots__ = ("_end", "_queue", "connection", "id", "is_done", "on_writable", "queued_bytes", "send_window")

    def __init__(self, connection: Connection[Any], stream_id: int) -> None:
        self.connection = connection
        self.id = stream_id
        self.send_window = connection.peer_window
        self.is_done = False
        self.on_writable: Callable[[], None] | None = None
        self.queued_bytes = 0
        self._queue: deque[memoryview] | None = None
        self._end: bytes | None = None

    @abstractmethod
    def on_data(self, payload: bytes, size: int, ends: int) -> None:
        """DATA has come; `size` is what it has used of the windows, `ends` is not 0 if the peer sends no more."""

    @abstractmethod
    def on_reset(self, code: int) -> None:
        """The peer has ended the stream; the connection has forgotten it."""

    @abstractmethod
    def on_lost(self, reason: str) -> None:
        """The connection has ended and has forgotten the stream."""

    @abstractmethod
    def on_sent(self) -> None:
        """The end given to `send_end` has been written, at once or after waiting for a window."""

    def send_message(self, message: bytes) -> None:
        """Send one message, or have it wait for the windows."""
        connection = self.connection
        size = len(message) + PREFIX_BYTES
        if (
            self._queue is None
            and size <= self.send_window
            and size <= connection.send_window
            and size <= FRAME_BYTES_MAX
        ):
            self.send_window -= size
            connection.send_window -= size
            head = _pack_message_head(size >> 8, size & 255, DATA, 0, self.id, 0, size - PREFIX_BYTES)
            connection.write(head + message)
            return
        if self._queue is None:
            self._queue = deque()
        self._queue.append(memoryview(pack_prefix(0, size - PREFIX_BYTES) + message))
        self.queued_bytes += size
        self.pump()

    def send_end(self, frames: bytes) -> None:
        """Write the frames that end our half, after everything that waits."""
        if self._queue is None:
            self.connection.write(frames)
            self.on_sent()
        else:
            self._end = frames

    def drop_queue(self) -> None:
        """Forget what waits for the windows."""
        self._queue = self._end = None
        self.queued_bytes = 0

    def pump(self) -> None:
        """Send what waits as far as the windows allow."""
        connection, queue = self.connection, self._queue
        while queue:
            room = min(self.send_window, connection.send_window, FRAME_BYTES_MAX)
            if room <= 0:
                if connection.send_window <= 0:
                    connection.blocked[self.id] = self
                return
            part = queue[0]
            if len(part) <= room:
                queue.popleft()
            else:
                queue[0] = part[room:]
                part = part[:room]
            size = len(part)
            self.send_window -= size
            connection.send_window -= size
            self.queued_bytes -= size
            connection.write(b"".join((pack_head(size >> 8, size & 255, DATA, 0, self.id), part)))
        self._queue = None
        if self._end is not None:
            end, self._end = self._end, None
            connection.write(end)
            self.on_sent()

    def writable_bytes(self) -> int:
        """How much could be sent right now without waiting."""
        connection = self.connection
        if self._queue is not None or self.is_done or connection.is_paused:
            return 0
        return max(0, min(self.send_window, connection.send_window))

    def await_writable(self) -> None:
        """Have `on_writable` called, once, when a window has grown or the socket has drained."""
        self.connection.thirsty[self.id] = self


S = TypeVar("S", bound=Stream)


class Connection(ABC, Generic[S]):
    """One connection.

    Args:
        clock: Seconds, monotonic.
        wake: Called when there is output and there was none before; the caller takes it soon.

    Attributes:
        streams: What is open.
        send_window: Bytes of DATA that the peer takes on all streams together.
        peer_window: With how much of a window a new stream begins.
        peer_streams_max: Open streams that the peer allows.
        blocked: Streams that wait for the connection's window, oldest first.
        thirsty: Streams that want to hear when there is room.
        is_paused: The socket takes nothing at present.
        is_closing: There is no more to come: close the socket once the output is written.
    """

    __slots__ = (
        "_block",
        "_block_flags",
        "_block_stream_id",
        "_budget",
        "_budget_at",
        "_clock",
        "_needed",
        "_out",
        "_parts",
        "_parts_bytes",
        "_receive_window",
        "_wake",
        "blocked",
        "is_closing",
        "is_paused",
        "last_peer_id",
        "peer_streams_max",
        "peer_window",
        "send_window",
        "streams",
        "thirsty",
    )

    def __init__(self, clock: Callable[[], float], wake: Callable[[], None]) -> None:
        self.streams: dict[int, S] = {}
        self.send_window = WINDOW_BYTES_DEFAULT
        self.peer_window = WINDOW_BYTES_DEFAULT
        self.peer_streams_max = STREAMS_MAX
        self.blocked: dict[int, Stream] = {}
        self.thirsty: dict[int, Stream] = {}
        self.is_paused = False
        self.is_closing = False
        self.last_peer_id = 0
        self._clock = clock
        self._wake = wake
        self._out: list[bytes] = []
        self._parts: list[bytes] = []
        self._parts_bytes = 0
        self._needed = 0
        self._block: bytearray | None = None
        self._block_flags = 0
        self._block_stream_id = 0
        self._receive_window = CONNECTION_WINDOW_BYTES
        self._budget = float(FLOOD_BUDGET)
        self._budget_at = clock()

    # Output

    def write(self, frames: bytes) -> None:
        """Add to the output."""
        if not self._out:
            self._wake()
        self._out.append(frames)

    def take_output(self) -> bytes:
        """What is to be sent to the peer now."""
        out = self._out
        if not out:
            return b""
        self._out = []
        return out[0] if len(out) == 1 else b"".join(out)

    # What roles decide

    @abstractmethod
    def on_head(self, stream_id: int, block: bytes, ends: int) -> None:
        """A header block has come; `ends` is not 0 if the peer sends no more on the stream."""

    @abstractmethod
    def is_idle(self, stream_id: int) -> bool:
        """Whether the stream has not been opened yet."""

    def on_ping(self) -> None:
        """The peer wants an answer, which it gets."""

    def on_pong(self, content: bytes) -> None:
        """The peer has answered a ping of ours."""

    def on_goaway(self, last_stream_id: int, code: int, reason: str) -> None:
        """The peer takes no more streams, and has not taken those beyond `last_stream_id`."""

    def on_settings(self) -> None:
        """The peer has changed its settings."""

    # Input

    def receive(self, data: bytes) -> None:
        """Take what has come from the peer, in pieces of any size. Never raises on what a peer may do."""
        if self.is_closing:
            return
        if self._parts:
            self._parts.append(data)
            self._parts_bytes += len(data)
            if self._parts_bytes < self._needed:
                return
            data = b"".join(self._parts)
            self._parts.clear()
        try:
            used = self._parse(data)
        except ProtocolError as fault:
            self.fail(fault)
            return
        if used < len(data):
            self._parts.append(data[used:] if used else data)
            self._parts_bytes = len(data) - used

    def _parse(self, data: bytes) -> int:
        at, end = 0, len(data)
        streams = self.streams
        while end - at >= HEAD_BYTES:
            high, low, kind, flags, stream_id = unpack_head(data, at)
            size = high << 8 | low
            if size > FRAME_BYTES_MAX:
                raise ProtocolError(ErrorCode.FRAME_SIZE_ERROR, "frame is too large")
            stop = at + HEAD_BYTES + size
            if stop > end:
                self._needed = stop - at
                return at
            payload = data[at + HEAD_BYTES : stop]
            at = stop
            stream_id &= _ID_MASK
            if self._block is not None and kind != CONTINUATION:
                raise ProtocolError(ErrorCode.PROTOCOL_ERROR, "header block was not continued")
            if kind == DATA:
                self._receive_window -= size
                if self._receive_window < CONNECTION_WINDOW_BYTES // 2:
                    self._refill()
                if flags & PADDED:
                    payload = self._unpadded(payload)
                stream = streams.get(stream_id)
                if stream is None:
                    self._on_stray_data(stream_id)
                else:
                    if not payload and not flags & END_STREAM:
                        self.spend()
                    stream.on_data(payload, size, flags & END_STREAM)
            elif kind == HEADERS and flags == END_HEADERS:  # as nearly all are
                if not stream_id:
                    raise ProtocolError(ErrorCode.PROTOCOL_ERROR, "HEADERS without stream")
                self.on_head(stream_id, payload, 0)
            else:
                self._on_rare(kind, flags, stream_id, payload)
            if self.is_closing:
                return end
        self._needed = HEAD_BYTES
        return at

    def _on_rare(self, kind: int, flags: int, stream_id: int, payload: bytes) -> None:
        """A frame of a kind that is not met in each call."""
        if kind == HEADERS:
            self._on_headers(flags, stream_id, payload)
        elif kind == CONTINUATION:
            self._on_continuation(flags, stream_id, payload)
        elif kind == WINDOW_UPDATE:
            self._on_window_update(stream_id, payload)
        elif kind == RST_STREAM:
            self._on_rst_stream(stream_id, payload)
        elif kind == PUSH_PROMISE:
            raise ProtocolError(ErrorCode.PROTOCOL_ERROR, "PUSH_PROMISE is not wanted")
        elif kind in {SETTINGS, PING, GOAWAY}:
            if stream_id:
                raise ProtocolError(ErrorCode.PROTOCOL_ERROR, "frame of the connection on a stream")
            if kind == SETTINGS:
                self._on_settings(flags, payload)
            elif kind == PING:
                self._on_ping(flags, payload)
            else:
                self._on_goaway(payload)
        else:  # PRIORITY, which we do not follow, and kinds that we do not know
            self.spend()
            if kind == PRIORITY and (not stream_id or len(payload) != 5):
                raise ProtocolError(ErrorCode.FRAME_SIZE_ERROR, "malformed PRIORITY")

    def _on_headers(self, flags: int, stream_id: int, payload: bytes) -> None:
        if not stream_id:
            raise ProtocolError(ErrorCode.PROTOCOL_ERROR, "HEADERS without stream")
        if flags & PADDED:
            payload = self._unpadded(payload)
        if flags & HAS_PRIORITY:
            if len(payload) < 5:
                raise ProtocolError(ErrorCode.FRAME_SIZE_ERROR, "HEADERS ends in its priority")
            payload = payload[5:]
        if flags & END_HEADERS:
            self.on_head(stream_id, payload, flags & END_STREAM)
        else:
            self._block, self._block_flags, self._block_stream_id = bytearray(payload), flags, stream_id

    def _on_continuation(self, flags: int, stream_id: int, payload: bytes) -> None:
        block = self._block
        if block is None or stream_id != self._block_stream_id:
            raise ProtocolError(ErrorCode.PROTOCOL_ERROR, "CONTINUATION of nothing")
        self.spend()
        block += payload
        if len(block) > HEADER_BLOCK_BYTES_MAX:
            raise ProtocolError(ErrorCode.ENHANCE_YOUR_CALM, "header block is too large")
        if flags & END_HEADERS:
            self._block = None
            self.on_head(stream_id, bytes(block), self._block_flags & END_STREAM)

    def _on_window_update(self, stream_id: int, payload: bytes) -> None:
        if len(payload) != 4:
            raise ProtocolError(ErrorCode.FRAME_SIZE_ERROR, "malformed WINDOW_UPDATE")
        increment = unpack_long(payload)[0] & WINDOW_BYTES_MAX
        if not increment:
            raise ProtocolError(ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE of nothing")
        if not stream_id:
            self.send_window += increment
            if self.send_window > WINDOW_BYTES_MAX:
                raise ProtocolError(ErrorCode.FLOW_CONTROL_ERROR, "window of the connection is too large")
            self._pump()
            return
        stream = self.streams.get(stream_id)
        if stream is None:
            if self.is_idle(stream_id):
                raise ProtocolError(ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE of an idle stream")
            return
        stream.send_window += increment
        if stream.send_window > WINDOW_BYTES_MAX:
            raise ProtocolError(ErrorCode.FLOW_CONTROL_ERROR, "window of a stream is too large")
        if stream._queue is not None:
            stream.pump()
        if stream_id in self.thirsty and stream.writable_bytes():
            self._tell_writable(stream)

    def _pump(self) -> None:
        """The window of the connection has grown: serve those who wait for it in turn."""
        blocked = self.blocked
        for stream_id in list(blocked):
            if self.send_window <= 0:
                return
            blocked.pop(stream_id).pump()
        self.tell_all_writable()

    def tell_all_writable(self) -> None:
        """There may be room again for whoever asked."""
        for stream in list(self.thirsty.values()):
            if stream.writable_bytes():
                self._tell_writable(stream)

    def _tell_writable(self, stream: Stream) -> None:
        del self.thirsty[stream.id]
        if stream.on_writable is not None:
            stream.on_writable()

    def _on_rst_stream(self, stream_id: int, payload: bytes) -> None:
        if len(payload) != 4:
            raise ProtocolError(ErrorCode.FRAME_SIZE_ERROR, "malformed RST_STREAM")
        if not stream_id or self.is_idle(stream_id):
            raise ProtocolError(ErrorCode.PROTOCOL_ERROR, "RST_STREAM of an idle stream")
        self.spend()
        stream = self.streams.get(stream_id)
        if stream is not None:
            self.forget(stream)
            stream.on_reset(unpack_long(payload)[0])

    def _on_settings(self, flags: int, payload: bytes) -> None:
        if flags & ACK:
            if payload:
                raise ProtocolError(ErrorCode.FRAME_SIZE_ERROR, "malformed acknowledgement of SETTINGS")
            return
        if len(payload) % 6:
            raise ProtocolError(ErrorCode.FRAME_SIZE_ERROR, "malformed SETTINGS")
        self.spend(1 + len(self.streams) // 16)
        settings = dict(iterate_settings(payload))  # the last of a kind counts
        window = settings.get(Setting.INITIAL_WINDOW_SIZE)
        if window is not None:
            self._change_peer_window(window)
        if settings.get(Setting.ENABLE_PUSH, 0) > 1:
            raise ProtocolError(ErrorCode.PROTOCOL_ERROR, "ENABLE_PUSH is neither 0 nor 1")
        if not FRAME_BYTES_MAX <= settings.get(Setting.MAX_FRAME_SIZE, FRAME_BYTES_MAX) <= _FRAME_SIZE_SETTING_MAX:
            raise ProtocolError(ErrorCode.PROTOCOL_ERROR, "MAX_FRAME_SIZE is out of range")
        self.peer_streams_max = settings.get(Setting.MAX_CONCURRENT_STREAMS, self.peer_streams_max)
        self.write(SETTINGS_ACK)
        self.on_settings()

    def _change_peer_window(self, window: int) -> None:
        if window > WINDOW_BYTES_MAX:
            raise ProtocolError(ErrorCode.FLOW_CONTROL_ERROR, "INITIAL_WINDOW_SIZE is too large")
        change = window - self.peer_window
        self.peer_window = window
        for stream in list(self.streams.values()):
            stream.send_window += change
            if stream.send_window > WINDOW_BYTES_MAX:
                raise ProtocolError(ErrorCode.FLOW_CONTROL_ERROR, "window of a stream is too large")
            if stream._queue is not None and change > 0:
                stream.pump()
        self.tell_all_writable()

    def _on_ping(self, flags: int, payload: bytes) -> None:
        if len(payload) != _PING_BYTES:
            raise ProtocolError(ErrorCode.FRAME_SIZE_ERROR, "malformed PING")
        if flags & ACK:
            self.on_pong(payload)
            return
        self.spend()
        self.on_ping()
        self.write(ping_frame(payload, is_ack=True))

    def _on_goaway(self, payload: bytes) -> None:
        if len(payload) < 8:
            raise ProtocolError(ErrorCode.FRAME_SIZE_ERROR, "malformed GOAWAY")
        self.spend()
        last_stream_id, code = unpack_goaway(payload)
        self.on_goaway(last_stream_id & _ID_MASK, code, payload[8:208].decode("utf-8", "replace"))

    def _on_stray_data(self, stream_id: int) -> None:
        """DATA for a stream that is over here, which the peer need not know yet."""
        if not stream_id or self.is_idle(stream_id):
            raise ProtocolError(ErrorCode.PROTOCOL_ERROR, "DATA on an idle stream")
        self.spend()

    def _unpadded(self, payload: bytes) -> bytes:
        if not payload or payload[0] >= len(payload):
            raise ProtocolError(ErrorCode.PROTOCOL_ERROR, "padding is longer than the frame")
        return payload[1 : len(payload) - payload[0]]

    def _refill(self) -> None:
        """Give the peer back what it has used of the connection's window."""
        if self._receive_window < 0:
            raise ProtocolError(ErrorCode.FLOW_CONTROL_ERROR, "window of the connection is overrun")
        self.write(window_update_frame(0, CONNECTION_WINDOW_BYTES - self._receive_window))
        self._receive_window = CONNECTION_WINDOW_BYTES

    def spend(self, cost: int = 1) -> None:
        """Count what costs work and carries nothing.

        Raises:
            ProtocolError: There is too much of it.
        """
        self._budget -= cost
        if self._budget < 0:
            now = self._clock()
            self._budget = min(FLOOD_BUDGET, self._budget + (now - self._budget_at) * FLOOD_REFILL_PER_S)
            self._budget_at = now
            if self._budget < 0:
                raise ProtocolError(ErrorCode.ENHANCE_YOUR_CALM, "too many frames that carry nothing")

    # Ends

    def forget(self, stream: Stream) -> None:
        """The stream is over: drop what it had waiting."""
        self.streams.pop(stream.id, None)
        self.blocked.pop(stream.id, None)
        self.thirsty.pop(stream.id, None)
        stream.is_done = True
        stream.drop_queue()

    def fail(self, fault: ProtocolError) -> None:
        """End the connection because of what the peer has done."""
        self.write(goaway_frame(self.last_peer_id, fault.code, fault.reason))
        self.end(str(fault))

    def end(self, reason: str) -> None:
        """The connection is over, for whatever reason: so are its streams. May be called twice."""
        self.is_closing = True
        streams = list(self.streams.values())
        for stream in streams:
            self.forget(stream)
        for stream in streams:
            stream.on_lost(reason)
        if not self._out:
            self._wake()  # the socket is to be closed
