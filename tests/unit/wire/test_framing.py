"""gRPC's own framing."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiang.wire.channel import RpcError
from kiang.wire.http2.framing import (
    MESSAGE_BYTES_MAX,
    decode_message_text,
    decompress,
    encode_message_text,
    format_timeout,
    parse_timeout,
)
from kiang.wire.status import StatusCode


@given(st.text())
def test_a_status_text_comes_back_as_it_went(text):
    text = text.encode("utf-8", "replace").decode()
    encoded = encode_message_text(text)

    assert decode_message_text(encoded) == text
    assert all(0x20 <= octet <= 0x7E for octet in encoded)


@given(st.floats(min_value=0.001, max_value=90_000_000))
def test_a_timeout_comes_back_as_it_went(seconds):
    parsed = parse_timeout(format_timeout(seconds).encode())

    assert seconds - 1 <= parsed <= seconds + 1


@pytest.mark.parametrize(
    ("text", "seconds"), [(b"1H", 3600), (b"2M", 120), (b"3S", 3), (b"4m", 0.004), (b"5u", 5e-6), (b"6n", 6e-9)]
)
def test_a_timeout_has_one_of_six_units(text, seconds):
    assert parse_timeout(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", [b"", b"S", b"1", b"-1S", b"1s", b"123456789S", b"1 S", b"1S1"])
def test_what_is_no_timeout_is_refused(text):
    with pytest.raises(ValueError):
        parse_timeout(text)


@given(st.binary(max_size=10_000))
def test_a_compressed_message_comes_back_as_it_went(content):
    assert decompress(gzip.compress(content, mtime=0)) == content


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"no gzip", StatusCode.INTERNAL),
        (gzip.compress(b"half", mtime=0)[:-6], StatusCode.INTERNAL),
        (gzip.compress(bytes(MESSAGE_BYTES_MAX + 1), mtime=0), StatusCode.RESOURCE_EXHAUSTED),
    ],
)
def test_what_cannot_be_decompressed_within_the_limit_is_refused(content, status):
    with pytest.raises(RpcError) as caught:
        decompress(content)

    assert caught.value.code is status
