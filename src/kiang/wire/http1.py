"""HTTP/1.1 as uvicorn speaks it with its C parser, but a request that offers another protocol keeps its body.

Many clients offer HTTP/2 with `Upgrade: h2c` in every request (Java's own HTTP client, `curl --http2`). A server may pass
over such an offer, and the request is then as any other. The C parser instead takes all after the head for the other
protocol: the body would be lost without a word, and with it the filter of a search or of a batch operation. So the offer
is taken out of the head before the parser sees it.
"""

from __future__ import annotations

import re

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES_MAX = 64 * 1024
"""Of a head that comes in pieces; a longer one goes to the parser as it is, which refuses it if there is an offer in it."""

_END_OF_HEAD = re.compile(rb"\n\r?\n")
_OFFER = re.compile(rb"(?i)\nupgrade[ \t]*:")


class Http1Protocol(HttpToolsProtocol):
    """A connection."""

    _head = b""
    _is_between_requests = True

    def data_received(self, data: bytes) -> None:
        """Give the parser what has come, heads in one piece."""
        if self._is_between_requests:
            data = self._head + data
            found = _END_OF_HEAD.search(data)
            if found is None and len(data) <= HEAD_BYTES_MAX and data[:1].isalpha():
                self._head = data
                return
            self._head = b""
            if found is not None:
                head = data[: found.end()]
                without = _OFFER.sub(b"\nx-refused-upgrade:", head)
                data = data if without is head else without + data[found.end() :]
        super().data_received(data)

    def on_message_begin(self) -> None:
        """A request has begun."""
        self._is_between_requests = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Refuse an offer that was overlooked: in a request sent together with the one before it."""
        if self.parser.should_upgrade():
            raise ValueError
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The next byte is one of another request."""
        self._is_between_requests = True
        super().on_message_complete()
