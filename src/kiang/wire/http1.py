"""HTTP/1.1 as uvicorn speaks it with its C parser, and what uvicorn leaves open: limits, and offers of other protocols.

**Limits.** uvicorn with this parser keeps a head of any size and waits for the rest of a request for ever, so that somebody
who sends nothing, or everything very slowly, could have all the memory or all the connections.

**Offers.** Many clients offer HTTP/2 with `Upgrade: h2c` in every request (Java's own HTTP client, `curl --http2`). A server may
pass over such an offer, and the request is then as any other. The C parser instead takes all after the head for the other
protocol: the body would be lost without a word, and with it the filter of a search or of a batch operation. So the offer
is taken out of the head before the parser sees it.

**What is read differently elsewhere.** A header that comes after the body is no header of the request: a proxy in front has
not seen it. A request with several hosts, or of HTTP/0.9, is refused, as is everything whose end is not clear (the parser's part).
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES_MAX = 64 * 1024
"""Of a head; also of what comes after a body, and between the pieces of one."""

HEAD_S = 30.0
"""A head must have come after this; a new connection that sends nothing is closed."""

BODY_S = 300.0
"""A body must have come after this: the largest one over a line of half a megabit a second."""

STALLED_S = 60.0
"""An answer of which the client takes nothing for so long is given up."""

_END_OF_HEAD = re.compile(rb"\n\r?\n")
_OFFER = re.compile(rb"(?i)\nupgrade[ \t]*:")

_PHRASES = {
    400: b"Bad Request",
    408: b"Request Timeout",
    431: b"Request Header Fields Too Large",
    503: b"Service Unavailable",
}
_TITLES = {503: b"RESOURCE_EXHAUSTED"}
"""Where clients look at the title of the problem, too: they try again after a while."""

_BAD = "Invalid HTTP request received."
_VERSIONS = frozenset({"1.1", "1.0"})


class Http1Protocol(HttpToolsProtocol):
    """A connection."""

    _head = b""
    _is_in_head = True
    _is_between_requests = True
    _since_progress = 0
    _late_at: float | None = None
    _unsent = 0
    _watch: asyncio.TimerHandle | None = None
    opened_at = 0.0
    """0 until it is open: one that is just being opened makes room for nobody."""

    @property
    def is_silent(self) -> bool:
        """Whether the client is there and has never sent anything."""
        has_asked = self.cycle is not None or not self._is_between_requests or bool(self._head)
        return bool(self.opened_at) and not has_asked and not self.transport.is_closing()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # uvicorn would refuse every request while there are too many connections, also those of clients that were here before.
        self._connections_max, self.limit_concurrency = self.limit_concurrency, None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there; one that has never asked for anything makes room for it."""
        super().connection_made(transport)
        if self._connections_max is not None and len(self.connections) > self._connections_max:
            silent = [one for one in self.connections if isinstance(one, Http1Protocol) and one.is_silent]
            if not silent:
                self._refuse(503, "Expected room for one more connection, but there are too many")
                return
            min(silent, key=lambda one: one.opened_at).transport.abort()
        self.opened_at = self.loop.time()
        self._late_at = self.opened_at + HEAD_S
        self._watch = self.loop.call_later(HEAD_S, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Give the parser what has come, heads in one piece."""
        if self.transport.is_closing():
            return
        if self._is_between_requests:
            if self._late_at is None:
                self._late_at = self.loop.time() + HEAD_S
            data = self._head + data
            found = _END_OF_HEAD.search(data)
            if (len(data) if found is None else found.end()) > HEAD_BYTES_MAX:
                self._refuse(431, f"Expected the head of a request to have at most {HEAD_BYTES_MAX} bytes")
                return
            if found is None and data[:1].isalpha():
                self._head = data
                return
            self._head = b""
            if found is not None:
                head = data[: found.end()]
                without = _OFFER.sub(b"\nx-refused-upgrade:", head)
                data = data if without is head else without + data[found.end() :]
        self._since_progress += len(data)
        super().data_received(data)
        if self._since_progress > HEAD_BYTES_MAX and not self.transport.is_closing():
            self._refuse(431, f"Expected at most {HEAD_BYTES_MAX} bytes that are neither a request nor its body")

    def on_message_begin(self) -> None:
        """A request has begun."""
        self._is_between_requests = False
        self._is_in_head = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; what comes after the body is none."""
        if self._is_in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Refuse an offer that was overlooked, in a request sent together with the one before it, and what is ambiguous."""
        self._is_in_head = False
        self._since_progress = 0
        version = self.parser.get_http_version()
        hosts = sum(name == b"host" for name, _ in self.headers)
        if self.parser.should_upgrade() or version not in _VERSIONS or hosts > 1 or (not hosts and version == "1.1"):
            raise ValueError
        self._late_at = self.loop.time() + BODY_S
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._since_progress = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The next byte is one of another request."""
        self._is_between_requests = True
        self._since_progress = 0
        self._late_at = None
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's signature; it has one text
        """Say that this is no request."""
        self._refuse(400, _BAD)

    def _refuse(self, status: int, detail: str) -> None:
        """Answer in place of the application, as a problem document (RFC 9457), and close."""
        phrase = _PHRASES[status]
        title = _TITLES.get(status, phrase)
        body = b'{"type":"about:blank","title":"%b","status":%d,"detail":"%b","instance":""}' % (
            title,
            status,
            detail.encode(),
        )
        self.transport.write(
            b"HTTP/1.1 %d %b\r\ncontent-type: application/problem+json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b"
            % (status, phrase, len(body), body)
        )
        self.transport.close()

    def _look(self) -> None:
        """Once in a while: is this client in time?"""
        now = self.loop.time()
        is_closing = self.transport.is_closing()
        if self._late_at is not None and now >= self._late_at and not is_closing:
            self._give_up()
            is_closing = True
        unsent = self.transport.get_write_buffer_size()
        if unsent and unsent == self._unsent:
            self.transport.abort()
            return
        self._unsent = unsent
        wait = STALLED_S if self._late_at is None or is_closing else min(self._late_at - now, STALLED_S)
        self._watch = self.loop.call_later(wait, self._look)

    def _give_up(self) -> None:
        cycle: Any = self.cycle
        has_asked = bool(self._head) or not self._is_between_requests
        if has_asked and (cycle is None or cycle.response_complete or not cycle.response_started):
            self._refuse(408, "Expected the whole request, but it did not come in time")
        else:
            self.transport.close()
