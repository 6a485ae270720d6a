"""Slack connector without a server: what is refused before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from kiang.connector_sdk import ConnectorInputError
from kiang.connector_sdk.testing import run_connector
from kiang.connectors.slack import api, slack
from kiang.connectors.slack.connector import DOCUMENTS_MAX
from kiang.connectors.slack.lookup import USERS_MAX

DOCUMENT = {"camunda.document.type": "inline", "content": "x", "name": "x.txt"}
POST: dict[str, Any] = {"channel": "C1", "text": "x"}


@pytest.mark.parametrize(
    ("method", "data", "said"),
    [
        ("chat.postMessage", {"text": "x"}, "data.channel"),
        ("chat.postMessage", {"channel": " ", "text": "x"}, "data.channel"),
        ("chat.postMessage", {"channel": "C1"}, "Text or block content required"),
        ("chat.postMessage", {"channel": "C1", "text": "  "}, "Text or block content required"),
        ("chat.postMessage", {"channel": "C1", "blockContent": {"type": "x"}}, "must be an array"),
        ("chat.postMessage", {"channel": "C1", "blockContent": "{"}, "must be an array"),
        ("chat.postMessage", {"channel": "C1", "blockContent": "[" * 100_000}, "must be an array"),
        ("chat.postMessage", {"channel": {"an": "object"}, "text": "x"}, "channel"),
        ("chat.postMessage", {**POST, "documents": "no reference"}, "documents"),
        ("chat.postMessage", {**POST, "documents": [DOCUMENT] * (DOCUMENTS_MAX + 1)}, "at most"),
        ("conversations.create", {}, "data.newChannelName"),
        ("conversations.create", {"newChannelName": "x", "visibility": "HIDDEN"}, "visibility"),
        ("conversations.invite", {"channelId": "C1"}, "data.users"),
        ("conversations.invite", {"users": "U1"}, "data.channelId"),
        ("conversations.invite", {"users": "U1", "channelType": "channelName"}, "data.channelName"),
        ("conversations.invite", {"users": " , ", "channelId": "C1"}, "users"),
        ("conversations.invite", {"users": ["U1"] * (USERS_MAX + 1), "channelId": "C1"}, "users"),
        ("conversations.invite", {"users": {"an": "object"}, "channelId": "C1"}, "users"),
        ("reactions.add", {}, "data.channel, data.emoji, data.timestamp"),
        ("pins.add", {"channel": "C1"}, "data.timestamp"),
        ("pins.remove", {"timestamp": "1.5"}, "data.channel"),
        ("chat.delete", POST, "method"),
        (None, POST, "method"),
        ("chat.postMessage", None, "data"),
        ("chat.postMessage", [], "data"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_wrong_input_is_refused_before_anything_is_sent(monkeypatch, method, data, said):
    monkeypatch.setenv(api.ADDRESS_VARIABLE, "http://192.0.2.1:9")
    given = {"method": method, "token": "{{secrets.T}}", "data": data}
    run = await run_connector(slack, given, secrets={"T": "xoxb-hidden"})

    assert isinstance(run.error, ConnectorInputError)
    assert said in str(run.error)
    run.assert_no_secret()


@pytest.mark.parametrize("token", [None, "", " ", "{{secrets.MISSING}}"])
async def test_without_a_token_nothing_is_sent(token):
    run = await run_connector(slack, {"method": "chat.postMessage", "token": token, "data": POST})

    assert isinstance(run.error, ConnectorInputError)
