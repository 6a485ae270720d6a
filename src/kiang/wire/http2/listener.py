"""Listens for clients and serves methods to them."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Iterable

from kiang.wire.http2.server import Method, ServerConnection
from kiang.wire.http2.transport import SocketProtocol

CONNECTIONS_MAX = 4096
"""Open at once; beyond it a connection is closed as soon as it is made."""

PREFACE_S = 10.0
"""A connection that has not begun to speak HTTP/2 by then is closed."""

BACKLOG_CONNECTIONS = 1024
"""Connections that wait to be accepted."""

_SWEEP_S = 0.05
"""Between two looks for deadlines that are over: clients end their calls by themselves, more exactly."""


class Listener:
    """A listening socket and the connections that were made to it.

    Args:
        methods: What clients can call.
        tls: With certificate and key; None for plaintext. ALPN is set here.

    Attributes:
        port: Where it listens, once started.
    """

    def __init__(self, methods: Iterable[Method], *, tls: ssl.SSLContext | None = None) -> None:
        self._methods = {method.path: method for method in methods}
        self._tls = tls
        if tls is not None:
            tls.set_alpn_protocols(["h2"])
        self._sockets: dict[SocketProtocol[ServerConnection], float] = {}
        self._server: asyncio.Server | None = None
        self._sweep: asyncio.TimerHandle | None = None
        self._all_gone: asyncio.Event | None = None
        self.port = 0

    @property
    def connection_count(self) -> int:
        """How many clients are connected."""
        return len(self._sockets)

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 takes a free one.

        Raises:
            OSError: The address cannot be listened at.
        """
        self._loop = asyncio.get_running_loop()
        self._server = await self._loop.create_server(
            self._protocol, host, port, ssl=self._tls, backlog=BACKLOG_CONNECTIONS, reuse_address=True
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self._sweep = self._loop.call_later(_SWEEP_S, self._look_after)

    async def stop(self, grace_s: float = 0.0) -> None:
        """Take no more clients, ask those here to go, and close what is left after `grace_s`. May be called twice."""
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        for socket in list(self._sockets):
            socket.connection.drain()
        await self._wait_until_gone(grace_s)
        for socket in list(self._sockets):
            socket.connection.finish()
        await self._wait_until_gone(_CLOSE_S)
        for socket in list(self._sockets):
            socket.abort()
        await self._wait_until_gone(_CLOSE_S)
        if self._sweep is not None:
            self._sweep.cancel()

    async def _wait_until_gone(self, timeout_s: float) -> None:
        if not self._sockets or timeout_s <= 0:
            return
        self._all_gone = asyncio.Event()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._all_gone.wait()

    def _protocol(self) -> SocketProtocol[ServerConnection]:
        return SocketProtocol(self._connection, self._made, self._lost)

    def _connection(self, clock: Callable[[], float], wake: Callable[[], None]) -> ServerConnection:
        return ServerConnection(self._methods, clock, wake)

    def _made(self, socket: SocketProtocol[ServerConnection]) -> None:
        if len(self._sockets) >= CONNECTIONS_MAX or self._server is None:
            socket.abort()
            return
        self._sockets[socket] = self._loop.time()
        peer = None if socket.transport is None else socket.transport.get_extra_info("peername")
        socket.connection.client_address = str(peer[0]) if isinstance(peer, tuple) else ""
        socket.connection.start()

    def _lost(self, socket: SocketProtocol[ServerConnection]) -> None:
        self._sockets.pop(socket, None)
        if not self._sockets and self._all_gone is not None:
            self._all_gone.set()

    def _look_after(self) -> None:
        now = self._loop.time()
        for socket, made_at in list(self._sockets.items()):
            connection = socket.connection
            if connection.deadlines:
                connection.expire(now)
            if not connection.has_begun and now - made_at > PREFACE_S:
                socket.abort()
        self._sweep = self._loop.call_later(_SWEEP_S, self._look_after)


_CLOSE_S = 1.0
"""For the last bytes to leave."""
