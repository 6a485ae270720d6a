"""Slack connector against Slack's Web API, replayed from its documentation."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from tests.integration.connectors.bad_peers import BAD_PEERS, bad_peer, untrusted_peer
from tests.integration.connectors.examples import example_of
from tests.integration.connectors.http_peer import http_peer
from tests.integration.connectors.slack_server import TOKEN, SlackServer, slack_server
from tests.integration.running_engine import RunningEngine

from kiang.connector_sdk import ConnectorRetryError
from kiang.connector_sdk.testing import ConnectorRun, run_connector
from kiang.connectors.slack import api, slack


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlackServer]:
    async with slack_server() as running:
        monkeypatch.setenv(api.ADDRESS_VARIABLE, f"{running.url}/api/")
        yield running


async def call(method: str, token: str = TOKEN, **data: Any) -> ConnectorRun:
    given = {"method": method, "token": "{{secrets.T}}", "data": data}
    run = await run_connector(slack, given, secrets={"T": token})
    run.assert_no_secret()
    return run


async def test_the_example_tells_a_channel_and_knows_what_to_do_without_one(
    engine: RunningEngine, server: SlackServer
) -> None:
    async with example_of("slack", engine, slack, secrets={"SLACK_TOKEN": TOKEN}) as example:
        told = await example.run(channel="orders", orderId="A-1")
        unknown = await example.run(channel="nowhere", orderId="A-2")

    assert told["messageTs"] == "1.5"
    assert (unknown["isUnknown"], unknown.get("messageTs")) == (True, None)
    assert server.calls[0][1]["text"] == "Order A-1 has arrived"


async def test_a_text_is_posted(server: SlackServer) -> None:
    run = await call("chat.postMessage", channel="general", messageType="plainText", text="Grüße <@U1>", thread="1.2")

    sent = {"channel": "general", "text": "Grüße <@U1>", "link_names": True, "thread_ts": "1.2"}
    assert server.calls == [("chat.postMessage", sent)]
    message = {"type": "message", "team": "T1", "user": "U9", "text": "Grüße <@U1>", "ts": "1.5"}
    message |= {"appId": "A1", "botId": "B1"}
    assert run.result == {"ts": "1.5", "channel": "general", "message": message}


@pytest.mark.parametrize("as_text", [False, True])
async def test_blocks_are_posted(server: SlackServer, as_text: bool) -> None:
    blocks = [{"type": "divider"}]
    run = await call("chat.postMessage", channel="C1", blockContent=json.dumps(blocks) if as_text else blocks)

    assert run.error is None
    assert server.calls == [("chat.postMessage", {"channel": "C1", "blocks": blocks})]


async def test_documents_are_uploaded_and_shown(server: SlackServer) -> None:
    documents = [{"camunda.document.type": "inline", "content": f"content {i}", "name": f"{i}.txt"} for i in range(2)]
    run = await call("chat.postMessage", channel="C1", text="x" * 3_001, documents=documents)

    assert run.error is None
    assert server.files == {"F0": b"content 0", "F1": b"content 1"}
    name, sent = server.calls[-1]
    assert name == "chat.postMessage"
    files = [{"type": "file", "file_id": f"F{i}", "source": "remote"} for i in range(2)]
    assert sent["blocks"][:2] == files
    assert [len(block["text"]["text"]) for block in sent["blocks"][2:]] == [3_000, 1]


@pytest.mark.parametrize(
    ("channel", "sent"),
    [
        ("bob@example.com", "U0000002"),
        ("@ada", "U0000001"),
        ("@Ada Lovelace", "U0000001"),
        ("@countess", "U0000001"),
        ("@Eve", "U0000006"),
        ("#general", "#general"),
    ],
)
async def test_a_message_goes_to_a_user_by_name_on_any_page_or_by_address(server, channel, sent) -> None:
    await call("chat.postMessage", channel=channel, text="hello")

    assert server.calls[-1][1]["channel"] == sent


@pytest.mark.parametrize(
    ("channel", "code"),
    [("@nobody", "SLACK_NOT_FOUND"), ("nobody@example.com", "SLACK_NOT_FOUND"), ("@Twin", "SLACK_NAME_AMBIGUOUS")],
)
async def test_a_user_who_is_not_one_is_an_error(server, channel, code) -> None:
    run = await call("chat.postMessage", channel=channel, text="hello")

    assert run.error.code == code
    assert "chat.postMessage" not in [name for name, _ in server.calls]


async def test_channels_are_created_and_users_invited(server: SlackServer) -> None:
    created = await call("conversations.create", newChannelName="news", visibility="PRIVATE")
    by_id = await call("conversations.invite", channelType="channelId", channelId="C0000001", users="@bob, U77 ,@ada")
    by_name = await call(
        "conversations.invite", channelType="channelName", channelName="secret", users=["bob@example.com"]
    )

    assert created.result == {"channel": {"id": "C0000009", "name": "news"}}
    assert by_id.result == {"channel": {"id": "C0000001", "name": "orders"}, "needed": None, "provided": None}
    assert by_name.result["channel"] == {"id": "C0000003", "name": "secret"}
    calls = [arguments for name, arguments in server.calls if name in {"conversations.create", "conversations.invite"}]
    assert calls == [
        {"name": "news", "is_private": True},
        {"channel": "C0000001", "users": "U0000002,U77,U0000001"},
        {"channel": "C0000003", "users": "U0000002"},
    ]


@pytest.mark.parametrize("method", ["reactions.add", "pins.add", "pins.remove"])
@pytest.mark.parametrize(
    ("channel", "sent"), [("C1234567A", "C1234567A"), ("#random", "C0000002"), ("@ada", "D0000001")]
)
async def test_messages_get_reactions_and_pins(server, method, channel, sent) -> None:
    run = await call(method, channel=channel, timestamp="1.5", emoji=":tada:")

    name = {"name": "tada"} if method == "reactions.add" else {}
    assert run.result == {}
    assert server.calls[-1] == (method, {"channel": sent, "timestamp": "1.5", **name})


async def test_slacks_word_for_what_is_wrong_is_the_code(server: SlackServer) -> None:
    refused = await call("chat.postMessage", token="xoxb-wrong-token", channel="C1", text="x")
    taken = await call("conversations.create", newChannelName="general")

    assert (refused.error.code, str(refused.error)) == ("invalid_auth", "invalid_auth")
    assert taken.error.code == "name_taken"
    assert taken.error.variables["response"]["error"] == "name_taken"


async def test_a_short_rest_is_waited_for(server: SlackServer) -> None:
    server.limits = ["1"]
    run = await call("chat.postMessage", channel="C1", text="x")

    assert run.error is None
    assert len(server.calls) == 1


@pytest.mark.parametrize(("value", "seconds"), [("60", 60), ("no number", 30), ("nan", 30), ("999999", 3_600)])
async def test_a_long_rest_is_left_to_the_retries_of_the_job(server, value, seconds) -> None:
    server.limits = [value]
    run = await call("chat.postMessage", channel="C1", text="x")

    assert isinstance(run.error, ConnectorRetryError)
    assert (run.error.code, run.error.backoff.total_seconds()) == ("429", seconds)


async def test_pages_without_end_end(server: SlackServer) -> None:
    server.endless = True
    run = await call("chat.postMessage", channel="@nobody", text="x")

    assert run.error.code == "SLACK_RESPONSE_INVALID"
    assert len(server.calls) == api.PAGES_MAX


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        ("garbage", 200, "SLACK_RESPONSE_INVALID"),
        ("[]", 200, "SLACK_RESPONSE_INVALID"),
        ('{"ok": "yes"}', 200, "SLACK_RESPONSE_INVALID"),
        ('{"ok": false, "error": {"an": "object"}}', 200, "{'an': 'object'}"),
        ('{"ok": true}', 200, None),
        ('{"ok": true, "message": [1]}', 200, None),
        ("x", 500, "500"),
        (b"x" * 100_000_000, 200, "RESPONSE_TOO_LARGE"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_answers_that_are_none_of_the_api(monkeypatch, content, status, code) -> None:
    async def answer(request: web.Request, body: Any) -> web.Response:
        return web.Response(body=content, status=status)

    async with http_peer(answer) as peer:
        monkeypatch.setenv(api.ADDRESS_VARIABLE, peer.url)
        run = await call("chat.postMessage", channel="C1", text="x")

    assert getattr(run.error, "code", None) == code


@pytest.mark.parametrize("behaviour", [name for name in BAD_PEERS if "hangs" not in name])
async def test_a_peer_that_does_not_do_its_part_is_an_error(monkeypatch, behaviour) -> None:
    async with bad_peer(behaviour) as url:
        monkeypatch.setenv(api.ADDRESS_VARIABLE, url)
        run = await call("chat.postMessage", channel="C1", text="x")

    assert run.error.code == "408"


@pytest.mark.parametrize("behaviour", [name for name in BAD_PEERS if "hangs" in name])
async def test_a_peer_that_hangs_is_left(monkeypatch, behaviour) -> None:
    monkeypatch.setattr(api, "TIMEOUT_SECONDS", 1)
    async with bad_peer(behaviour) as url:
        monkeypatch.setenv(api.ADDRESS_VARIABLE, url)
        run = await call("chat.postMessage", channel="C1", text="x")

    assert run.error.code == "408"


async def test_a_certificate_that_nobody_trusts_is_refused(monkeypatch, tmp_path) -> None:
    async with untrusted_peer(tmp_path) as url:
        monkeypatch.setenv(api.ADDRESS_VARIABLE, url)
        run = await call("chat.postMessage", channel="C1", text="x")

    assert run.error.code == "SSL_HANDSHAKE_FAILED"
