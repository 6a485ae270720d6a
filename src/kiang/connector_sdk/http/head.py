"""How the head of a request is written: in ISO-8859-1, as HTTP has always had it (RFC 9110 section 5.5), and without waiting."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import aiohttp

HEAD_END = b"\r\n\r\n"


class Request(aiohttp.ClientRequest):
    """A request whose head may hold umlauts, and that never waits for `100 Continue`."""

    def update_expect_continue(self, expect: bool = False) -> None:
        """Sends the header, if there is one, and the body behind it at once: a server that does not know it would hold the job for ever."""

    async def send(self, conn: Any) -> aiohttp.ClientResponse:
        """See aiohttp: it writes heads in UTF-8, which is the same as long as they are ASCII."""
        texts = (self.url.raw_path_qs, *self.headers, *self.headers.values())
        if not all(text.isascii() for text in texts):
            _Latin1Head(conn.protocol)
        return await super().send(conn)


class _Latin1Head:
    """Stands in for a transport until the head is through."""

    def __init__(self, protocol: Any) -> None:
        self.protocol = protocol
        self.transport = protocol.transport
        protocol.transport = self

    def write(self, data: bytes) -> None:
        self.protocol.transport = self.transport
        head, end, body = bytes(data).partition(HEAD_END)
        self.transport.write(head.decode("utf-8").encode("latin-1", "replace") + end + body)

    def writelines(self, chunks: Iterable[bytes]) -> None:
        self.write(b"".join(chunks))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)
