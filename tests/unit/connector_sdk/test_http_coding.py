"""Codings of answers are undone piece by piece; what is not what it says is an error."""

from __future__ import annotations

import gzip
import zlib

import pytest

from kiang.connector_sdk.http.coding import INFLATED_BYTES, CodingError, decoder

TEXT = b"an answer, " * 100


def decoded(coding: str, *pieces: bytes) -> bytes:
    found = decoder(coding)
    assert found is not None
    content = b"".join(part for piece in pieces for part in found.decode(piece))
    found.end()
    return content


def raw_deflate(content: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(content) + stream.flush()


@pytest.mark.parametrize(
    ("coding", "content"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT, mtime=0)),
        (" GZIP ", gzip.compress(TEXT, mtime=0)),
        ("x-gzip", gzip.compress(TEXT[:500], mtime=0) + gzip.compress(TEXT[500:], mtime=0)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_content_is_the_same_in_pieces_of_any_size(coding: str, content: bytes, size: int) -> None:
    pieces = [content[i : i + size] for i in range(0, len(content), size)]

    assert decoded(coding, *pieces) == TEXT


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_nothing_may_be_coded(coding: str) -> None:
    assert decoded(coding) == b""


@pytest.mark.parametrize(
    "content", [b"plain text", gzip.compress(TEXT, mtime=0)[:-20], gzip.compress(TEXT, mtime=0)[:5] + b"x" * 40]
)
def test_what_is_no_gzip_or_ends_early_is_an_error(content: bytes) -> None:
    with pytest.raises(CodingError):
        decoded("gzip", content)


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "odd"])
def test_a_coding_that_nobody_asked_for_has_no_decoder(coding: str) -> None:
    assert decoder(coding) is None


def test_a_small_answer_never_becomes_a_huge_piece() -> None:
    found = decoder("gzip")
    assert found is not None

    sizes = [len(part) for part in found.decode(gzip.compress(bytes(20 * INFLATED_BYTES), mtime=0))]

    assert sum(sizes) == 20 * INFLATED_BYTES
    assert max(sizes) <= INFLATED_BYTES
