"""Slack webhook without a server: signatures, what a body means, challenges, repeated deliveries."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.integration.connectors.correlator import Answering, context_for

from kiang.connector_sdk.binding import bind
from kiang.connector_sdk.document import MemoryDocumentStore
from kiang.connector_sdk.inbound import Outcome, WebhookError, WebhookEvent, WebhookRequest
from kiang.connectors.slack_inbound import SlackWebhook
from kiang.connectors.slack_inbound.deliveries import (
    EVENTS_MAX,
    HANDLED_TTL_SECONDS,
    HANDLING_TTL_SECONDS,
    Deliveries,
    Delivery,
)
from kiang.connectors.slack_inbound.properties import SlackWebhookProperties
from kiang.errors import ConnectorInputError

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
FORM = "application/x-www-form-urlencoded"
EVENT = {"type": "event_callback", "event_id": "Ev1", "event": {"type": "message", "text": "hello"}}


def signed(content: bytes, kind: str = "application/json", *, at: float | None = None, **other: str) -> WebhookRequest:
    timestamp = str(int(time.time() if at is None else at))
    digest = hmac.new(SECRET.encode(), f"v0:{timestamp}:".encode() + content, hashlib.sha256).hexdigest()
    headers = {"content-type": kind, "x-slack-request-timestamp": timestamp, "x-slack-signature": f"v0={digest}"}
    headers |= {name.replace("_", "-"): value for name, value in other.items()}
    return WebhookRequest("POST", "http://localhost/inbound/slack", headers, {}, content)


def as_json(body: Any) -> WebhookRequest:
    return signed(json.dumps(body).encode())


async def webhook(**inbound: Any) -> SlackWebhook:
    given = {"inbound": {"context": "slack", "slackSigningSecret": SECRET, **inbound}}
    properties = await bind(given, SlackWebhookProperties, MemoryDocumentStore())
    return SlackWebhook(properties, context_for("io.camunda:slack-webhook:1", Answering(Outcome.MESSAGE_PUBLISHED)))


async def arrived(hook: SlackWebhook, request: WebhookRequest) -> WebhookEvent:
    assert await hook.verify(request) is None
    return await hook.trigger(request)


async def test_the_signature_is_that_of_slacks_documentation(monkeypatch):
    content = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&"
        b"channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&"
        b"response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&"
        b"trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    monkeypatch.setattr(time, "time", lambda: 1531420700.0)
    headers = {
        "content-type": FORM,
        "x-slack-request-timestamp": "1531420618",
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }

    event = await arrived(await webhook(), WebhookRequest("POST", "http://localhost/", headers, {}, content))

    assert event.request["body"]["command"] == "/webhook-collect"


@pytest.mark.parametrize(
    "changed",
    [
        {"x_slack_signature": ""},
        {"x_slack_signature": "v0=" + "0" * 64},
        {"x_slack_signature": "v0=\u00fc\ud800"},
        {"x_slack_request_timestamp": "1"},
        {"x_slack_request_timestamp": "\u0661"},
        {"x_slack_request_timestamp": ""},
        {"x_slack_request_timestamp": "9" * 5_000},
    ],
    ids=range(7),
)
async def test_what_slack_has_not_signed_is_refused(changed):
    await refuses_unsigned(signed(b"{}", **changed))


@pytest.mark.parametrize("ago_s", [400, -400])
async def test_what_slack_has_not_signed_just_now_is_refused(ago_s):
    await refuses_unsigned(signed(b"{}", at=time.time() - ago_s))


async def refuses_unsigned(request: WebhookRequest) -> None:
    hook = await webhook()
    for step in (hook.verify, hook.trigger):
        with pytest.raises(WebhookError) as caught:
            await step(request)
        assert caught.value.status == 401


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"no JSON", "application/json"),
        (b"", "application/json"),
        (b"[1]", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"payload=%7B", FORM),
        (b"&".join(b"a%d=1" % i for i in range(2_000)), FORM),
    ],
    ids=range(7),
)
async def test_what_cannot_be_read_is_refused(content, kind):
    with pytest.raises(WebhookError) as caught:
        await (await webhook()).verify(signed(content, kind))

    assert caught.value.status == 400


async def test_another_method_is_refused():
    with pytest.raises(WebhookError) as caught:
        await (await webhook()).verify(WebhookRequest("GET", "http://localhost/", {}, {}))

    assert caught.value.status == 405


async def test_a_challenge_is_answered_if_slack_has_signed_it():
    hook = await webhook()
    response = await hook.verify(as_json({"type": "url_verification", "challenge": "abc"}))

    assert (response.status, response.body) == (200, {"challenge": "abc"})


async def test_a_check_of_the_certificate_is_answered():
    response = await (await webhook()).verify(signed(b"token=x&ssl_check=1", FORM))

    assert (response.status, response.body) == (200, None)


async def test_an_own_verification_expression_sees_body_headers_and_params():
    expression = '=if headers.x = "1" then {statusCode: 418, body: body.a, headers: {"X-A": "b"}} else null'
    response = await (await webhook(verificationExpression=expression)).verify(signed(b'{"a": 2}', x="1"))

    assert (response.status, response.body, response.headers) == (418, 2, {"X-A": "b"})
    assert await (await webhook(verificationExpression="")).verify(signed(b"{}")) is None
    with pytest.raises(ConnectorInputError):
        await (await webhook(verificationExpression="={statusCode: 1}")).verify(signed(b"{}"))


async def test_an_event_is_its_json_and_is_echoed():
    event = await arrived(await webhook(), as_json(EVENT))

    assert event.request["body"] == EVENT
    assert (event.connector_data, event.message_id) == ({}, "Ev1")
    assert event.respond({}).body == EVENT


async def test_a_command_is_its_form_with_every_character():
    content = urlencode({"command": "/order", "text": "a&b=c+d %20 ü", "empty": ""}).encode()
    event = await arrived(await webhook(), signed(content, f"{FORM}; charset=utf-8"))

    assert event.request["body"] == {"command": "/order", "text": "a&b=c+d %20 ü", "empty": ""}
    assert event.connector_data == event.request["body"]
    assert event.respond({}).body == {"response_type": "ephemeral", "text": "Command executed"}


async def test_an_interaction_is_its_payload_and_is_answered_with_nothing():
    payload = {"type": "view_submission", "view": {"id": "V1"}}
    event = await arrived(await webhook(), signed(urlencode({"payload": json.dumps(payload)}).encode(), FORM))

    assert (event.request["body"], event.connector_data) == (payload, {})
    assert event.respond({}).body is None


async def test_an_event_that_the_process_has_is_answered_and_not_taken_again():
    hook = await webhook()
    event = await arrived(hook, as_json(EVENT))
    with pytest.raises(WebhookError) as caught:
        await hook.verify(as_json(EVENT))
    event.respond({})

    repeated = await hook.verify(as_json(EVENT))

    assert caught.value.status == 503
    assert (repeated.status, repeated.body) == (200, EVENT)
    assert await hook.verify(as_json({**EVENT, "event_id": "Ev2"})) is None


@pytest.mark.parametrize("event_id", [None, 7, "x" * 10_000, ""])
async def test_what_has_no_id_is_taken_each_time(event_id):
    hook = await webhook()
    for _ in range(2):
        (await arrived(hook, as_json({**EVENT, "event_id": event_id}))).respond({})


def test_ids_are_forgotten_after_a_while_and_when_there_are_too_many():
    now = [0.0]
    deliveries = Deliveries(lambda: now[0])
    deliveries.begin("a")
    deliveries.end("b")
    assert (deliveries.state("a"), deliveries.state("b")) == (Delivery.BEING_HANDLED, Delivery.HANDLED)
    now[0] = HANDLING_TTL_SECONDS
    assert (deliveries.state("a"), deliveries.state("b")) == (Delivery.NEW, Delivery.HANDLED)
    for i in range(EVENTS_MAX):
        deliveries.end(str(i))
    assert (deliveries.state("b"), deliveries.state("0")) == (Delivery.NEW, Delivery.HANDLED)
    now[0] += HANDLED_TTL_SECONDS
    assert deliveries.state("0") is Delivery.NEW


@pytest.mark.parametrize("inbound", [{"slackSigningSecret": ""}, {"context": " "}, {"slackSigningSecret": {"a": 1}}])
async def test_properties_that_are_missing_or_wrong_are_refused(inbound):
    with pytest.raises(ConnectorInputError) as caught:
        await webhook(**inbound)

    assert SECRET not in str(caught.value)
