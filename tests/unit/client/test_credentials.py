"""Who the client is: headers, tokens and their cache."""

from __future__ import annotations

import asyncio
import stat
import urllib.parse
from pathlib import Path

import msgspec
import pytest
from tests.unit.client.simulated_channel import SimulatedChannel, client_on, status

from kiang import errors
from kiang.client import BasicCredentials, OAuthCredentials, Unauthenticated
from kiang.wire.status import StatusCode

SECRET = "s3cret-of-the-client"


class TokenServer:
    """An authorization server on a socket: gives tokens that count up."""

    def __init__(self, *, expires_in: float = 300, answer: bytes | None = None, http_status: int = 200) -> None:
        self.expires_in = expires_in
        self.answer = answer
        self.http_status = http_status
        self.forms: list[dict[str, str]] = []

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/oauth/token"

    async def __aexit__(self, *exc_info: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader, writer) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
        )
        self.forms.append(dict(urllib.parse.parse_qsl((await reader.readexactly(length)).decode())))
        token = {"access_token": f"token-{len(self.forms)}", "token_type": "bearer", "expires_in": self.expires_in}
        body = msgspec.json.encode(token) if self.answer is None else self.answer
        writer.write(
            b"HTTP/1.1 %d X\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % (self.http_status, len(body)) + body
        )
        await writer.drain()
        writer.close()


async def test_basic_credentials_are_the_header_of_rfc_7617() -> None:
    assert await BasicCredentials("Aladdin", "open sesame").headers() == {
        "authorization": "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    }


async def test_a_token_is_fetched_once_for_many_requests_and_sent_with_each() -> None:
    server = TokenServer()
    async with server as url:
        credentials = OAuthCredentials(url, "id", SECRET, audience="zeebe", scope="all")
        channel = SimulatedChannel()
        client = client_on(channel, credentials)

        await asyncio.gather(*(client.topology() for _ in range(10)))

    assert {asked[2]["authorization"] for asked in channel.asked} == {"Bearer token-1"}
    assert server.forms == [
        {
            "grant_type": "client_credentials",
            "client_id": "id",
            "client_secret": SECRET,
            "audience": "zeebe",
            "scope": "all",
        }
    ]


async def test_a_token_near_its_end_is_renewed() -> None:
    server = TokenServer(expires_in=29)
    async with server as url:
        credentials = OAuthCredentials(url, "id", SECRET)

        first, second = await credentials.headers(), await credentials.headers()

    assert (first["authorization"], second["authorization"]) == ("Bearer token-1", "Bearer token-2")


async def test_a_refused_token_is_replaced_once() -> None:
    async with TokenServer() as url:
        channel = SimulatedChannel(status(StatusCode.UNAUTHENTICATED))
        await client_on(channel, OAuthCredentials(url, "id", SECRET)).topology()
        assert [asked[2]["authorization"] for asked in channel.asked] == ["Bearer token-1", "Bearer token-2"]

        channel = SimulatedChannel(*[status(StatusCode.UNAUTHENTICATED)] * 5)
        with pytest.raises(Unauthenticated):
            await client_on(channel, OAuthCredentials(url, "id", SECRET)).topology()
        assert len(channel.asked) == 2


async def test_credentials_that_cannot_change_are_not_tried_twice() -> None:
    channel = SimulatedChannel(*[status(StatusCode.UNAUTHENTICATED)] * 5)

    with pytest.raises(errors.PermissionDenied):
        await client_on(channel, BasicCredentials("a", "b")).topology()

    assert len(channel.asked) == 1


async def test_processes_share_a_token_through_a_file_that_only_its_owner_can_read(tmp_path: Path) -> None:
    server = TokenServer()
    async with server as url:
        await OAuthCredentials(url, "id", SECRET, cache_dir=tmp_path).headers()
        shared = OAuthCredentials(url, "id", SECRET, cache_dir=tmp_path)
        assert (await shared.headers())["authorization"] == "Bearer token-1"
        assert len(server.forms) == 1

        shared.invalidate()  # the engine refuses what the file holds
        assert (await shared.headers())["authorization"] == "Bearer token-2"
        await OAuthCredentials(url, "other", SECRET, cache_dir=tmp_path).headers()
        assert len(server.forms) == 3

    (first, _) = sorted(tmp_path.iterdir())
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert SECRET not in "".join(file.read_text() for file in tmp_path.iterdir())


async def test_a_broken_cache_file_is_only_slower(tmp_path: Path) -> None:
    async with TokenServer() as url:
        await OAuthCredentials(url, "id", SECRET, cache_dir=tmp_path).headers()
        (file,) = tmp_path.iterdir()
        file.write_text("{broken")

        headers = await OAuthCredentials(url, "id", SECRET, cache_dir=tmp_path).headers()

    assert headers["authorization"] == "Bearer token-2"


@pytest.mark.parametrize(
    ("server", "text"),
    [
        (TokenServer(http_status=401), "answered 401"),
        (TokenServer(answer=b"<html>"), "holds none"),
        (TokenServer(answer=b"{}"), "holds none"),
        (TokenServer(answer=b"x" * 100_000), "too large"),
    ],
)
async def test_an_authorization_server_that_gives_no_token_is_a_clear_error_without_the_secret(server, text) -> None:
    async with server as url:
        credentials = OAuthCredentials(url, "id", SECRET)
        with pytest.raises(Unauthenticated, match=text) as caught:
            await credentials.headers()

    assert SECRET not in str(caught.value) + repr(credentials)


async def test_an_authorization_server_that_is_not_there_is_unavailable() -> None:
    async with TokenServer() as url:
        pass

    with pytest.raises(errors.Unavailable, match="CAMUNDA_OAUTH_URL"):
        await OAuthCredentials(url, "id", SECRET).headers()


def test_secrets_are_not_shown() -> None:
    assert "open sesame" not in repr(BasicCredentials("Aladdin", "open sesame"))
