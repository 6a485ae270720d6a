"""Slack webhook: what Slack has signed is an event; challenges and repeated deliveries are answered at once."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from kiang.connector_sdk.inbound import (
    InboundContext,
    WebhookError,
    WebhookEvent,
    WebhookRequest,
    WebhookResponse,
    inbound_connector,
)
from kiang.connector_sdk.template import Group, Template
from kiang.connectors.slack_inbound.deliveries import Deliveries, Delivery
from kiang.connectors.slack_inbound.properties import SlackWebhookProperties
from kiang.errors import ConnectorInputError

TIMESTAMP = "x-slack-request-timestamp"
SIGNATURE = "x-slack-signature"
AGE_MAX_SECONDS = 300
"""A request that was signed longer ago, or as far in the future, is a replay."""

FIELDS_MAX = 1_000
EVENT_ID_MAX_CHARACTERS = 200
COMMAND_ANSWER = {"response_type": "ephemeral", "text": "Command executed"}

TEMPLATE = Template(
    id="io.kiang.connectors.inbound.Slack.v1",
    name="Slack Webhook Connector",
    description="Events, commands and interactions of Slack",
    keywords=("slack", "webhook", "slash command", "event", "trigger"),
    groups=(Group("endpoint", "Webhook configuration"),),
    result_expression="={\n  mySlackBody: request.body\n  // a part of it: text: request.body.event.text\n}",
)


@inbound_connector(name="Slack Webhook", type="io.camunda:slack-webhook:1", template=TEMPLATE)
class SlackWebhook:
    """One address that is entered at Slack: of events, commands or interactions."""

    def __init__(self, properties: SlackWebhookProperties, context: InboundContext) -> None:
        self._inbound = properties.inbound
        key = ("slack-deliveries", context.definition.type, context.definition.deduplication_id)
        self._deliveries = context.resources.get(key, Deliveries)

    async def verify(self, request: WebhookRequest) -> WebhookResponse | None:
        """The answer to a challenge, to a check of the certificate, or to an event that has come before."""
        body, is_command = self._read(request)
        if "ssl_check" in body and is_form(request):
            return WebhookResponse(200)
        expression = self._inbound.verification_expression
        if expression.source.strip():
            names = {"body": body, "headers": dict(request.headers), "params": dict(request.params)}
            response = _response(expression({**names, "request": names}))
            if response is not None:
                return response
        match self._deliveries.state(_event_id(body)) if not is_command else Delivery.NEW:
            case Delivery.HANDLED:
                return WebhookResponse(200, body)
            case Delivery.BEING_HANDLED:
                raise WebhookError(503, "The event is being handled")
        return None

    async def trigger(self, request: WebhookRequest) -> WebhookEvent:
        """Check who calls and read what they bring."""
        body, is_command = self._read(request)
        described = {"body": body, "headers": dict(request.headers), "params": dict(request.params)}
        if is_command:
            return WebhookEvent(described, body, lambda _: WebhookResponse(200, COMMAND_ANSWER))
        event_id = _event_id(body)
        if event_id:
            self._deliveries.begin(event_id)
        return WebhookEvent(described, {}, self._respond(event_id, None if is_form(request) else body), event_id)

    def _respond(self, event_id: str, body: Any) -> Callable[[Mapping[str, Any]], WebhookResponse]:
        def respond(_: Mapping[str, Any]) -> WebhookResponse:
            if event_id:
                self._deliveries.end(event_id)
            return WebhookResponse(200, body)

        return respond

    def _read(self, request: WebhookRequest) -> tuple[dict[str, Any], bool]:
        """The body, and whether it is a slash command.

        Raises:
            WebhookError: 405, no POST; 401, Slack has not signed it; 400, it cannot be read.
        """
        if request.method != "POST":
            raise WebhookError(405, f"Method {request.method} not supported")
        _check_signature(request, self._inbound.slack_signing_secret)
        if not is_form(request):
            return _object(request.raw_body), False
        try:
            pairs = parse_qsl(
                request.raw_body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FIELDS_MAX
            )
        except ValueError:
            raise WebhookError(400, "The body is no form") from None
        fields: dict[str, Any] = dict(pairs)
        if "command" not in fields and set(fields) == {"payload"}:
            return _object(fields["payload"]), False
        return fields, "command" in fields


def is_form(request: WebhookRequest) -> bool:
    """Whether the body is a form: commands and interactions are; events are JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/x-www-form-urlencoded"


def _check_signature(request: WebhookRequest, secret: str) -> None:
    timestamp, given = request.headers.get(TIMESTAMP, ""), request.headers.get(SIGNATURE, "")
    signed = b"v0:" + timestamp.encode() + b":" + request.raw_body
    expected = "v0=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    is_fresh = (
        timestamp.isascii()
        and timestamp.isdigit()
        and len(timestamp) <= 12
        and abs(time.time() - int(timestamp)) <= AGE_MAX_SECONDS
    )
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")) or not is_fresh:
        raise WebhookError(401, "HMAC signature did not match")


def _object(content: bytes | str) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise WebhookError(400, "The body is no JSON object")
    return value


def _event_id(body: Mapping[str, Any]) -> str:
    """What Slack's repeated deliveries have in common; "" for what it sends once."""
    event_id = body.get("event_id")
    return event_id if isinstance(event_id, str) and len(event_id) <= EVENT_ID_MAX_CHARACTERS else ""


def _response(value: Any) -> WebhookResponse | None:
    """What the verification expression answers; None if it gives null.

    Raises:
        ConnectorInputError: It gives something else than an answer.
    """
    if value is None:
        return None
    if not isinstance(value, dict):
        return WebhookResponse(200, value)
    status, headers = value.get("statusCode", 200), value.get("headers") or {}
    if (
        isinstance(status, bool)
        or not isinstance(status, int)
        or not 100 <= status <= 599
        or not isinstance(headers, dict)
    ):
        raise ConnectorInputError("Expected the verification expression to give statusCode, body and headers.")
    return WebhookResponse(status, value.get("body"), {str(name): str(item) for name, item in headers.items()})
