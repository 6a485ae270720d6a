"""JSON web tokens: signature against a JWK set, expiry, permissions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import aiohttp

from kiang.connector_sdk.inbound import InboundContext, WebhookError, WebhookRequest
from kiang.connectors.webhook.properties import Jwt
from kiang.errors import ConnectorInputError

ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"]
KEYS_TTL_SECONDS = 300.0
KEYS_SIZE_MAX_BYTES = 1_000_000
TIMEOUT_SECONDS = 10


async def check(request: WebhookRequest, rules: Jwt, context: InboundContext) -> None:
    """Let a request in whose token is good.

    Raises:
        WebhookError: 401, there is no good token; 403, it lacks a permission.
    """
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise WebhookError(401, "JWT auth failed")
    claims = await asyncio.to_thread(_claims, token.strip(), await _keys(rules.jwk_url, context))
    required = rules.required_permissions or []
    if not required:
        return
    try:
        held = rules.permissions_expression(claims) if rules.permissions_expression is not None else None
    except ConnectorInputError:
        held = None
    if not isinstance(held, list) or not set(required) <= {str(permission) for permission in held}:
        raise WebhookError(403, "Missing required permissions")


def _claims(token: str, keys: Mapping[str, Any]) -> dict[str, Any]:
    import jwt  # noqa: PLC0415 - only webhooks with tokens need it

    try:
        key_id = jwt.get_unverified_header(token).get("kid")
        known = jwt.PyJWKSet.from_dict(dict(keys)).keys
        key = next(key for key in known if key_id is None or key.key_id == key_id)
        claims: dict[str, Any] = jwt.decode(token, key.key, ALGORITHMS, options={"verify_aud": False})
    except (jwt.PyJWTError, StopIteration, ValueError):
        raise WebhookError(401, "JWT auth failed") from None
    return claims


async def _keys(url: str, context: InboundContext) -> Mapping[str, Any]:
    cache: dict[str, tuple[float, Mapping[str, Any]]] = context.resources.get(("jwk-sets",), dict)
    known = cache.get(url)
    if known is not None and known[0] > time.monotonic():
        return known[1]
    try:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
            response.raise_for_status()
            if int(response.headers.get("Content-Length") or 0) > KEYS_SIZE_MAX_BYTES:
                raise WebhookError(401, "JWT auth failed")
            keys: Mapping[str, Any] = await response.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        raise WebhookError(401, "JWT auth failed") from None
    cache[url] = (time.monotonic() + KEYS_TTL_SECONDS, keys)
    return keys
