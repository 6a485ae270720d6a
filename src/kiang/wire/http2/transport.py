"""A connection on a socket, under asyncio. What is written in one turn of the loop leaves in one piece."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

from kiang.wire.http2.connection import Connection

OUTPUT_BYTES_MAX = 64 * 1024 * 1024
"""A peer that lets more than this wait for it, by not reading, is cut off."""

_HIGH_WATER_BYTES = 1024 * 1024

C = TypeVar("C", bound=Connection[Any])


class SocketProtocol(asyncio.Protocol, Generic[C]):
    """Carries bytes between a socket and a connection.

    Args:
        make: Makes the connection, given its clock and its `wake`.
        on_made: Called when the socket is there.
        on_lost: Called when it is gone.
    """

    def __init__(
        self,
        make: Callable[[Callable[[], float], Callable[[], None]], C],
        on_made: Callable[[SocketProtocol[C]], None],
        on_lost: Callable[[SocketProtocol[C]], None],
    ) -> None:
        loop = asyncio.get_running_loop()
        self.connection = make(loop.time, self._wake)
        self.transport: asyncio.Transport | None = None
        self._call_soon = loop.call_soon
        self._on_made = on_made
        self._on_lost = on_lost

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is there."""
        transport = cast("asyncio.Transport", transport)  # uvloop's transports are none by their class
        self.transport = transport
        transport.set_write_buffer_limits(high=_HIGH_WATER_BYTES)
        plain = transport.get_extra_info("socket")
        if plain is not None and plain.family in {socket.AF_INET, socket.AF_INET6}:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data_received = self.connection.receive  # type: ignore[method-assign]  # one call less per packet
        self._on_made(self)

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        self.connection.receive(data)

    def pause_writing(self) -> None:
        """The socket takes no more for now."""
        self.connection.is_paused = True

    def resume_writing(self) -> None:
        """The socket takes more again."""
        self.connection.is_paused = False
        self.connection.tell_all_writable()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        self.transport = None
        self.connection.end("Connection closed" if exc is None else f"Connection lost: {exc}")
        self._on_lost(self)

    def _wake(self) -> None:
        self._call_soon(self.flush)

    def flush(self) -> None:
        """Write what waits; close the socket if there is no more to come."""
        transport = self.transport
        output = self.connection.take_output()
        if transport is None or transport.is_closing():
            return
        if output:
            transport.write(output)
            if self.connection.is_paused and transport.get_write_buffer_size() > OUTPUT_BYTES_MAX:
                transport.abort()
                return
        if self.connection.is_closing:
            transport.close()

    def abort(self) -> None:
        """Close the socket at once."""
        if self.transport is not None:
            self.transport.abort()
