"""The client's side of gRPC as a port: what a connection to an engine offers, whatever carries it.

`kiang.wire.http2.client.GrpcChannel` is the implementation over HTTP/2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from google.protobuf.message import Message

from kiang.wire.status import StatusCode

M = TypeVar("M", bound=Message)
M_co = TypeVar("M_co", bound=Message, covariant=True)

Metadata = Sequence[tuple[str, str]]
"""Headers of a call, names in lower case, values ASCII: `[("authorization", "Bearer …")]`."""


class RpcError(Exception):
    """A call ended with another status than OK.

    Args:
        code: The status.
        message: The server's text, or ours where the server could not be asked.
        not_processed: The server has certainly not acted on the call (the connection could not be made, or the server
            said so): it may be repeated whatever it does.
    """

    def __init__(self, code: StatusCode, message: str, *, not_processed: bool = False) -> None:
        super().__init__(f"{code.name}: {message}")
        self.code = code
        self.message = message
        self.not_processed = not_processed


class MessageStream(Protocol[M_co]):
    """Messages of a server that streams them.

    Contract:
        * Iteration ends when the server ends the stream with OK and raises RpcError for any other end; after `cancel`
          it ends.
        * What has arrived and was not taken yet is bounded in bytes; beyond that flow control holds the server back.
        * One task iterates at a time.
    """

    def cancel(self) -> None:
        """Tell the server that no more is wanted. May be called at any time, also twice."""
        ...

    def __aiter__(self) -> MessageStream[M_co]: ...

    async def __anext__(self) -> M_co: ...

    async def __aenter__(self) -> MessageStream[M_co]:
        """The stream itself; leaving the block cancels it."""
        ...

    async def __aexit__(self, *exc_info: object) -> None: ...


class Channel(Protocol):
    """One connection to a server, with any number of concurrent calls on it.

    Contract:
        * `connect` once, before the first call. A channel that has lost its connection (`is_open` is False) stays so:
          every open call has ended with UNAVAILABLE, every later one ends so at once; the caller makes a new channel
          when it thinks fit.
        * All methods are called on the loop that `connect` ran on.
        * Cancelling the task that awaits a call cancels the call on the server too.
    """

    @property
    def is_open(self) -> bool:
        """New calls can be made: connected, not closed, and the server has not said GOAWAY."""
        ...

    async def connect(self, timeout_s: float = 10.0) -> None:
        """Make the connection.

        Raises:
            RpcError: UNAVAILABLE; the connection could not be made in time, or the peer speaks something else.
        """
        ...

    async def close(self, grace_s: float = 0.0) -> None:
        """Close it, giving open calls `grace_s` to end. May be called twice."""
        ...

    async def wait_closed(self) -> None:
        """Return when no new call can be made any more, for whatever reason."""
        ...

    async def unary(
        self,
        method: str,
        request: Message,
        response_type: type[M],
        *,
        timeout_s: float | None = None,
        metadata: Metadata = (),
    ) -> M:
        """Make one call.

        Args:
            method: Full path, "/gateway_protocol.Gateway/CompleteJob".
            request: Serialised before this returns to the loop.
            response_type: Class of the answer.
            timeout_s: None for no deadline. The server is told, and the call ends here too.
            metadata: In addition to the channel's own.

        Raises:
            RpcError: with the server's status, or DEADLINE_EXCEEDED, UNAVAILABLE.
        """
        ...

    def server_stream(
        self,
        method: str,
        request: Message,
        response_type: type[M],
        *,
        timeout_s: float | None = None,
        metadata: Metadata = (),
        window_bytes: int = 65_535,
    ) -> MessageStream[M]:
        """Start a call that the server answers with any number of messages; the request leaves at once.

        Args:
            method: As for `unary`.
            request: As for `unary`.
            response_type: Class of each message.
            timeout_s: Of the whole stream; None for no deadline.
            metadata: As for `unary`.
            window_bytes: How much may lie here untaken before the server is held back; at least 65,535.
        """
        ...
