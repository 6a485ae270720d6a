"""Slack webhook: its example, called over HTTP as Slack calls it."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlencode

import httpx
from tests.integration.connectors.examples import example_of
from tests.integration.running_engine import RunningEngine

from kiang.connectors.slack_inbound import SlackWebhook

SECRET = "very-secret-signing-secret"
FORM = "application/x-www-form-urlencoded"


async def call(http: httpx.AsyncClient, content: bytes, kind: str, secret: str = SECRET) -> httpx.Response:
    timestamp = str(int(time.time()))
    digest = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + content, hashlib.sha256).hexdigest()
    headers = {"Content-Type": kind, "X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}
    return await http.post("/example-slack", content=content, headers=headers)


async def test_the_example_takes_commands_and_each_event_once(engine: RunningEngine) -> None:
    async def sends(body: Any) -> httpx.Response:
        return await call(http, json.dumps(body).encode(), "application/json")

    event = {"type": "event_callback", "event_id": "Ev1", "event": {"type": "message", "text": "A-2"}}
    async with (
        example_of("slack_inbound", engine, SlackWebhook, secrets={"SLACK_SIGNING_SECRET": SECRET}) as example,
        httpx.AsyncClient(base_url=example.webhook_url) as http,
    ):
        await example.is_listening()
        command = urlencode({"command": "/order", "text": "A & B"}).encode()
        stranger = await call(http, command, FORM, "another-secret")
        unsigned = await http.post("/example-slack", content=command, headers={"Content-Type": FORM})
        garbage = await call(http, b"\x00garbage", "application/json")
        challenge = await sends({"type": "url_verification", "challenge": "abc"})
        answered = await call(http, command, FORM)
        events = [await sends(event) for _ in range(3)]
        last = await sends({**event, "event_id": "Ev2", "event": {"type": "message", "text": "A-3"}})
        ended = await example.ended(3)
        state = example.state()

    assert (stranger.status_code, unsigned.status_code, garbage.status_code) == (401, 401, 400)
    assert challenge.json() == {"challenge": "abc"}
    assert answered.json() == {"response_type": "ephemeral", "text": "Command executed"}
    assert [response.status_code for response in (*events, last)] == [200] * 4
    assert sorted(variables["orderId"] for variables in ended) == ["A & B", "A-2", "A-3"]
    assert SECRET not in state + "".join(response.text for response in (stranger, unsigned, garbage, answered, *events))
