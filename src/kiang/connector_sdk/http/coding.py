"""Codings of the content of answers (RFC 9110 section 8.4), undone piece by piece."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, Protocol

ACCEPTED = "gzip, deflate"
"""What requests ask for, unless they have an Accept-Encoding of their own."""

INFLATED_BYTES = 1024 * 1024
"""Unpacked at once, so that a small answer cannot become a huge one in memory."""

GZIP = zlib.MAX_WBITS | 16
RAW_DEFLATE = -zlib.MAX_WBITS


class CodingError(Exception):
    """The content is not coded as it says."""


class Decoder(Protocol):
    """Undoes one coding."""

    def decode(self, chunk: bytes) -> Iterator[bytes]:
        """The content of the next piece.

        Raises:
            CodingError: It cannot be decoded.
        """
        ...

    def end(self) -> None:
        """No piece follows.

        Raises:
            CodingError: Something is missing.
        """
        ...


def decoder(coding: str) -> Decoder | None:
    """The decoder for a Content-Encoding; None for one that nobody asked for."""
    match coding.strip().lower():
        case "" | "identity":
            return _Plain()
        case "gzip" | "x-gzip":
            return _Deflated(GZIP)
        case "deflate":
            return _Deflated(None)
        case _:
            return None


class _Plain:
    def decode(self, chunk: bytes) -> Iterator[bytes]:
        yield chunk

    def end(self) -> None:
        pass


class _Deflated:
    """gzip, also of several members, and deflate, with the wrapper of zlib or, as some servers send it, without."""

    def __init__(self, window_bits: int | None) -> None:
        self.window_bits = window_bits
        self.stream: Any = None

    def decode(self, chunk: bytes) -> Iterator[bytes]:
        while chunk:
            if self.window_bits is None:
                self.window_bits = zlib.MAX_WBITS if chunk[0] & 0x0F == zlib.DEFLATED else RAW_DEFLATE
            if self.stream is None or self.stream.eof:
                self.stream = zlib.decompressobj(self.window_bits)
            try:
                content = self.stream.decompress(chunk, INFLATED_BYTES)
            except zlib.error:
                raise CodingError from None
            if content:
                yield content
            chunk = self.stream.unconsumed_tail or (self.stream.unused_data if self.stream.eof else b"")

    def end(self) -> None:
        if self.stream is not None and not self.stream.eof:
            raise CodingError
