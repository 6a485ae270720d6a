"""An HTTP listener: uvicorn with its C parser, started inside the running event loop."""

from __future__ import annotations

import socket

import uvicorn

from kiang.wire.http1 import Http1Protocol

CONNECTIONS_MAX = 2000
"""Open connections; a further one takes the place of one that has never asked for anything, or is answered with 503."""

BACKLOG_CONNECTIONS = 1024
"""Connections that wait to be accepted."""

KEEP_ALIVE_S = 75
"""An idle connection is closed after this; longer than the pools of the usual HTTP clients keep one."""


class HttpListener:
    """A uvicorn server without its own main loop and signal handlers: the process has others."""

    def __init__(self, application: object, tls: tuple[str, str] | None = None) -> None:
        self._application = application
        self._tls = tls
        self._server: uvicorn.Server | None = None
        self._socket: socket.socket | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port."""
        listening = _listen(host, port)
        config = uvicorn.Config(
            self._application,  # type: ignore[arg-type]
            http=Http1Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            limit_concurrency=CONNECTIONS_MAX,
            timeout_keep_alive=KEEP_ALIVE_S,
            backlog=BACKLOG_CONNECTIONS,
            ssl_certfile=self._tls[0] if self._tls else None,
            ssl_keyfile=self._tls[1] if self._tls else None,
        )
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        await server.startup(sockets=[listening])
        self._server, self._socket = server, listening
        return int(listening.getsockname()[1])

    async def stop(self, grace_s: float) -> None:
        """Close; requests that are still being answered after `grace_s` are cut off."""
        server, self._server = self._server, None
        if server is None or self._socket is None:
            return
        server.config.timeout_graceful_shutdown = max(1, round(grace_s))
        await server.shutdown(sockets=[self._socket])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listening.bind((host, port))
        listening.setblocking(False)
    except BaseException:
        listening.close()
        raise
    return listening
