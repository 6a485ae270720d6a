"""Requests that offer HTTP/2, requests that two readers would read in two ways, and clients that take their time."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from kiang.gateway import http_listener
from kiang.gateway.http_listener import HttpListener
from kiang.wire import http1
from kiang.wire.http1 import HEAD_BYTES_MAX

ANSWER_SECONDS_MAX = 5
REFUSED = (
    400,
    b'{"type":"about:blank","title":"Bad Request","status":400,"detail":"Invalid HTTP request received.","instance":""}',
)
BODY = b'{"filter": "\r\nUpgrade: no header"}'
OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk\r\n%s: h2c\r\n"


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the body."""
    body = b""
    while True:
        message = await receive()
        body += message["body"]
        if not message.get("more_body"):
            break
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    listener = HttpListener(echo)
    yield await listener.start("127.0.0.1", 0)
    await listener.stop(1)


def request(body: bytes = BODY, name: bytes = b"Upgrade", more: bytes = b"") -> bytes:
    """A request with an offer."""
    length = b"Content-Length: %d\r\n" % len(body)
    return b"POST /x HTTP/1.1\r\nHost: x\r\n" + length + more + OFFER % name + b"\r\n" + body


async def exchange(port: int, pieces: list[bytes], answers: int = 1) -> list[tuple[int, bytes]]:
    """Send the pieces, each on its own; the status and body of each answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.02)  # so that the pieces do not become one
        found = []
        for _ in range(answers):
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), ANSWER_SECONDS_MAX)
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            found.append((int(head.split(b" ")[1]), await reader.readexactly(length)))
        return found
    finally:
        writer.close()


@pytest.mark.parametrize("name", [b"Upgrade", b"upgrade", b"UPGRADE"])
async def test_an_offer_of_another_protocol_costs_no_body(port: int, name: bytes) -> None:
    assert await exchange(port, [request(name=name)]) == [(200, BODY)]


@pytest.mark.parametrize("at", [1, 10, 30, 60, 120, len(request()) - len(BODY) - 2, len(request()) - len(BODY), -3])
async def test_a_request_that_comes_in_two_pieces(port: int, at: int) -> None:
    whole = request()

    assert await exchange(port, [whole[:at], whole[at:]]) == [(200, BODY)]


async def test_several_requests_on_one_connection(port: int) -> None:
    assert await exchange(port, [request(b"1"), request(b"22"), request(b"")], answers=3) == [
        (200, b"1"),
        (200, b"22"),
        (200, b""),
    ]


async def test_an_offer_in_a_request_that_was_sent_with_the_one_before_is_refused(port: int) -> None:
    plain = b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1"

    *_, last = await exchange(port, [plain + request(b"22")], answers=1)

    assert last in {(200, b"1"), REFUSED}
    with pytest.raises(asyncio.IncompleteReadError):
        await exchange(port, [plain + request(b"22")], answers=3)


async def test_an_endless_head_is_not_kept(port: int) -> None:
    more = b"X: %s\r\n" % (b"x" * (HEAD_BYTES_MAX + 100))

    ((status, problem),) = await exchange(port, [request(more=more)])

    assert (status, json.loads(problem)["title"]) == (431, "Request Header Fields Too Large")


async def test_what_is_no_http_is_refused_at_once(port: int) -> None:
    ((status, _),) = await exchange(port, [b"\x16\x03\x01\x02\x00"])

    assert status == 400


HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
"""What an attacker would like to be taken for a request of its own, or not to be."""

AMBIGUOUS = {
    "both lengths": b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "both lengths, turned": b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n" + HIDDEN,
    "two lengths": b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n12",
    "a list of lengths": b"Content-Length: 1, 1\r\n\r\n1",
    "a signed length": b"Content-Length: +1\r\n\r\n1",
    "a negative length": b"Content-Length: -1\r\n\r\n1",
    "a hexadecimal length": b"Content-Length: 0x1\r\n\r\n1",
    "a blank before the colon": b"Content-Length : 1\r\n\r\n1",
    "no length in it": b"Content-Length: \r\n\r\n" + HIDDEN,
    "a length beyond 64 bits": b"Content-Length: 18446744073709551617\r\n\r\n1",
    "identity": b"Transfer-Encoding: identity\r\n\r\n" + HIDDEN,
    "an unknown coding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunked not last": b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + HIDDEN,
    "two codings": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a folded header": b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a vertical tab": b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a lonely carriage return": b"X: a\r" + HIDDEN,
    "a carriage return before an offer": b"Content-Length: 1\r\n\rUpgrade: h2c\r\n\r\n1",
    "a zero byte": b"X: a\x00b\r\n\r\n",
    "a chunk longer than it says": b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
    "a negative chunk": b"Transfer-Encoding: chunked\r\n\r\n-1\r\na\r\n0\r\n\r\n",
    "an endless chunk": b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\na\r\n0\r\n\r\n",
    "chunks without carriage returns": b"Transfer-Encoding: chunked\r\n\r\n1\na\n0\n\n",
    "a line end in a chunk's extension": b"Transfer-Encoding: chunked\r\n\r\n1;a=\nb\r\na\r\n0\r\n\r\n",
    "two hosts": b"Host: y\r\n\r\n",
}


@pytest.mark.parametrize("rest", AMBIGUOUS.values(), ids=AMBIGUOUS)
async def test_what_two_readers_would_read_in_two_ways_is_refused_and_ends_the_connection(
    port: int, rest: bytes
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /x HTTP/1.1\r\nHost: x\r\n" + rest)

    answer = await asyncio.wait_for(reader.read(), ANSWER_SECONDS_MAX)
    writer.close()

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.endswith(REFUSED[1])


@pytest.mark.parametrize("start", [b"GET /x\r\n\r\n", b"GET /x HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\nHost: x\r\n\r\n"])
async def test_versions_without_a_host_and_others_are_refused(port: int, start: bytes) -> None:
    assert await exchange(port, [start]) == [REFUSED]


async def test_a_header_behind_the_body_is_no_header_of_the_request() -> None:
    seen: list[bytes] = []

    async def names(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        seen.extend(name for name, _ in scope["headers"])
        await send({"type": "http.response.start", "status": 204, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    listener = HttpListener(names)
    port = await listener.start("127.0.0.1", 0)
    chunked = b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
    try:
        answers = await exchange(port, [chunked + b"Authorization: Basic eDp5\r\n\r\n"])
    finally:
        await listener.stop(1)

    assert answers == [(204, b"")]
    assert seen == [b"host", b"transfer-encoding"]


@pytest.mark.parametrize("start", [b"\r\nGET / HTTP/1.1\r\nX: ", b"GET /", request()[:-40]])
async def test_nothing_endless_is_kept(port: int, start: bytes) -> None:
    """Neither a line, nor a header, nor one that begins with an empty line."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(start.partition(b"\r\n\r\n{")[0])
    for _ in range(4 * http1.HEAD_BYTES_MAX // 1024):
        writer.write(b"x" * 1024)

    try:
        answer = await asyncio.wait_for(reader.read(), ANSWER_SECONDS_MAX)
    except ConnectionResetError:
        answer = b""  # closed while we still sent: the answer may be lost
    writer.close()

    assert answer == b"" or answer.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", None),
        (b"GET /x HTT", 408),
        (b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nslow", 408),
    ],
)
async def test_a_client_that_does_not_go_on_is_given_up(
    monkeypatch: pytest.MonkeyPatch, sent: bytes, status: int | None
) -> None:
    monkeypatch.setattr(http1, "HEAD_S", 0.05)
    monkeypatch.setattr(http1, "BODY_S", 0.05)
    listener = HttpListener(echo)
    port = await listener.start("127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        answer = await asyncio.wait_for(reader.read(), ANSWER_SECONDS_MAX)
    finally:
        writer.close()
        await listener.stop(1)

    assert (int(answer.split(b" ")[1]) if answer else None) == status


async def test_a_client_that_takes_no_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http1, "HEAD_S", 0.05)
    monkeypatch.setattr(http1, "STALLED_S", 0.05)
    left = asyncio.Event()

    async def large(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * 50_000_000})
        left.set()

    listener = HttpListener(large)
    port = await listener.start("127.0.0.1", 0)
    _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
    try:
        writer.write(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.wait_for(left.wait(), ANSWER_SECONDS_MAX)
    finally:
        writer.close()
        await listener.stop(1)


async def test_who_says_nothing_makes_room_and_who_is_here_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_listener, "CONNECTIONS_MAX", 3)
    listener = HttpListener(echo)
    port = await listener.start("127.0.0.1", 0)
    plain = b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n"

    async def opened(*sent: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        if sent:
            assert await asked(reader, writer, sent[0]) == (200, sent[0])
        return reader, writer

    async def asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes) -> tuple[int, bytes]:
        writer.write(plain + body)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), ANSWER_SECONDS_MAX)
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        return int(head.split(b" ")[1]), await reader.readexactly(length)

    first = await opened(b"1")
    silent, other = await opened(), await opened()
    late = await opened(b"2")
    later = await opened(b"3")

    with contextlib.suppress(ConnectionResetError):
        assert await asyncio.wait_for(silent[0].read(), ANSWER_SECONDS_MAX) == b""
    with contextlib.suppress(ConnectionResetError):
        assert await asyncio.wait_for(other[0].read(), ANSWER_SECONDS_MAX) == b""
    too_many = await asyncio.open_connection("127.0.0.1", port)
    status, problem = await asked(*too_many, b"4")
    assert (status, json.loads(problem)["title"]) == (503, "RESOURCE_EXHAUSTED")
    for one, body in ((first, b"5"), (late, b"6"), (later, b"7")):
        assert await asked(*one, body) == (200, body)
    for _, writer in (first, silent, other, late, later, too_many):
        writer.close()
    await listener.stop(1)
