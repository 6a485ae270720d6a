"""The client's role: a `Channel` over HTTP/2.

channel = GrpcChannel("127.0.0.1", 26500)
await channel.connect()
answer = await channel.unary("/gateway_protocol.Gateway/Topology", TopologyRequest(), TopologyResponse, timeout_s=5)
async for job in channel.server_stream("/gateway_protocol.Gateway/StreamActivatedJobs", request, ActivatedJob):
    ...
await channel.close()
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from google.protobuf.message import DecodeError, Message

from kiang.wire.channel import MessageStream, Metadata, RpcError
from kiang.wire.http2.connection import CONNECTION_WINDOW_BYTES, Connection, Stream
from kiang.wire.http2.frames import (
    DATA,
    END_STREAM,
    PREFACE,
    STREAM_ID_MAX,
    WINDOW_BYTES_DEFAULT,
    ErrorCode,
    ProtocolError,
    Setting,
    frame,
    goaway_frame,
    header_frames,
    ping_frame,
    rst_stream_frame,
    settings_frame,
    window_update_frame,
)
from kiang.wire.http2.framing import (
    MESSAGE_TOO_LARGE,
    PREFIX_BYTES,
    decode_message_text,
    decompress,
    format_timeout,
    pack_prefix,
    unpack_prefix,
)
from kiang.wire.http2.header_blocks import HEAD_BYTES_MAX, Field, HeadReader, HeadTooLargeError, write_head
from kiang.wire.http2.transport import SocketProtocol
from kiang.wire.status import StatusCode

M = TypeVar("M", bound=Message)

ANSWER_BYTES_MAX: Final = 16 * 1024 * 1024
"""Of one message: an engine may be configured to larger ones than its default of 4 MB."""

KEEP_ALIVE_S: Final = 45.0
"""A connection that has brought nothing for so long, with calls open, is asked whether it lives …"""

KEEP_ALIVE_ANSWER_S: Final = 20.0
"""… and given up if it does not answer. Gateways send clients away that ask more often than every 30 s."""

REFUSALS_MAX: Final = 3
"""How often a call is sent again that the server has refused without looking at it."""

USER_AGENT: Final = "kiang-python"

_STATUS_OF_HTTP: Final = {
    400: StatusCode.INTERNAL,
    401: StatusCode.UNAUTHENTICATED,
    403: StatusCode.PERMISSION_DENIED,
    404: StatusCode.UNIMPLEMENTED,
    429: StatusCode.UNAVAILABLE,
    502: StatusCode.UNAVAILABLE,
    503: StatusCode.UNAVAILABLE,
    504: StatusCode.UNAVAILABLE,
}
"""For answers that did not come from gRPC (its document "HTTP to gRPC Status Code Mapping")."""

_STATUS_OF_RESET: Final = {
    ErrorCode.REFUSED_STREAM: StatusCode.UNAVAILABLE,
    ErrorCode.CANCEL: StatusCode.CANCELLED,
    ErrorCode.ENHANCE_YOUR_CALM: StatusCode.RESOURCE_EXHAUSTED,
    ErrorCode.INADEQUATE_SECURITY: StatusCode.PERMISSION_DENIED,
}


class ResponseHead:
    """What a header block of an answer says: the first, the last, or both in one.

    Attributes:
        http_status: 0 if it says none.
        status: None if it says none.
        text: Of the status.
        is_grpc: By its content type.
        encoding: Of compressed messages.
    """

    __slots__ = ("encoding", "http_status", "is_grpc", "status", "text")

    def __init__(self, fields: list[Field]) -> None:
        self.http_status = 0
        self.status: int | None = None
        self.text = ""
        self.is_grpc = False
        self.encoding = ""
        for name, value in fields:
            if name == b":status":
                self.http_status = int(value) if value.isdigit() else -1
            elif name == b"grpc-status":
                self.status = int(value) if value.isdigit() else int(StatusCode.UNKNOWN)
            elif name == b"grpc-message":
                self.text = decode_message_text(value)
            elif name == b"content-type":
                self.is_grpc = value.startswith(b"application/grpc")
            elif name == b"grpc-encoding":
                self.encoding = value.decode("ascii", "replace")


class ClientCall(Stream):
    """One call, from the moment it is sent.

    Args:
        on_message: Takes each message with the bytes it has used of the window.
        on_end: Takes None for OK, or the error; called once, last.
        refills: The window is refilled as messages come; else by whoever takes them, with `credit`.
    """

    __slots__ = ("_encoding", "_has_head", "_on_end", "_on_message", "_partial", "_refills")

    connection: ClientConnection

    def __init__(
        self,
        connection: ClientConnection,
        stream_id: int,
        on_message: Callable[[bytes, int], None],
        on_end: Callable[[RpcError | None], None],
        *,
        refills: bool,
    ) -> None:
        super().__init__(connection, stream_id)
        self._on_message = on_message
        self._on_end = on_end
        self._refills = refills
        self._encoding = ""
        self._has_head = False
        self._partial: bytearray | None = None

    def on_data(self, payload: bytes, size: int, ends: int) -> None:
        """A piece of the answer."""
        partial = self._partial
        if partial is None and len(payload) >= PREFIX_BYTES:
            is_compressed, length = unpack_prefix(payload)
            if length == len(payload) - PREFIX_BYTES and not is_compressed:
                self._message(payload[PREFIX_BYTES:], size)
                if ends:
                    self._ended_early()
                return
        if partial is None:
            partial = self._partial = bytearray()
        partial += payload
        self._take(partial, size)
        if ends:
            self._ended_early()

    def _take(self, partial: bytearray, size: int) -> None:
        """Take the complete messages out of what has come; what belongs to an incomplete one is credited at once."""
        at = 0
        while len(partial) - at >= PREFIX_BYTES and not self.is_done:
            is_compressed, length = unpack_prefix(partial, at)
            if length > ANSWER_BYTES_MAX:
                text = MESSAGE_TOO_LARGE.format(limit=ANSWER_BYTES_MAX, size=length)
                self.abandon(RpcError(StatusCode.RESOURCE_EXHAUSTED, text))
                return
            end = at + PREFIX_BYTES + length
            if end > len(partial):
                break
            message = bytes(memoryview(partial)[at + PREFIX_BYTES : end])
            at = end
            if is_compressed:
                if self._encoding != "gzip":
                    self.abandon(RpcError(StatusCode.INTERNAL, "Message is compressed in a way that was not named"))
                    return
                try:
                    message = decompress(message, ANSWER_BYTES_MAX)
                except RpcError as error:
                    self.abandon(error)
                    return
            used, size = size, 0
            self._message(message, used)
        if self.is_done:
            return
        if size:
            self.connection.credit(self.id, size)
        if at >= len(partial):
            self._partial = None
        elif at:
            del partial[:at]

    def _message(self, message: bytes, size: int) -> None:
        if not self._has_head:
            raise ProtocolError(ErrorCode.PROTOCOL_ERROR, "DATA before the head of an answer")
        if self._refills:
            self.connection.credit(self.id, size)
        self._on_message(message, size)

    def on_head(self, head: ResponseHead, ends: int) -> None:
        """The head of the answer, or its end."""
        if not ends:
            if 100 <= head.http_status < 200:
                return
            self._has_head = True
            self._encoding = head.encoding
            if head.http_status != 200 or not head.is_grpc:
                self.abandon(_foreign(head))
            return
        if self.queued_bytes:
            self.connection.write(rst_stream_frame(self.id, ErrorCode.NO_ERROR))
        self.connection.forget(self)
        if head.status is None:
            self._on_end(_foreign(head))
        elif head.status == StatusCode.OK:
            self._on_end(None)
        else:
            self._on_end(RpcError(_status(head.status), head.text))

    def _ended_early(self) -> None:
        if not self.is_done:
            self.connection.forget(self)
            self._on_end(RpcError(StatusCode.INTERNAL, "The answer ended without a status"))

    def on_reset(self, code: int) -> None:
        """The server has ended the call without a status."""
        known = ErrorCode(code) if code in _ERROR_CODES else ErrorCode.INTERNAL_ERROR
        status = _STATUS_OF_RESET.get(known, StatusCode.INTERNAL)
        is_refused = known is ErrorCode.REFUSED_STREAM
        self._on_end(RpcError(status, f"Call was reset by the server: {known.name}", not_processed=is_refused))

    def on_lost(self, reason: str) -> None:
        """The connection has ended."""
        self._on_end(RpcError(StatusCode.UNAVAILABLE, reason))

    def on_turned_away(self) -> None:
        """The server has said that it will not look at this call."""
        self.connection.forget(self)
        self._on_end(RpcError(StatusCode.UNAVAILABLE, "The server is shutting down", not_processed=True))

    def on_sent(self) -> None:
        """The request has been written."""

    def abandon(self, error: RpcError) -> None:
        """End the call from here."""
        if not self.is_done:
            self.connection.forget(self)
            self.connection.write(rst_stream_frame(self.id, ErrorCode.CANCEL))
            self._on_end(error)

    def credit(self, size: int) -> None:
        """Messages of this size were taken; give the server room for as many."""
        if not self.is_done:
            self.connection.credit(self.id, size)


class ClientConnection(Connection[ClientCall]):
    """The connection to one server.

    Attributes:
        is_ready: The server has spoken, or the connection has ended before that.
        is_going: The server takes no more calls.
        received_at: When something came last.
        on_change: Called when calls may be made that had to wait, or none can be made any more.
    """

    __slots__ = (
        "_credits",
        "_next_id",
        "_read",
        "goaway_text",
        "is_going",
        "is_pinging",
        "is_ready",
        "on_change",
        "received_at",
    )

    def __init__(self, clock: Callable[[], float], wake: Callable[[], None]) -> None:
        super().__init__(clock, wake)
        self._read = HeadReader(ResponseHead).read
        self._next_id = 1
        self._credits: dict[int, int] = {}
        self.is_ready = False
        self.is_going = False
        self.is_pinging = False
        self.goaway_text = ""
        self.received_at = clock()
        self.on_change: Callable[[], None] = _nothing

    def start(self) -> None:
        """Begin the conversation."""
        settings = {
            Setting.ENABLE_PUSH: 0,
            Setting.INITIAL_WINDOW_SIZE: WINDOW_BYTES_DEFAULT,
            Setting.MAX_HEADER_LIST_SIZE: HEAD_BYTES_MAX,
        }
        self.write(PREFACE + settings_frame(settings))
        self.write(window_update_frame(0, CONNECTION_WINDOW_BYTES - WINDOW_BYTES_DEFAULT))

    @property
    def can_call(self) -> bool:
        """One more call can be sent right now."""
        return not self.is_going and not self.is_closing and len(self.streams) < self.peer_streams_max

    def open(
        self,
        head: bytes,
        message: bytes,
        on_message: Callable[[bytes, int], None],
        on_end: Callable[[RpcError | None], None],
        *,
        window_bytes: int = WINDOW_BYTES_DEFAULT,
        refills: bool = True,
    ) -> ClientCall:
        """Send a call; `can_call` must hold."""
        stream_id = self._next_id
        self._next_id += 2
        if self._next_id > STREAM_ID_MAX:
            self.is_going = True
        call = self.streams[stream_id] = ClientCall(self, stream_id, on_message, on_end, refills=refills)
        size = len(message) + PREFIX_BYTES
        if size <= call.send_window and size <= self.send_window and size <= WINDOW_BYTES_DEFAULT // 4:
            call.send_window -= size
            self.send_window -= size
            request = frame(DATA, END_STREAM, stream_id, pack_prefix(0, size - PREFIX_BYTES) + message)
            self.write(header_frames(stream_id, head, ends_stream=False) + request)
        else:
            self.write(header_frames(stream_id, head, ends_stream=False))
            call.send_message(message)
            call.send_end(frame(DATA, END_STREAM, stream_id))
        if window_bytes > WINDOW_BYTES_DEFAULT:
            self.write(window_update_frame(stream_id, window_bytes - WINDOW_BYTES_DEFAULT))
        return call

    def credit(self, stream_id: int, size: int) -> None:
        """Give back part of a stream's window, in portions."""
        size += self._credits.get(stream_id, 0)
        if size < WINDOW_BYTES_DEFAULT // 4:
            self._credits[stream_id] = size
            return
        self._credits.pop(stream_id, None)
        self.write(window_update_frame(stream_id, size))

    def receive(self, data: bytes) -> None:
        """As in `Connection`."""
        self.received_at = self._clock()
        super().receive(data)

    def on_head(self, stream_id: int, block: bytes, ends: int) -> None:
        """An answer begins, or ends."""
        try:
            head = self._read(block)
        except HeadTooLargeError:
            call = self.streams.get(stream_id)
            if call is not None:
                call.abandon(RpcError(StatusCode.RESOURCE_EXHAUSTED, "Head of the answer is too large"))
            return
        call = self.streams.get(stream_id)
        if call is not None:
            call.on_head(head, ends)
        elif self.is_idle(stream_id):
            raise ProtocolError(ErrorCode.PROTOCOL_ERROR, "an answer to nothing")
        else:
            self.spend()

    def is_idle(self, stream_id: int) -> bool:
        """As in `Connection`."""
        return stream_id >= self._next_id or not stream_id & 1

    def forget(self, stream: Stream) -> None:
        """As in `Connection`."""
        super().forget(stream)
        self._credits.pop(stream.id, None)
        self.on_change()

    def on_settings(self) -> None:
        """More calls may be allowed now."""
        self.is_ready = True
        self.on_change()

    def on_pong(self, content: bytes) -> None:  # noqa: ARG002 - there is one kind of ping
        """The server lives."""
        self.is_pinging = False

    def on_goaway(self, last_stream_id: int, code: int, reason: str) -> None:
        """The server takes no more calls; those beyond `last_stream_id` it has not looked at."""
        self.is_going = True
        name = ErrorCode(code).name if code in _ERROR_CODES else str(code)
        self.goaway_text = f"Server has sent GOAWAY {name}{': ' + reason if reason else ''}"
        for call in [call for stream_id, call in self.streams.items() if stream_id > last_stream_id]:
            call.on_turned_away()
        if not self.streams:
            self.finish()
        self.on_change()

    def ping(self) -> None:
        """Ask whether the server lives."""
        self.is_pinging = True
        self.write(ping_frame(b"kiang-up"))

    def finish(self, reason: str = "Channel was closed") -> None:
        """End the connection in good order, with all that is open on it."""
        if not self.is_closing:
            self.is_going = True
            self.write(goaway_frame(0, ErrorCode.NO_ERROR))
            self.end(self.goaway_text or reason)
            self.on_change()


class GrpcChannel:
    """A `Channel` over HTTP/2.

    Args:
        host: Name or address.
        port: Of the gateway.
        tls: None for plaintext; ALPN is set here.
        metadata: Sent with every call; values may be replaced through `metadata` later.
        authority: Instead of host and port, for the server's virtual hosts.
        user_agent: Who is calling.
        keep_alive_s: Silence after which a connection with open calls is asked whether it lives.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None = None,
        metadata: Metadata = (),
        authority: str | None = None,
        user_agent: str = USER_AGENT,
        keep_alive_s: float = KEEP_ALIVE_S,
    ) -> None:
        self._host = host
        self._port = port
        self._tls = tls
        if tls is not None:
            tls.set_alpn_protocols(["h2"])
        self._metadata = tuple(metadata)
        self._authority = authority or (f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        self._user_agent = user_agent
        self._heads: dict[tuple[str, str, Metadata], bytes] = {}
        self._socket: SocketProtocol[ClientConnection] | None = None
        self._connection: ClientConnection | None = None
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_lost: asyncio.Event | None = None
        self._keep_alive_s = keep_alive_s
        self._keep_alive: asyncio.TimerHandle | None = None

    @property
    def is_open(self) -> bool:
        """As in `Channel`."""
        connection = self._connection
        return connection is not None and not connection.is_going and not connection.is_closing

    async def connect(self, timeout_s: float = 10.0) -> None:
        """As in `Channel`."""
        assert self._connection is None, "a channel connects once"
        self._loop = asyncio.get_running_loop()
        self._is_lost = asyncio.Event()
        try:
            async with asyncio.timeout(timeout_s):
                transport, self._socket = await self._loop.create_connection(
                    lambda: SocketProtocol(ClientConnection, _start, self._lost),
                    self._host,
                    self._port,
                    ssl=self._tls,
                )
                self._connection = self._socket.connection
                self._connection.on_change = self._changed
                while not self._connection.is_ready:
                    await self._change()
        except (OSError, TimeoutError) as error:
            if self._socket is not None:
                self._socket.abort()
            raise self._unreachable(str(error) or f"no answer within {timeout_s:g} s") from None
        tls = transport.get_extra_info("ssl_object")
        if not self.is_open or (tls is not None and tls.selected_alpn_protocol() != "h2"):
            self._socket.abort()
            raise self._unreachable("the server does not speak HTTP/2")
        self._keep_alive = self._loop.call_later(self._keep_alive_s, self._check_alive)

    def _unreachable(self, reason: str) -> RpcError:
        text = f"Could not connect to {self._authority}: {reason}"
        return RpcError(StatusCode.UNAVAILABLE, text, not_processed=True)

    async def _change(self) -> None:
        """Return when something about the connection may have changed."""
        future = self._loop.create_future()
        self._waiting.append(future)
        await future

    async def close(self, grace_s: float = 0.0) -> None:
        """As in `Channel`."""
        connection, socket = self._connection, self._socket
        if connection is None or socket is None or self._is_lost is None:
            return
        connection.is_going = True
        if grace_s > 0 and connection.streams:
            end = self._loop.time() + grace_s
            while connection.streams and (left := end - self._loop.time()) > 0:
                idle = self._loop.create_future()
                self._waiting.append(idle)
                await asyncio.wait([idle], timeout=left)
                idle.cancel()
        connection.finish()
        socket.flush()
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self._is_lost.wait()
        except TimeoutError:  # the peer reads nothing any more
            socket.abort()

    async def wait_closed(self) -> None:
        """As in `Channel`."""
        while self.is_open:
            await self._change()

    async def unary(
        self,
        method: str,
        request: Message,
        response_type: type[M],
        *,
        timeout_s: float | None = None,
        metadata: Metadata = (),
    ) -> M:
        """As in `Channel`."""
        content = request.SerializeToString()
        head = self._head(method, timeout_s, metadata)
        answer = _Answer(self._loop.create_future())
        timer = None if timeout_s is None else self._loop.call_later(timeout_s, self._expire, answer, timeout_s)
        try:
            for tries_left in range(REFUSALS_MAX, -1, -1):
                connection = self._connection
                if connection is None or not connection.can_call:
                    connection = await self._turn(answer)
                answer.call = connection.open(head, content, answer.on_message, answer.on_end)
                try:
                    return _parsed(response_type, await answer.future)
                except RpcError as error:
                    if not (error.not_processed and tries_left and self.is_open):
                        raise
                answer.future = self._loop.create_future()
                if connection.streams:  # a server that is full takes the next call when another has ended
                    await self._change()
                if answer.future.done():
                    answer.future.result()  # the deadline is over
        except asyncio.CancelledError:
            if answer.call is not None:
                answer.call.abandon(RpcError(StatusCode.CANCELLED, "Call was cancelled"))
            raise
        finally:
            if timer is not None:
                timer.cancel()
        raise AssertionError

    def _expire(self, answer: _Answer, timeout_s: float) -> None:
        error = RpcError(StatusCode.DEADLINE_EXCEEDED, f"No answer within {timeout_s:g} s")
        if answer.call is None or answer.call.is_done:
            answer.on_end(error)
            self._changed()
        else:
            answer.call.abandon(error)

    def server_stream(
        self,
        method: str,
        request: Message,
        response_type: type[M],
        *,
        timeout_s: float | None = None,
        metadata: Metadata = (),
        window_bytes: int = WINDOW_BYTES_DEFAULT,
    ) -> MessageStream[M]:
        """As in `Channel`."""
        stream: _Messages[M] = _Messages(self._loop, response_type)
        connection = self._connection
        if connection is None or not connection.can_call:
            stream.on_end(self._closed_error())
            return stream
        head = self._head(method, timeout_s, metadata)
        stream.call = connection.open(
            head,
            request.SerializeToString(),
            stream.on_message,
            stream.on_end,
            window_bytes=window_bytes,
            refills=False,
        )
        if timeout_s is not None:
            error = RpcError(StatusCode.DEADLINE_EXCEEDED, f"Stream was to last {timeout_s:g} s")
            stream.timer = self._loop.call_later(timeout_s, stream.call.abandon, error)
        return stream

    def _head(self, method: str, timeout_s: float | None, metadata: Metadata) -> bytes:
        timeout = "" if timeout_s is None else format_timeout(timeout_s)
        key = (method, timeout, metadata)
        try:
            head = self._heads.get(key)
        except TypeError:  # metadata in a list
            return self._head(method, timeout_s, tuple(metadata))
        if head is None:
            fields: list[tuple[str, str]] = [
                (":method", "POST"),
                (":scheme", "http" if self._tls is None else "https"),
                (":path", method),
                (":authority", self._authority),
                ("te", "trailers"),
                ("content-type", "application/grpc"),
                ("user-agent", self._user_agent),
                ("grpc-accept-encoding", "identity,gzip"),
            ]
            if timeout:
                fields.append(("grpc-timeout", timeout))
            head = write_head([*fields, *self._metadata, *metadata])
            if len(self._heads) >= _HEADS_MAX:
                self._heads.clear()
            self._heads[key] = head
        return head

    async def _turn(self, answer: _Answer) -> ClientConnection:
        """The connection, once one more call can be sent."""
        while True:
            connection = self._connection
            if connection is None or not self.is_open:
                raise self._closed_error()
            if answer.future.done():
                answer.future.result()  # the deadline is over
            if connection.can_call:
                return connection
            await self._change()

    def _closed_error(self) -> RpcError:
        connection = self._connection
        text = "Channel is not connected"
        if connection is not None:
            text = connection.goaway_text or ("Channel is closed" if not self.is_open else "Too many calls are open")
        return RpcError(StatusCode.UNAVAILABLE, text, not_processed=True)

    def _changed(self) -> None:
        """Calls have ended or may be made: let those who wait look again."""
        waiting = self._waiting
        while waiting:
            future = waiting.popleft()
            if not future.done():
                future.set_result(None)

    def _lost(self, socket: SocketProtocol[ClientConnection]) -> None:
        if self._keep_alive is not None:
            self._keep_alive.cancel()
        if self._is_lost is not None:
            self._is_lost.set()
        socket.connection.is_ready = socket.connection.is_going = True
        self._changed()

    def _check_alive(self) -> None:
        connection, socket = self._connection, self._socket
        if connection is None or socket is None or connection.is_closing:
            return
        silent_s = self._loop.time() - connection.received_at
        delay_s = self._keep_alive_s - silent_s
        if connection.is_pinging:
            if silent_s >= KEEP_ALIVE_ANSWER_S:
                connection.end("The server does not answer any more")
                socket.abort()
                return
            delay_s = KEEP_ALIVE_ANSWER_S - silent_s
        elif delay_s <= 0:
            if connection.streams:
                connection.ping()
            delay_s = KEEP_ALIVE_ANSWER_S
        self._keep_alive = self._loop.call_later(max(delay_s, 1.0), self._check_alive)


class _Answer:
    """Waits for the one message of a unary call."""

    __slots__ = ("call", "future", "message")

    def __init__(self, future: asyncio.Future[bytes]) -> None:
        self.call: ClientCall | None = None
        self.future = future
        self.message: bytes | None = None

    def on_message(self, message: bytes, size: int) -> None:  # noqa: ARG002 - the window was refilled
        self.message = message

    def on_end(self, error: RpcError | None) -> None:
        future = self.future
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        elif self.message is None:
            future.set_exception(RpcError(StatusCode.INTERNAL, "The answer is OK, but has no message"))
        else:
            future.set_result(self.message)


class _Messages(Generic[M]):
    """A `MessageStream`."""

    __slots__ = ("_end", "_messages", "_response_type", "_waiter", "call", "loop", "timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, response_type: type[M]) -> None:
        self.loop = loop
        self.call: ClientCall | None = None
        self.timer: asyncio.TimerHandle | None = None
        self._response_type = response_type
        self._messages: deque[tuple[bytes, int]] = deque()
        self._end: RpcError | StopAsyncIteration | None = None
        self._waiter: asyncio.Future[None] | None = None

    def on_message(self, message: bytes, size: int) -> None:
        self._messages.append((message, size))
        self._wake()

    def on_end(self, error: RpcError | None) -> None:
        self._end = error or StopAsyncIteration()
        if self.timer is not None:
            self.timer.cancel()
        self._wake()

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def __aiter__(self) -> _Messages[M]:
        return self

    async def __anext__(self) -> M:
        while not self._messages:
            if self._end is not None:
                raise self._end
            self._waiter = self.loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        message, size = self._messages.popleft()
        if self.call is not None:
            self.call.credit(size)
        return _parsed(self._response_type, message)

    def cancel(self) -> None:
        """As in `MessageStream`; what has arrived can still be taken."""
        if self.call is not None:
            self.call.abandon(RpcError(StatusCode.CANCELLED, "Stream was cancelled"))
        self._end = StopAsyncIteration()

    async def __aenter__(self) -> _Messages[M]:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self.cancel()


_HEADS_MAX = 256
_CLOSE_S = 1.0
_ERROR_CODES = frozenset(ErrorCode)
_STATUS_CODES = frozenset(StatusCode)


def _nothing() -> None:
    """Nobody listens."""


def _start(socket: SocketProtocol[ClientConnection]) -> None:
    socket.connection.start()


def _status(number: int) -> StatusCode:
    return StatusCode(number) if number in _STATUS_CODES else StatusCode.UNKNOWN


def _foreign(head: ResponseHead) -> RpcError:
    """The error for an answer that is none of gRPC's."""
    if head.status is not None:
        return RpcError(_status(head.status), head.text)
    code = _STATUS_OF_HTTP.get(head.http_status, StatusCode.UNKNOWN)
    return RpcError(code, f"The server answered with HTTP status {head.http_status}, not with gRPC")


def _parsed(response_type: type[M], message: bytes) -> M:
    try:
        return response_type.FromString(message)
    except DecodeError:
        raise RpcError(StatusCode.INTERNAL, f"The answer is no {response_type.DESCRIPTOR.name}") from None
