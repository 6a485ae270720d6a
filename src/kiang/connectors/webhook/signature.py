"""HMAC signatures of requests: which bytes are signed, and how the signature is written."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, quote_plus, unquote_plus

from kiang.connector_sdk.inbound import WebhookError, WebhookRequest
from kiang.connectors.webhook.properties import HmacAlgorithm, HmacScope

DIGESTS = {
    HmacAlgorithm.SHA_1: hashlib.sha1,
    HmacAlgorithm.SHA_256: hashlib.sha256,
    HmacAlgorithm.SHA_512: hashlib.sha512,
}


def check(
    request: WebhookRequest, secret: str, header: str, algorithm: HmacAlgorithm, scopes: Sequence[HmacScope]
) -> None:
    """Compare the request's signature with the one that it should have.

    Raises:
        WebhookError: 401, it is missing or another.
    """
    given = request.headers.get(header.lower(), "")
    if not given:
        raise WebhookError(401, f"Expected the header {header} to hold a signature, but it is missing")
    expected = hmac.new(secret.encode(), signed_bytes(request, scopes), DIGESTS[algorithm]).digest()
    if not any(hmac.compare_digest(expected, candidate) for candidate in _decoded(given)):
        raise WebhookError(401, "Request signature does not match")


def signed_bytes(request: WebhookRequest, scopes: Sequence[HmacScope]) -> bytes:
    """What the signature is about.

    Raises:
        WebhookError: 500, nobody signs such a combination.
    """
    chosen = frozenset(scopes or [HmacScope.BODY])
    url_with_parameters = {HmacScope.URL, HmacScope.PARAMETERS}
    if chosen == {HmacScope.BODY}:
        return request.raw_body
    if chosen == url_with_parameters or (chosen == {*HmacScope} and request.method == "GET"):
        return _url_and_parameters(request)
    if chosen == {HmacScope.URL, HmacScope.BODY} or chosen == {*HmacScope}:  # noqa: PLR1714 - sets have no hash
        return (_bare_url(request) + _body_text(request)).encode()
    raise WebhookError(500, f"Cannot sign {', '.join(sorted(scope.value for scope in chosen))}")


def _bare_url(request: WebhookRequest) -> str:
    return request.url.partition("?")[0]


def _url_and_parameters(request: WebhookRequest) -> bytes:
    query = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in request.params.items())
    return f"{_bare_url(request)}?{query}".encode()


def _body_text(request: WebhookRequest) -> str:
    text = request.raw_body.decode("utf-8", "replace")
    if "x-www-form-urlencoded" in request.headers.get("content-type", ""):
        pairs = parse_qsl(
            unquote_plus(text) if "%26" not in text and "%3D" not in text else text, keep_blank_values=True
        )
        return "".join(name + value for name, value in sorted(pairs))
    try:
        body: Any = json.loads(text)
    except ValueError:
        return text
    if isinstance(body, dict) and all(isinstance(value, str) for value in body.values()):
        return "".join(name + body[name] for name in sorted(body))
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def _decoded(given: str) -> list[bytes]:
    """The bytes that a header can mean: hexadecimal or base64, both with a `tag=` before them or without."""
    found = []
    for text in {given.strip(), given.strip().partition("=")[2]}:
        try:
            found.append(bytes.fromhex(text))
        except ValueError:
            try:
                found.append(base64.b64decode(text, validate=True))
            except (binascii.Error, ValueError):
                continue
    return found
