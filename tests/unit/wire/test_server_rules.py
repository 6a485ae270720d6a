"""What the server's role answers to clients that keep the rules and to those that do not, byte by byte."""

from __future__ import annotations

import gzip

import hpack
import pytest
from tests.unit.wire.bytes_peer import PATH, REQUEST_HEAD, Peer, message, request

from kiang.wire import gateway_pb2 as pb
from kiang.wire.http2.connection import FLOOD_BUDGET, STREAMS_MAX
from kiang.wire.http2.frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    FRAME_BYTES_MAX,
    GOAWAY,
    HAS_PRIORITY,
    HEADERS,
    PADDED,
    PING,
    PREFACE,
    PRIORITY,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    ErrorCode,
    Setting,
    frame,
    ping_frame,
    rst_stream_frame,
    settings_frame,
    window_update_frame,
)
from kiang.wire.http2.framing import MESSAGE_BYTES_MAX, pack_prefix
from kiang.wire.http2.header_blocks import write_head
from kiang.wire.http2.server import PARTIAL_BYTES_MAX
from kiang.wire.status import StatusCode

CONTENT = pb.SetVariablesRequest(elementInstanceKey=7, variables='{"a":1}').SerializeToString()
OK = {":status": "200", "content-type": "application/grpc", "grpc-accept-encoding": "identity,gzip", "grpc-status": "0"}


def test_a_call_is_taken_and_answered_in_three_frames():
    peer = Peer()
    peer.send(request(1, CONTENT))
    peer.calls[0].reply(b"answer")
    frames = peer.frames()

    assert peer.requests[0].elementInstanceKey == 7
    assert [(kind, flags, stream_id) for kind, flags, stream_id, _ in frames] == [
        (HEADERS, END_HEADERS, 1), (DATA, 0, 1), (HEADERS, END_HEADERS | END_STREAM, 1),
    ]  # fmt: skip
    assert frames[1][3] == message(b"answer")
    assert peer.answers(frames) == {1: OK}
    assert not peer.connection.streams


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10, 64])
def test_bytes_may_come_in_pieces_of_any_size(size):
    peer = Peer(begins=False)
    data = PREFACE + settings_frame({}) + b"".join(request(n, CONTENT) for n in (1, 3, 5))
    for at in range(0, len(data), size):
        peer.connection.receive(data[at : at + size])

    assert len(peer.calls) == 3
    assert not peer.connection.is_closing


def test_the_message_may_come_in_many_frames():
    peer = Peer()
    peer.send(frame(HEADERS, END_HEADERS, 1, REQUEST_HEAD))
    whole = message(CONTENT)
    for at in range(len(whole)):
        peer.send(frame(DATA, 0, 1, whole[at : at + 1]))
    assert not peer.calls
    peer.send(frame(DATA, END_STREAM, 1))

    assert peer.requests[0].variables == '{"a":1}'
    assert peer.connection.partial_bytes == 0


def test_the_head_may_be_padded_prioritised_and_continued():
    peer = Peer()
    payload = bytes([4]) + b"\0\0\0\0\x10" + REQUEST_HEAD[:10] + bytes(4)
    peer.send(frame(HEADERS, PADDED | HAS_PRIORITY, 1, payload))
    peer.send(frame(CONTINUATION, 0, 1, REQUEST_HEAD[10:20]))
    peer.send(frame(CONTINUATION, END_HEADERS, 1, REQUEST_HEAD[20:]))
    peer.send(frame(DATA, END_STREAM | PADDED, 1, bytes([3]) + message(CONTENT) + bytes(3)))

    assert len(peer.calls) == 1


def test_the_end_may_be_a_trailer():
    peer = Peer()
    peer.send(frame(HEADERS, END_HEADERS, 1, REQUEST_HEAD) + frame(DATA, 0, 1, message(CONTENT)))
    peer.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, write_head([("x", "1")])))

    assert len(peer.calls) == 1


FAULTS = {
    "no preface": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", ErrorCode.PROTOCOL_ERROR),
    "frame over the limit": (frame(DATA, 0, 1, bytes(FRAME_BYTES_MAX + 1)), ErrorCode.FRAME_SIZE_ERROR),
    "DATA of an idle stream": (frame(DATA, 0, 1, b"x"), ErrorCode.PROTOCOL_ERROR),
    "DATA without stream": (frame(DATA, 0, 0, b"x"), ErrorCode.PROTOCOL_ERROR),
    "HEADERS without stream": (frame(HEADERS, END_HEADERS, 0, REQUEST_HEAD), ErrorCode.PROTOCOL_ERROR),
    "HEADERS of an even stream": (frame(HEADERS, END_HEADERS, 2, REQUEST_HEAD), ErrorCode.PROTOCOL_ERROR),
    "HEADERS ending in its priority": (
        frame(HEADERS, END_HEADERS | HAS_PRIORITY, 1, b"abc"), ErrorCode.FRAME_SIZE_ERROR,
    ),
    "CONTINUATION of nothing": (frame(CONTINUATION, END_HEADERS, 1, b""), ErrorCode.PROTOCOL_ERROR),
    "a frame amid a head": (frame(HEADERS, 0, 1, REQUEST_HEAD) + ping_frame(bytes(8)), ErrorCode.PROTOCOL_ERROR),
    "CONTINUATION of another stream": (
        frame(HEADERS, 0, 1, REQUEST_HEAD) + frame(CONTINUATION, 0, 3, b""), ErrorCode.PROTOCOL_ERROR,
    ),
    "an endless head": (
        frame(HEADERS, 0, 1, REQUEST_HEAD) + frame(CONTINUATION, 0, 1, bytes(16_000)) * 5, ErrorCode.ENHANCE_YOUR_CALM,
    ),
    "a head that is no HPACK": (frame(HEADERS, END_HEADERS, 1, b"\x80"), ErrorCode.COMPRESSION_ERROR),
    "padding over the frame": (
        frame(HEADERS, END_HEADERS, 1, REQUEST_HEAD) + frame(DATA, PADDED, 1, b"\x05abc"), ErrorCode.PROTOCOL_ERROR,
    ),
    "a second head amid a stream": (
        frame(HEADERS, END_HEADERS, 1, REQUEST_HEAD) * 2, ErrorCode.PROTOCOL_ERROR,
    ),
    "DATA after the end": (request(1, CONTENT) + frame(DATA, 0, 1, b"x"), ErrorCode.STREAM_CLOSED),
    "PUSH_PROMISE": (frame(PUSH_PROMISE, END_HEADERS, 1, bytes(4)), ErrorCode.PROTOCOL_ERROR),
    "malformed PRIORITY": (frame(PRIORITY, 0, 1, b"abc"), ErrorCode.FRAME_SIZE_ERROR),
    "malformed PING": (frame(PING, 0, 0, b"abc"), ErrorCode.FRAME_SIZE_ERROR),
    "PING of a stream": (frame(PING, 0, 1, bytes(8)), ErrorCode.PROTOCOL_ERROR),
    "malformed SETTINGS": (frame(SETTINGS, 0, 0, b"abc"), ErrorCode.FRAME_SIZE_ERROR),
    "SETTINGS acknowledged with content": (frame(SETTINGS, ACK, 0, bytes(6)), ErrorCode.FRAME_SIZE_ERROR),
    "a window over the limit": (
        settings_frame({Setting.INITIAL_WINDOW_SIZE: 2**31}), ErrorCode.FLOW_CONTROL_ERROR,
    ),
    "a frame size below the limit": (settings_frame({Setting.MAX_FRAME_SIZE: 1}), ErrorCode.PROTOCOL_ERROR),
    "push neither on nor off": (settings_frame({Setting.ENABLE_PUSH: 2}), ErrorCode.PROTOCOL_ERROR),
    "WINDOW_UPDATE of nothing": (window_update_frame(0, 0), ErrorCode.PROTOCOL_ERROR),
    "WINDOW_UPDATE of an idle stream": (window_update_frame(5, 1), ErrorCode.PROTOCOL_ERROR),
    "malformed WINDOW_UPDATE": (frame(WINDOW_UPDATE, 0, 0, b"abc"), ErrorCode.FRAME_SIZE_ERROR),
    "WINDOW_UPDATE over the limit": (window_update_frame(0, 2**31 - 1), ErrorCode.FLOW_CONTROL_ERROR),
    "WINDOW_UPDATE of a stream over the limit": (
        request(1) + window_update_frame(1, 2**31 - 1), ErrorCode.FLOW_CONTROL_ERROR,
    ),
    "malformed RST_STREAM": (frame(RST_STREAM, 0, 1, b"abc"), ErrorCode.FRAME_SIZE_ERROR),
    "RST_STREAM of an idle stream": (rst_stream_frame(1, ErrorCode.CANCEL), ErrorCode.PROTOCOL_ERROR),
    "malformed GOAWAY": (frame(GOAWAY, 0, 0, b"abc"), ErrorCode.FRAME_SIZE_ERROR),
    "a flood of pings": (ping_frame(bytes(8)) * 4, ErrorCode.ENHANCE_YOUR_CALM),
    "a flood of settings": (settings_frame({}) * (FLOOD_BUDGET + 1), ErrorCode.ENHANCE_YOUR_CALM),
    "a flood of unknown frames": (frame(99, 0, 0) * (FLOOD_BUDGET + 1), ErrorCode.ENHANCE_YOUR_CALM),
    "a flood of empty data": (
        frame(HEADERS, END_HEADERS, 1, REQUEST_HEAD) + frame(DATA, 0, 1) * (FLOOD_BUDGET + 1), ErrorCode.ENHANCE_YOUR_CALM,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_client_that_breaks_the_rules_is_told_why_and_left(name):
    data, code = FAULTS[name]
    peer = Peer(begins=name != "no preface")

    frames = peer.send(data)

    assert peer.goaway(frames) is code
    assert not peer.connection.streams
    assert peer.send(request(9)) == []


def test_calls_that_are_opened_and_reset_at_once_are_a_flood():
    peer = Peer()
    rounds = 0
    while not peer.connection.is_closing:
        peer.connection.receive(request(2 * rounds + 1) + rst_stream_frame(2 * rounds + 1, ErrorCode.CANCEL))
        rounds += 1

    assert peer.goaway(peer.frames()) is ErrorCode.ENHANCE_YOUR_CALM
    assert FLOOD_BUDGET - 2 <= rounds <= FLOOD_BUDGET + 2


def test_all_calls_may_be_cancelled_at_once_and_time_pays_for_more():
    peer = Peer()
    for n in range(2):
        first = n * 20_000 + 1
        for stream_id in range(first, first + 2 * (FLOOD_BUDGET - 10), 2):
            peer.connection.receive(request(stream_id))
        for stream_id in range(first, first + 2 * (FLOOD_BUDGET - 10), 2):
            peer.connection.receive(rst_stream_frame(stream_id, ErrorCode.CANCEL))
        peer.now += 60

    assert not peer.connection.is_closing


def test_calls_beyond_the_limit_are_refused_one_by_one():
    peer = Peer()
    for n in range(STREAMS_MAX):
        peer.connection.receive(request(2 * n + 1))
    frames = peer.send(request(2 * STREAMS_MAX + 1))

    assert peer.resets(frames) == {2 * STREAMS_MAX + 1: ErrorCode.REFUSED_STREAM}
    assert len(peer.connection.streams) == STREAMS_MAX


def test_pings_are_answered_and_settings_acknowledged():
    peer = Peer()
    frames = peer.send(ping_frame(b"12345678") + settings_frame({Setting.INITIAL_WINDOW_SIZE: 10}))

    assert frames == [(PING, ACK, 0, b"12345678"), (SETTINGS, ACK, 0, b"")]


def test_pings_are_free_after_something_was_sent_and_every_half_minute():
    peer = Peer()
    for n in range(20):
        peer.send(request(2 * n + 1))
        peer.calls[-1].reply(b"")
        peer.send(ping_frame(bytes(8)))
    for _ in range(20):
        peer.now += 31
        peer.send(ping_frame(bytes(8)))

    assert not peer.connection.is_closing


def test_an_answer_waits_for_the_windows_and_is_cut_to_frames():
    peer = Peer()
    peer.send(settings_frame({Setting.INITIAL_WINDOW_SIZE: 10}))
    peer.send(request(1))
    peer.calls[0].reply(bytes(40_000))
    before = [(kind, len(payload)) for kind, _, _, payload in peer.frames()]
    some = [(kind, len(payload)) for kind, _, _, payload in peer.send(window_update_frame(1, 20_000))]
    rest = peer.send(window_update_frame(1, 100_000))

    assert before[1:] == [(DATA, 10)]
    assert some == [(DATA, 16_384), (DATA, 3_616)]
    assert [(kind, len(payload)) for kind, _, _, payload in rest[:-1]] == [(DATA, 16_384), (DATA, 3_611)]
    assert peer.answers(rest) == {1: {"grpc-status": "0"}}


def test_answers_share_the_window_of_the_connection_in_turns():
    peer = Peer()
    peer.send(settings_frame({Setting.INITIAL_WINDOW_SIZE: 2**20}))
    for n in range(3):
        peer.send(request(2 * n + 1))
        peer.calls[n].reply(bytes(60_000))
    peer.frames()
    served = []
    for _ in range(20):
        served += [stream_id for kind, _, stream_id, _ in peer.send(window_update_frame(0, 10_000)) if kind == DATA]

    assert set(served) == {3, 5}
    assert not peer.connection.streams
    assert not peer.connection.blocked


def test_a_smaller_window_of_the_peer_can_be_negative():
    peer = Peer()
    peer.send(request(1))
    peer.calls[0].send(bytes(1000))
    peer.send(settings_frame({Setting.INITIAL_WINDOW_SIZE: 100}))
    (call,) = peer.calls

    assert call.send_window < 0
    assert call.writable_bytes() == 0
    call.send(bytes(10))
    assert [kind for kind, _, _, _ in peer.frames() if kind == DATA] == []
    frames = peer.send(window_update_frame(1, 2000))
    assert [len(payload) for kind, _, _, payload in frames if kind == DATA] == [15]


def test_the_window_of_the_connection_is_given_back():
    peer = Peer()
    increments = 0
    for n in range(40):
        stream_id = 2 * n + 1
        peer.send(frame(HEADERS, END_HEADERS, stream_id, REQUEST_HEAD))
        content = message(bytes(1_000_000))
        for at in range(0, len(content), FRAME_BYTES_MAX):
            for kind, _, of_stream, payload in peer.send(frame(DATA, 0, stream_id, content[at : at + FRAME_BYTES_MAX])):
                assert (kind, of_stream) == (WINDOW_UPDATE, 0)
                increments += int.from_bytes(payload)

    assert 30_000_000 < increments <= 40 * 1_000_005
    assert not peer.connection.is_closing


def test_a_message_over_the_limit_is_refused_at_its_prefix():
    peer = Peer()
    frames = peer.send(
        frame(HEADERS, END_HEADERS, 1, REQUEST_HEAD) + frame(DATA, 0, 1, pack_prefix(0, MESSAGE_BYTES_MAX + 1))
    )
    later = peer.send(frame(DATA, END_STREAM, 1, bytes(1000)))

    answer = peer.answers(frames)[1]
    assert answer["grpc-status"] == "8"
    assert answer["grpc-message"] == "gRPC message exceeds maximum size 4194304: 4194305"
    assert peer.resets(frames) == {1: ErrorCode.NO_ERROR}
    assert later == []
    assert not peer.connection.is_closing


def test_incomplete_messages_are_bounded_together():
    peer = Peer()
    refused = {}
    for n in range(12):
        stream_id = 2 * n + 1
        peer.send(frame(HEADERS, END_HEADERS, stream_id, REQUEST_HEAD))
        content = pack_prefix(0, MESSAGE_BYTES_MAX) + bytes(4_100_000)
        for at in range(0, len(content), FRAME_BYTES_MAX):
            refused |= peer.answers(peer.send(frame(DATA, 0, stream_id, content[at : at + FRAME_BYTES_MAX])))

    assert {answer["grpc-status"] for answer in refused.values()} == {"8"}
    assert peer.connection.partial_bytes <= PARTIAL_BYTES_MAX
    assert not peer.connection.is_closing


REFUSED_MESSAGES = {
    "no message": (b"", StatusCode.INTERNAL),
    "half a prefix": (b"\0\0", StatusCode.INTERNAL),
    "half a message": (message(b"abc")[:-1], StatusCode.INTERNAL),
    "two messages": (message(CONTENT) * 2, StatusCode.INTERNAL),
    "no protobuf": (message(b"\xff\xff"), StatusCode.INTERNAL),
    "compressed without a name": (message(gzip.compress(CONTENT, mtime=0), is_compressed=1), StatusCode.INTERNAL),
}


@pytest.mark.parametrize("name", REFUSED_MESSAGES)
def test_a_request_that_is_no_message_is_refused_alone(name):
    data, status = REFUSED_MESSAGES[name]
    peer = Peer()
    frames = peer.send(frame(HEADERS, END_HEADERS, 1, REQUEST_HEAD) + frame(DATA, END_STREAM, 1, data))

    assert peer.answers(frames)[1]["grpc-status"] == str(int(status))
    assert not peer.calls
    assert peer.connection.partial_bytes == 0
    peer.send(request(3, CONTENT))
    assert len(peer.calls) == 1


def head(**changes: str | None) -> bytes:
    fields = {
        ":method": "POST", ":scheme": "http", ":path": PATH, "te": "trailers", "content-type": "application/grpc",
    }  # fmt: skip
    fields |= {name.replace("_", "-").replace("pseudo-", ":"): value for name, value in changes.items()}
    return write_head([(name, value) for name, value in fields.items() if value is not None])


REFUSED_HEADS = {
    "another method of HTTP": (head(pseudo_method="GET"), "405", "13"),
    "no content type": (head(content_type=None), "415", "13"),
    "another content type": (head(content_type="application/json"), "415", "13"),
    "no path": (head(pseudo_path=None), "404", "12"),
    "an unknown method": (head(pseudo_path="/a/b"), "200", "12"),
    "an unknown compression": (head(grpc_encoding="br"), "200", "12"),
    "a timeout that is none": (head(grpc_timeout="soon"), "200", "13"),
    "a head over the limit": (head(x="v" * 17_000), "431", "8"),
}


@pytest.mark.parametrize("name", REFUSED_HEADS)
def test_a_head_that_cannot_be_taken_is_refused_alone(name):
    block, http_status, status = REFUSED_HEADS[name]
    peer = Peer()
    parts = [block[at : at + FRAME_BYTES_MAX] for at in range(0, len(block), FRAME_BYTES_MAX)]
    data = frame(HEADERS, END_HEADERS if len(parts) == 1 else 0, 1, parts[0])
    if len(parts) > 1:
        data += frame(CONTINUATION, END_HEADERS, 1, parts[1])
    answer = peer.answers(peer.send(data + frame(DATA, END_STREAM, 1, message())))[1]

    assert (answer[":status"], answer["grpc-status"]) == (http_status, status)
    peer.send(request(3, CONTENT))
    assert len(peer.calls) == 1


def test_metadata_is_what_neither_http_nor_grpc_use_themselves():
    peer = Peer()
    peer.send(request(1, CONTENT, head(authorization="Bearer x", trace_id="7")))

    metadata = peer.calls[0].head.metadata
    assert metadata["authorization"] == "Bearer x"
    assert metadata["trace-id"] == "7"
    assert not any(name.startswith(":") or name == "content-type" for name in metadata)


def test_deadlines_end_calls_when_the_time_has_come():
    peer = Peer()
    cancelled = []
    peer.send(request(1, CONTENT, head(grpc_timeout="2S")) + request(3, CONTENT, head(grpc_timeout="4S")))
    for call in peer.calls:
        call.on_cancel = lambda stream_id=call.id: cancelled.append(stream_id)
    peer.connection.expire(1.9)
    early = peer.frames()
    peer.connection.expire(2.0)
    late = peer.frames()

    assert early == []
    assert peer.answers(late)[1]["grpc-status"] == "4"
    assert cancelled == [1]
    assert list(peer.connection.deadlines) == [3]


def test_answers_after_the_end_of_a_call_are_dropped():
    peer = Peer()
    peer.send(request(1) + rst_stream_frame(1, ErrorCode.CANCEL))
    (call,) = peer.calls
    call.reply(b"x")
    call.send(b"x")
    call.finish()
    call.fail(StatusCode.INTERNAL, "x")

    assert peer.frames() == []


def test_draining_asks_the_client_to_go_and_ends_with_the_last_call():
    peer = Peer()
    peer.send(request(1))
    peer.connection.drain()
    first = peer.frames()
    was_closing = peer.connection.is_closing
    peer.calls[0].reply(b"")
    last = peer.frames()

    assert [kind for kind, *_ in first] == [GOAWAY]
    assert not was_closing
    assert peer.connection.is_closing
    assert last[-1][0] == GOAWAY
    assert int.from_bytes(last[-1][3][:4]) == 1


def test_heads_of_a_client_that_uses_its_table_are_read():
    peer = Peer()
    encoder = hpack.Encoder()
    for n in range(50):
        block = encoder.encode(
            [(":method", "POST"), (":path", PATH), ("content-type", "application/grpc"), ("grpc-timeout", f"{n + 1}S")]
        )
        peer.send(request(2 * n + 1, CONTENT, block))

    assert [call.head.timeout_s for call in peer.calls] == list(range(1, 51))
