"""Law: whatever bytes a peer sends, in whatever pieces, a connection raises nothing: it answers, or it ends with a reason."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.wire.bytes_peer import REQUEST_HEAD, Peer, message, request

from kiang.wire.http2.client import ClientConnection
from kiang.wire.http2.frames import PREFACE, frame, settings_frame
from kiang.wire.http2.header_blocks import write_head
from kiang.wire.status import StatusCode

ANSWER_HEAD = write_head([(":status", "200"), ("content-type", "application/grpc")])
TRAILER = write_head([("grpc-status", "0")])

PAYLOADS = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [REQUEST_HEAD, ANSWER_HEAD, TRAILER, message(b""), message(b"\x08\x01"), bytes(4), bytes(5), bytes(6), bytes(8)]
    ),
    st.integers(1, 70_000).map(lambda number: number.to_bytes(4)),
)
FRAMES = st.builds(
    frame,
    kind=st.integers(0, 10),
    flags=st.one_of(st.sampled_from([0, 1, 4, 5, 8, 0x20]), st.integers(0, 255)),
    stream_id=st.one_of(st.integers(0, 9), st.integers(0, 2**31 - 1)),
    payload=PAYLOADS,
)
CALLS = st.integers(0, 8).map(lambda number: request(2 * number + 1, b"\x08\x07"))
CONVERSATIONS = st.lists(st.one_of(FRAMES, CALLS, st.binary(max_size=40)), max_size=30).map(b"".join)
PIECES = st.integers(1, 50)


def in_pieces(data: bytes, size: int):
    for at in range(0, len(data), size):
        yield data[at : at + size]


@settings(max_examples=400, deadline=None)
@given(data=CONVERSATIONS, piece=PIECES, action=st.sampled_from(["reply", "send", "fail", "finish", "nothing"]))
def test_a_server_survives(data, piece, action):
    peer = Peer(begins=False)
    for part in in_pieces(PREFACE + settings_frame({}) + data, piece):
        peer.connection.receive(part)
        for call in peer.calls:
            if action == "fail":
                call.fail(StatusCode.INTERNAL, "x")
            elif action == "finish":
                call.finish()
            elif action != "nothing":
                getattr(call, action)(b"x" * 100)
    peer.connection.expire(10.0**9)
    frames = peer.frames()

    peer.goaway(frames)
    if peer.connection.is_closing:
        assert not peer.connection.streams
        assert peer.connection.partial_bytes == 0


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=300), piece=PIECES)
def test_a_server_survives_what_is_no_http(data, piece):
    peer = Peer(begins=False)
    for part in in_pieces(data, piece):
        peer.connection.receive(part)

    assert peer.connection.is_closing == (not PREFACE.startswith(data[: len(PREFACE)]))


@settings(max_examples=400, deadline=None)
@given(data=CONVERSATIONS, piece=PIECES, calls=st.integers(0, 5))
def test_a_client_survives_and_every_call_ends_at_last(data, piece, calls):
    connection = ClientConnection(lambda: 0.0, lambda: None)
    connection.start()
    ends = []
    for _ in range(calls):
        connection.open(REQUEST_HEAD, b"x", lambda content, size: None, ends.append)
    for part in in_pieces(settings_frame({}) + data, piece):
        connection.receive(part)
    connection.end("over")

    assert len(ends) == calls
    assert not connection.streams


@settings(max_examples=200, deadline=None)
@given(content=st.binary(max_size=200))
def test_random_bytes_are_a_message_or_refused(content):
    peer = Peer()
    frames = peer.send(request(1, content))

    answer = peer.answers(frames).get(1)
    assert (answer is None) == bool(peer.calls)
