"""The engine's side of the process that searches."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import msgspec

from kiang.errors import DeadlineExceeded, InvalidArgument, ResourceExhausted, StoreError, Unavailable
from kiang.search.limits import WAITING_SEARCHES_MAX
from kiang.search.messages import BROKEN, DONE, LENGTH, REFUSED, TIMED_OUT, Reply, Request
from kiang.search.statement import Clause

LOG = logging.getLogger(__name__)

_STOP_S = 10.0

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Reply).decode


class ReaderProcess:
    """Has a process search a store, some searches at once; starts it anew when it has ended.

    `find` and `get` are for one event loop. They raise:
        ResourceExhausted: Too many searches wait.
        DeadlineExceeded: It took too long.
        InvalidArgument: The page would be too large.
        Unavailable: This is closed, or the process has ended before it had the answer.
        StoreError: The store cannot be read.
    """

    def __init__(self, store_path: Path, batches: str | None = None) -> None:
        """Start it, without waiting for it.

        Args:
            store_path: The database file; it is there.
            batches: URI of the database of batch operations.
        """
        self._arguments = [str(store_path), *([] if batches is None else [batches])]
        self._number = 0
        self._is_closed = False
        self._connection: _Connection | None = None
        self._connecting = asyncio.Lock()
        self._process, self._channel = self._start()

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._process.pid

    async def find(self, resource: str, query: Any, also: Iterable[Clause]) -> bytes:
        """The answer of a search, as JSON.

        Args:
            resource: Its name in the catalogue.
            query: `{filter, sort, page}`, checked.
            also: Conditions that hold besides the filter.
        """
        return await self._ask(
            Request(self._next(), resource, None, query, [(one.sql, one.parameters) for one in also])
        )

    async def get(self, resource: str, key: int) -> bytes:
        """An item as JSON; null if there is none."""
        return await self._ask(Request(self._next(), resource, key))

    def close(self) -> None:
        """End the process; may be called twice."""
        if self._is_closed:
            return
        self._is_closed = True
        self._leave()

    def _next(self) -> int:
        self._number += 1
        return self._number

    async def _ask(self, request: Request) -> bytes:
        connection = self._connection
        if connection is None or connection.is_lost:
            connection = await self._connect()
        if len(connection.waiting) >= WAITING_SEARCHES_MAX:
            raise ResourceExhausted("Expected to search, but too many searches wait. Please try again later.")
        reply = await connection.ask(request.number, _encode(request))
        if reply.outcome == DONE:
            return reply.content
        reason = reply.content.decode()
        if reply.outcome == TIMED_OUT:
            raise DeadlineExceeded(reason)
        if reply.outcome == REFUSED:
            raise InvalidArgument(reason)
        if reply.outcome == BROKEN:
            LOG.error("search failed", extra={"resource": request.resource, "traceback": reason})
            raise StoreError("The search has failed: see the log.")
        raise StoreError(reason)

    async def _connect(self) -> _Connection:
        async with self._connecting:
            if self._is_closed:
                raise Unavailable("Expected to search, but the search has been closed")
            if self._connection is not None and self._connection.is_lost:
                LOG.warning("process that searches has ended and is started again")
                self._process.kill()  # it serves nobody any more, and the loop must not wait for it
                self._leave()
                self._process, self._channel = self._start()
            if self._connection is None:
                loop = asyncio.get_running_loop()
                _, self._connection = await loop.create_unix_connection(_Connection, sock=self._channel)
            return self._connection

    def _start(self) -> tuple[subprocess.Popen[bytes], socket.socket]:
        ours, its = socket.socketpair()
        ours.setblocking(False)
        process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-P", "-m", "kiang.search.serving", *self._arguments],
            stdin=its.fileno(),
            start_new_session=True,
        )
        its.close()
        return process, ours

    def _leave(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        # A transport closes its socket in the next turn of the loop; the other side must see the end now.
        with contextlib.suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)
        self._channel.close()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class _Connection(asyncio.Protocol):
    """Messages to the process and back.

    Attributes:
        waiting: Who waits for a reply, by the number of the request.
        is_lost: The process has ended.
    """

    def __init__(self) -> None:
        self.waiting: dict[int, asyncio.Future[Reply]] = {}
        self.is_lost = False
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    async def ask(self, number: int, message: bytes) -> Reply:
        """Send a request and wait for its reply."""
        assert self._transport is not None
        if self.is_lost:
            raise _ended()
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.waiting[number] = future
        self._transport.write(LENGTH.pack(len(message)) + message)
        try:
            return await future
        finally:
            self.waiting.pop(number, None)

    def close(self) -> None:
        """Say nothing more; who waits is told so."""
        if self._transport is not None:
            self._transport.close()
        self._lose()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are no subclasses of it

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        buffer = self._buffer
        buffer += data
        start = 0
        while len(buffer) - start >= LENGTH.size:
            (length,) = LENGTH.unpack_from(buffer, start)
            end = start + LENGTH.size + length
            if len(buffer) < end:
                break
            reply = _decode(memoryview(buffer)[start + LENGTH.size : end])
            start = end
            future = self.waiting.get(reply.number)
            if future is not None and not future.done():
                future.set_result(reply)
        if start:
            del buffer[:start]

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - the signature of protocols
        """See `asyncio.Protocol`."""
        self._lose()

    def _lose(self) -> None:
        self.is_lost = True
        for future in self.waiting.values():
            if not future.done():
                future.set_exception(_ended())


def _ended() -> Unavailable:
    return Unavailable("Expected to search, but the process that searches has ended. Try again.")
