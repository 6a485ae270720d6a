"""Cassettes: recorded at a server, replayed without it, and never with a secret in them."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from kiang.connector_sdk.cassette import Cassette, CassetteError
from kiang.connector_sdk.testing import ConnectorRun, run_connector
from kiang.connectors.http_json import http_json

SECRET = 'p@ss "wörd"/1'
BINARY = b"\xff\x00\xfe"


@asynccontextmanager
async def echo_server() -> AsyncIterator[str]:
    """Sends back what it got, and how many requests there were."""
    count = 0

    async def echo(request: web.Request) -> web.Response:
        nonlocal count
        count += 1
        if request.path == "/binary":
            return web.Response(body=BINARY + await request.read(), content_type="application/octet-stream")
        if request.path == "/token":
            return web.json_response({"access_token": "given-out", "expires_in": 60})
        if request.path == "/fault":
            return web.json_response({"why": "no"}, status=422)
        answer = {"count": count, "query": dict(request.query), "body": await request.text()}
        key = request.headers.get("X-Key", "").encode("utf-8", "surrogateescape").decode("latin-1")
        response = web.json_response(answer, headers={"X-Key": key})
        response.set_cookie("session", "cookie-value")
        return response

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", echo)
    server = TestServer(application)
    await server.start_server()
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        await server.close()


async def send(tape: Cassette, url: str, **variables: Any) -> ConnectorRun:
    return await run_connector(
        http_json, {"method": "GET", "url": url, **variables}, secrets={"KEY": SECRET}, http=tape
    )


async def test_a_recording_is_replayed_when_the_server_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "tapes" / "tape.json"
    async with echo_server() as url:
        recorded = await send(Cassette(path, "auto"), f"{url}/a", method="POST", body={"q": 1})
    tape = Cassette(path, "auto")
    replayed = await send(tape, f"{url}/a", method="POST", body={"q": 1})

    assert recorded.error is None
    assert recorded.result["body"]["body"] == '{"q":1}'
    assert replayed.result["body"] == recorded.result["body"]
    assert replayed.result["status"] == 200
    tape.assert_all_used()
    (exchange,) = json.loads(path.read_text("utf-8"))
    assert exchange["request"] == {"method": "POST", "url": f"{url}/a", "body": '{"q":1}'}
    assert set(exchange["response"]) == {"status", "reason", "headers", "body"}


async def test_no_secret_is_written_and_all_are_put_in_again(tmp_path: Path) -> None:
    path = tmp_path / "tape.json"
    variables = {
        "method": "POST",
        "queryParameters": {"key": "{{secrets.KEY}}"},
        "headers": {"X-Key": "{{secrets.KEY}}"},
        "body": {"key": "{{secrets.KEY}}"},
        "authentication": {"type": "bearer", "token": "{{secrets.KEY}}"},
    }
    async with echo_server() as url:
        recorded = await send(Cassette(path, "record"), f"{url}/a", **variables)
    replayed = await send(Cassette(path), f"{url}/a", **variables)

    text = path.read_text("utf-8")
    (exchange,) = json.loads(text)
    assert recorded.result["body"]["query"] == {"key": SECRET}
    assert replayed.result["body"]["query"] == {"key": SECRET}
    assert exchange["request"]["url"] == f"{url}/a?key={{{{secrets.KEY}}}}"
    assert exchange["request"]["body"] == '{"key":"{{secrets.KEY}}"}'
    for part in (
        "p@ss",
        "p%40ss",
        "wörd",
        "w%C3%B6rd",
        "u00f6",
        "Bearer",
        "Authorization",
        "Set-Cookie",
        "cookie-value",
    ):
        assert part.lower() not in text.lower()
    with pytest.raises(AssertionError, match="secret KEY is in"):
        replayed.assert_no_secret()


async def test_secrets_of_the_cassette_itself_are_hidden_too(tmp_path: Path) -> None:
    path = tmp_path / "tape.json"
    async with echo_server() as url:
        await send(Cassette(path, "record", secrets={"ACCOUNT": "ac-77"}), f"{url}/ac-77/x")

    assert json.loads(path.read_text("utf-8"))[0]["request"]["url"] == f"{url}/{{{{secrets.ACCOUNT}}}}/x"


async def test_tokens_that_are_given_out_are_not_written(tmp_path: Path) -> None:
    path = tmp_path / "tape.json"
    async with echo_server() as url:
        recorded = await send(Cassette(path, "record"), f"{url}/token")

    assert recorded.result["body"]["access_token"] == "given-out"
    assert "given-out" not in path.read_text("utf-8")
    assert (await send(Cassette(path), f"{url}/token")).result["body"] == {"access_token": "***", "expires_in": 60}


async def test_equal_requests_get_their_answers_in_order(tmp_path: Path) -> None:
    path = tmp_path / "tape.json"
    async with echo_server() as url:
        tape = Cassette(path, "record")
        for _ in range(3):
            await send(tape, f"{url}/a")
    tape = Cassette(path)
    counts = [(await send(tape, f"{url}/a")).result["body"]["count"] for _ in range(2)]

    assert counts == [1, 2]
    with pytest.raises(AssertionError, match=r"not asked for.*GET http://.*/a"):
        tape.assert_all_used()
    await send(tape, f"{url}/a")
    tape.assert_all_used()
    with pytest.raises(CassetteError, match=r"3 time\(s\) in tape\.json, but was sent once more"):
        await send(tape, f"{url}/a")


async def test_an_unknown_request_is_named_with_the_way_to_record_it(tmp_path: Path) -> None:
    path = tmp_path / "tape.json"
    async with echo_server() as url:
        await send(Cassette(path, "record"), f"{url}/a", method="POST", body="one")

        with pytest.raises(CassetteError, match=r'GET http://\S+/b is not in tape\.json.*mode="record"'):
            await send(Cassette(path), f"{url}/b")
        with pytest.raises(CassetteError, match=r'POST http://\S+/a .*another body only; sent was "two"'):
            await send(Cassette(path), f"{url}/a", method="POST", body="two")


async def test_the_error_of_an_unknown_request_holds_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "tape.json"
    path.write_text("[]", "utf-8")

    with pytest.raises(CassetteError) as caught:
        await send(Cassette(path), "http://localhost/", queryParameters={"key": "{{secrets.KEY}}"})

    assert "{{secrets.KEY}}" in str(caught.value)
    assert "p%40ss" not in str(caught.value)


async def test_binary_bodies_are_base64(tmp_path: Path) -> None:
    path = tmp_path / "tape.json"
    call = {"method": "POST", "body": "{{secrets.KEY}}", "documentReturnFormat": {"choice": "DOCUMENT"}}
    async with echo_server() as url:
        await send(Cassette(path, "record"), f"{url}/binary", **call)
    replayed = await send(Cassette(path), f"{url}/binary", **call)

    body = json.loads(path.read_text("utf-8"))[0]["response"]["body"]
    assert base64.b64decode(body["base64"]) == BINARY + b"{{secrets.KEY}}"
    assert replayed.error is None
    reference = replayed.result["document"]
    assert await replayed.documents.read(reference) == BINARY + SECRET.encode()


async def test_answers_that_are_faults_are_replayed_as_such(tmp_path: Path) -> None:
    path = tmp_path / "tape.json"
    async with echo_server() as url:
        await send(Cassette(path, "record"), f"{url}/fault")
    replayed = await send(Cassette(path), f"{url}/fault")

    assert getattr(replayed.error, "code", None) == "422"


async def test_parts_are_found_again_though_their_boundary_changes(tmp_path: Path) -> None:
    path = tmp_path / "tape.json"
    call = {"method": "POST", "headers": {"Content-Type": "multipart/form-data"}, "body": {"a": "b"}}
    async with echo_server() as url:
        await send(Cassette(path, "record"), f"{url}/a", **call)

    assert (await send(Cassette(path), f"{url}/a", **call)).error is None


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "There is no"), ("{", "is none"), ('[{"request": {"method": "GET"}}]', "is none")],
)
def test_what_is_no_cassette_is_refused(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "tape.json"
    if content is not None:
        path.write_text(content, "utf-8")

    with pytest.raises(CassetteError, match=message):
        Cassette(path)
