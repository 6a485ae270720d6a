"""Email connector against servers that refuse, hang, drip, lie, and answer garbage without end."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from tests.integration.running_engine import free_port

from kiang.connector_sdk.mail import server as server_module
from kiang.connector_sdk.mail import sessions
from kiang.connector_sdk.testing import ConnectorRun, run_connector
from kiang.connectors.email import email

PASSWORD = "secret-of-a-test-1"
GROWTH_MAX_KB = 200_000
"""Of this process while a server sends as much as it can."""

GREETINGS = {"smtp": b"220 here\r\n", "imap": b"* OK here\r\n", "pop3": b"+OK here\r\n"}
Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def peer(behaviour: Behaviour) -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.CancelledError):
            await behaviour(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def call(protocol: str, port: int, security: str = "NONE", **action: Any) -> ConnectorRun:
    name = protocol
    given: dict[str, Any] = {
        "smtp": {
            "smtpActionDiscriminator": "sendEmailSmtp",
            "smtpAction": {"from": "a@example.com", "to": "b@example.com", "subject": "s", "body": "b"},
        },
        "imap": {"imapActionDiscriminator": "listEmailsImap", "imapAction": {}},
        "pop3": {"pop3ActionDiscriminator": "listEmailsPop3", "pop3Action": {}},
    }[name]
    given[f"{name}Config"] = {
        f"{name}Host": "127.0.0.1",
        f"{name}Port": port,
        f"{name}CryptographicProtocol": security,
    }
    run = await run_connector(
        email,
        {
            "protocol": protocol,
            "authentication": {"type": "simple", "username": "ada", "password": "{{secrets.P}}"},
            "data": given | action,
        },
        secrets={"P": PASSWORD},
    )
    run.assert_no_secret()
    return run


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for _ in range(600):
        writer.write(b"2")
        await writer.drain()
        await asyncio.sleep(0.1)


async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    line = {True: b"x" * 70 + b"\r\n"}[True] * 1_000
    for _ in range(3_000):  # 200 MB
        writer.write(line)
        await writer.drain()


async def one_endless_line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for _ in range(3_000):
        writer.write(b"+" * 70_000)
        await writer.drain()


def flooding_after_greeting(protocol: str) -> Behaviour:
    line = {
        "smtp": b"250-AND-SO-ON " + b"x" * 100 + b"\r\n",
        "imap": b'* LIST () "/" ' + b"x" * 100 + b"\r\n",
        "pop3": b"+OK and so on\r\n" + (b"x" * 100 + b"\r\n") * 5,
    }[protocol]

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETINGS[protocol])
        await reader.readline()
        for _ in range(2_000):
            writer.write(line * 1_000)
            await writer.drain()

    return behave


async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(bytes(range(256)) * 40 + b"\r\n")
    await writer.drain()
    await asyncio.sleep(0.2)


async def closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    return


def echoing(protocol: str) -> Behaviour:
    """Refuses everything, and says what it was told: also the password."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETINGS[protocol])
        while line := await reader.readline():
            tag = line.split(b" ")[0]
            writer.write(
                {
                    "smtp": b"250-here\r\n250 AUTH PLAIN\r\n"
                    if line[:4].lower() == b"ehlo"
                    else b"500 you said " + line,
                    "imap": (b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n")
                    if b"CAPABILITY" in line
                    else tag + b" NO you said " + line,
                    "pop3": b"+OK\r\n" if line.startswith(b"USER") else b"-ERR you said " + line,
                }[protocol]
            )
            await writer.drain()

    return behave


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "CALL_SECONDS_MAX", 2)


PROTOCOLS = pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3"])


@PROTOCOLS
@pytest.mark.parametrize("security", ["NONE", "TLS", "SSL"])
async def test_nobody_listens(protocol: str, security: str) -> None:
    assert (await call(protocol, free_port(), security)).error.code == "CONNECTION_FAILED"


@PROTOCOLS
@pytest.mark.parametrize("behaviour", [hang, drip], ids=["hangs", "drips"])
@pytest.mark.parametrize("security", ["NONE", "SSL"])
async def test_a_server_that_hangs_is_cut_off(protocol: str, behaviour: Behaviour, security: str) -> None:
    async with peer(behaviour) as port:
        run = await call(protocol, port, security)

    assert run.error.code in {"TIMEOUT", "SSL_HANDSHAKE_FAILED"}


async def test_the_thread_of_a_call_that_was_cut_off_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = asyncio.Event()

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the other side ends the connection
        ended.set()

    async with peer(behave) as port:
        assert (await call("imap", port)).error.code == "TIMEOUT"
        await asyncio.wait_for(ended.wait(), 5)


@PROTOCOLS
@pytest.mark.parametrize("kind", ["flood", "one_endless_line", "after_greeting"])
async def test_a_server_that_sends_without_end_is_cut_off(protocol: str, kind: str) -> None:
    behaviour = {"flood": flood, "one_endless_line": one_endless_line}.get(kind) or flooding_after_greeting(protocol)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    async with peer(behaviour) as port:
        run = await call(protocol, port)

    assert run.error.code in {"ANSWER_TOO_LARGE", "PROTOCOL_ERROR", "SERVER_REFUSED", "TIMEOUT", "CONNECTION_FAILED"}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < GROWTH_MAX_KB


@PROTOCOLS
@pytest.mark.parametrize("behaviour", [garbage, closes], ids=["garbage", "closes"])
@pytest.mark.parametrize("security", ["NONE", "TLS", "SSL"])
async def test_garbage_is_an_error_with_a_code(protocol: str, behaviour: Behaviour, security: str) -> None:
    async with peer(behaviour) as port:
        run = await call(protocol, port, security)

    assert run.error.code in {
        "ANSWER_TOO_LARGE",
        "CONNECTION_FAILED",
        "PROTOCOL_ERROR",
        "SERVER_REFUSED",
        "SSL_HANDSHAKE_FAILED",
    }


@PROTOCOLS
async def test_a_server_that_repeats_what_it_was_told_gets_no_password_into_an_error(protocol: str) -> None:
    async with peer(echoing(protocol)) as port:
        run = await call(protocol, port)

    assert run.error.code in {"AUTHENTICATION_FAILED", "SERVER_REFUSED"}


@PROTOCOLS
async def test_a_server_without_tls_gets_nothing_in_the_clear(protocol: str) -> None:
    heard = []

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETINGS[protocol])
        while line := await reader.readline():
            heard.append(line)
            tag = line.split(b" ")[0]
            writer.write(
                {
                    "smtp": b"250 here\r\n",
                    "imap": b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n",
                    "pop3": b"+OK\r\n.\r\n",
                }[protocol]
            )
            await writer.drain()

    async with peer(behave) as port:
        run = await call(protocol, port, "TLS")

    assert run.error.code == "SSL_HANDSHAKE_FAILED"
    assert not any(word in b"".join(heard).upper() for word in (b"LOGIN", b"AUTH", b"USER", b"PASS", b"MAIL"))


async def test_a_mail_that_is_larger_than_its_server_said_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "CALL_SECONDS_MAX", 30)

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETINGS["imap"])
        while line := await reader.readline():
            tag, command = line.split(b" ", 1)
            if b"SEARCH" in command:
                writer.write(b"* SEARCH 7\r\n")
            if b"SELECT" in command:
                writer.write(b"* 1 EXISTS\r\n")
            if b"CAPABILITY" in command:
                writer.write(b"* CAPABILITY IMAP4rev1\r\n")
            if b"HEADER.FIELDS" in command:
                writer.write(b"* 1 FETCH (UID 7 RFC822.SIZE 9 BODY[HEADER] {19}\r\nMessage-ID: <1@x>\r\n)\r\n")
            elif b"RFC822.SIZE" in command:
                writer.write(b"* 1 FETCH (UID 7 RFC822.SIZE 9)\r\n")
            elif b"BODY.PEEK[]" in command:
                writer.write(b"* 1 FETCH (UID 7 BODY[] {4000000000}\r\n")
                for _ in range(3_000):
                    writer.write(b"x" * 100_000)
                    await writer.drain()
            writer.write(tag + b" OK done\r\n")
            await writer.drain()

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with peer(behave) as port:
        read = {"imapActionDiscriminator": "readEmailImap", "imapAction": {"messageId": "<1@x>"}}
        run = await call("imap", port, **read)

    assert run.error.code == "ANSWER_TOO_LARGE"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < GROWTH_MAX_KB


def test_the_time_for_one_answer_is_bounded() -> None:
    assert 0 < server_module.SOCKET_TIMEOUT_SECONDS <= 30
