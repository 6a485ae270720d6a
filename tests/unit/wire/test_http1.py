"""Requests that offer HTTP/2, in every way in which their bytes may come."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from kiang.gateway.http_listener import HttpListener
from kiang.wire.http1 import HEAD_BYTES_MAX

ANSWER_SECONDS_MAX = 5
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

    assert last in {(200, b"1"), (400, b"Invalid HTTP request received.")}
    with pytest.raises(asyncio.IncompleteReadError):
        await exchange(port, [plain + request(b"22")], answers=3)


async def test_an_endless_head_is_not_kept(port: int) -> None:
    more = b"X: %s\r\n" % (b"x" * (HEAD_BYTES_MAX + 100))

    answers = await exchange(port, [request(more=more)])

    assert answers in ([(200, BODY)], [(400, b"Invalid HTTP request received.")])


async def test_what_is_no_http_is_refused_at_once(port: int) -> None:
    ((status, _),) = await exchange(port, [b"\x16\x03\x01\x02\x00"])

    assert status == 400
