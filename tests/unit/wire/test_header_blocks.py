"""HPACK: our reader and writer against the library."""

from __future__ import annotations

import hpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiang.wire.http2.frames import ErrorCode, ProtocolError
from kiang.wire.http2.header_blocks import HEAD_BYTES_MAX, HeadReader, HeadTooLargeError, write_head

NAMES = st.sampled_from([b":path", b":status", b"grpc-timeout", b"content-type", b"x", b"authorization"])
VALUES = st.binary(max_size=40).filter(lambda value: b"\0" not in value)
HEADS = st.lists(st.lists(st.tuples(NAMES, VALUES), max_size=8), max_size=12)


@given(heads=HEADS, huffman=st.booleans(), repeat=st.booleans())
def test_the_reader_understands_what_the_library_writes(heads, huffman, repeat):
    encoder = hpack.Encoder()
    reader = HeadReader(tuple)
    for head in heads:
        for _ in range(2 if repeat else 1):
            assert reader.read(encoder.encode(head, huffman=huffman)) == tuple(head)


@given(
    sizes=st.lists(st.integers(0, 4096), min_size=1, max_size=6),
    head=st.lists(st.tuples(NAMES, VALUES), min_size=1, max_size=5),
)
def test_the_reader_follows_changes_of_the_table_size(sizes, head):
    encoder = hpack.Encoder()
    reader = HeadReader(tuple)
    for size in sizes:
        encoder.header_table_size = size
        assert reader.read(encoder.encode(head)) == tuple(head)
        assert reader.read(encoder.encode(head)) == tuple(head)


@given(heads=HEADS)
def test_the_library_understands_what_the_writer_writes(heads):
    decoder = hpack.Decoder()
    for head in heads:
        assert [tuple(field) for field in decoder.decode(write_head(head), raw=True)] == head


def test_a_repeated_block_is_read_once():
    made = []
    reader = HeadReader(lambda fields: made.append(fields) or tuple(fields))
    block = write_head([("x", "1")])

    heads = [reader.read(block) for _ in range(3)]

    assert heads == [((b"x", b"1"),)] * 3
    assert len(made) == 1


def test_a_block_that_changes_the_table_is_read_each_time():
    encoder = hpack.Encoder()
    reader = HeadReader(tuple)
    first = encoder.encode([(b"x", b"1")])
    reader.read(first)
    second = encoder.encode([(b"x", b"1")])
    before = reader.read(second)
    for n in range(200):
        reader.read(encoder.encode([(b"y", str(n).encode() * 20)]))
    last = encoder.encode([(b"x", b"1")])

    assert before == reader.read(last) == ((b"x", b"1"),)


@pytest.mark.parametrize(
    "block",
    [
        b"\x80",
        b"\xff\x80\x80\x80\x80\x01",
        b"\xbe",
        b"\x00\x05abc",
        b"\x40",
        b"\x00\x83\xff\xff\xff\x00",
        b"\x82\x3f\xe1\x1f",
        b"\x3f\xe2\x1f",
    ],
)
def test_a_block_that_cannot_be_read_is_a_fault_of_the_connection(block):
    with pytest.raises(ProtocolError) as caught:
        HeadReader(tuple).read(block)

    assert caught.value.code is ErrorCode.COMPRESSION_ERROR


def test_a_head_over_the_limit_is_refused_and_the_table_stays_right():
    encoder = hpack.Encoder()
    reader = HeadReader(tuple)
    with pytest.raises(HeadTooLargeError):
        reader.read(encoder.encode([(b"x", b"1"), (b"y", b"v" * HEAD_BYTES_MAX)]))

    assert reader.read(encoder.encode([(b"x", b"1")])) == ((b"x", b"1"),)
