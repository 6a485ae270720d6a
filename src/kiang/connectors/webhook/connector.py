"""Webhook connector: same properties, checks and answers as Camunda's, authentication before anything else."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from kiang.connector_sdk.feel import FeelFunction
from kiang.connector_sdk.inbound import (
    InboundContext,
    WebhookError,
    WebhookEvent,
    WebhookRequest,
    WebhookResponse,
    inbound_connector,
)
from kiang.connector_sdk.template import Group, Template
from kiang.connectors.webhook import signature, token
from kiang.connectors.webhook.properties import (
    ApiKeyAuthentication,
    BasicAuthentication,
    HmacAlgorithm,
    JwtAuthentication,
    Method,
    WebhookProperties,
)
from kiang.errors import ConnectorInputError

TEMPLATE = Template(
    id="io.kiang.connectors.inbound.Webhook.v1",
    name="Webhook Connector",
    description="Somebody calls an address; each call is an event",
    keywords=("webhook", "http", "callback", "trigger", "event"),
    groups=(
        Group("endpoint", "Webhook configuration"),
        Group("authentication", "Authentication"),
        Group("authorization", "Authorization"),
        Group("webhookResponse", "Webhook response"),
    ),
    result_expression="={\n  myRequestBody: request.body\n  // a part of it: myOrder: request.body.order\n}",
    answers=True,
)


@inbound_connector(name="Webhook", type="io.camunda:webhook:1", template=TEMPLATE)
class WebhookConnector:
    """One path that is called from outside."""

    def __init__(self, properties: WebhookProperties, context: InboundContext) -> None:
        self._inbound = properties.inbound
        self._context = context

    async def verify(self, request: WebhookRequest) -> WebhookResponse | None:
        """The answer of the verification expression, to callers that are let in."""
        expression = self._inbound.verification_expression
        if expression is None:
            return None
        await self._let_in(request)
        return _response(expression, {"request": _described(request)})

    async def trigger(self, request: WebhookRequest) -> WebhookEvent:
        """Check method, caller and signature; read the body."""
        await self._let_in(request)
        described = _described(request)
        expression = self._inbound.response_expression
        if expression is None:
            return WebhookEvent(described)
        return WebhookEvent(described, respond=lambda names: _response(expression, names))

    async def _let_in(self, request: WebhookRequest) -> None:
        inbound = self._inbound
        if inbound.method is not Method.ANY and request.method.lower() != inbound.method.value:
            raise WebhookError(405, f"Method {request.method} not supported")
        match inbound.auth:
            case BasicAuthentication(username=username, password=password):
                _check_basic(request, username, password)
            case ApiKeyAuthentication() as rules:
                _check_api_key(request, rules)
            case JwtAuthentication(jwt=rules):
                await token.check(request, rules, self._context)
            case _:
                pass
        if inbound.should_validate_hmac == "enabled":
            algorithm = inbound.hmac_algorithm or HmacAlgorithm.SHA_256
            signature.check(
                request, inbound.hmac_secret or "", inbound.hmac_header or "", algorithm, inbound.hmac_scopes or []
            )


def _check_basic(request: WebhookRequest, username: str, password: str) -> None:
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(encoded.strip(), validate=True) if kind.lower() == "basic" else b""
    except (binascii.Error, ValueError):
        given = b""
    if not hmac.compare_digest(given, f"{username}:{password}".encode()):
        raise WebhookError(401, "Basic auth failed")


def _check_api_key(request: WebhookRequest, rules: ApiKeyAuthentication) -> None:
    try:
        given = rules.api_key_locator({"request": _described(request)})
    except ConnectorInputError:
        given = None
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), rules.api_key.encode()):
        raise WebhookError(401, "API key auth failed")


def _described(request: WebhookRequest) -> dict[str, Any]:
    return {"body": _body(request), "headers": dict(request.headers), "params": dict(request.params)}


def _body(request: WebhookRequest) -> Any:
    """The body as the process gets it: an empty object for none, pairs of a form, text of XML and plain text, else JSON."""
    if not request.raw_body:
        return {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    text = request.raw_body.decode("utf-8", "replace")
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(text, keep_blank_values=True))
    if kind == "multipart/form-data":
        return {}
    if kind.endswith("xml") or kind.startswith("text/"):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise WebhookError(400, "The body is no JSON") from None


def _response(expression: FeelFunction, names: Mapping[str, Any]) -> WebhookResponse | None:
    """What an expression answers; None if it gives null."""
    value = expression(names)
    if value is None:
        return None
    if not isinstance(value, dict):
        return WebhookResponse(200, value)
    status = value.get("statusCode", 200)
    headers = value.get("headers") or {}
    if not isinstance(status, int) or not 100 <= status <= 599 or not isinstance(headers, dict):
        raise ConnectorInputError("Expected the response expression to give statusCode, body and headers.")
    return WebhookResponse(status, value.get("body"), {str(name): str(item) for name, item in headers.items()})
