"""The gRPC connection of a client: made when it is needed, and again when it is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from kiang.client.settings import ClientSettings
from kiang.client.status import grpc_error
from kiang.client.tls import ssl_context
from kiang.wire.channel import Channel, RpcError

CONNECT_TIMEOUT_S = 10.0


class Connection:
    """Hands out a channel that is open.

    Args:
        make: A new channel, not connected.
    """

    def __init__(self, make: Callable[[], Channel]) -> None:
        self._make = make
        self._channel: Channel | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connecting: asyncio.Lock | None = None

    def open_channel(self) -> Channel | None:
        """The channel, if it is open: the usual case, without waiting."""
        channel = self._channel
        if channel is not None and channel.is_open and asyncio.get_running_loop() is self._loop:
            return channel
        return None

    async def channel(self, timeout_s: float) -> Channel:
        """The channel, connected if need be.

        Raises:
            NotReached: No connection could be made.
        """
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            # Another `asyncio.run`: the connection of the former one ended with its loop.
            self._loop, self._channel, self._connecting = loop, None, asyncio.Lock()
        assert self._connecting is not None
        async with self._connecting:
            channel = self.open_channel()
            if channel is None:
                channel = self._make()
                try:
                    await channel.connect(min(timeout_s, CONNECT_TIMEOUT_S))
                except RpcError as error:
                    raise grpc_error(error.code, error.message, is_unprocessed=error.not_processed) from error
                self._channel = channel
            return channel

    async def aclose(self) -> None:
        """Close it; the next call makes another one."""
        channel, self._channel = self._channel, None
        if channel is not None and self._loop is asyncio.get_running_loop():
            await channel.close()


def connection_to(settings: ClientSettings) -> Connection:
    """The connection that these settings describe."""
    from kiang.wire.http2.client import GrpcChannel  # noqa: PLC0415 - engines in the same process need no wire

    address = settings.grpc_address
    context = ssl_context(settings.tls) if address.tls else None

    def make() -> Channel:
        return GrpcChannel(
            address.host,
            address.port,
            tls=context,
            authority=settings.tls.authority or None,
            keep_alive_s=settings.keep_alive.total_seconds(),
        )

    return Connection(make)
