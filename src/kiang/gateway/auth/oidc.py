"""Tokens of an OpenID Connect provider: JWTs (RFC 7519) whose signature is checked against the provider's keys (JWKS)."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import jwt

from kiang.errors import ConfigError, Unavailable
from kiang.gateway.auth.authenticator import HEADER_CHARACTERS_MAX, Identity, Remembered, Unauthenticated

LOG = logging.getLogger(__name__)

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with a public key alone: a shared secret or none at all could be forged by whoever knows the keys that are published."""

KEYS_S = 3600.0
"""The provider's keys are fetched again after this."""

KEYS_S_MAX = 86_400.0
"""Keys from before are good for so long while the provider cannot be reached: a key that it has taken back is, too."""

FETCH_PAUSE_S = 10.0
"""A token with an unknown key has them fetched again, but no more often than this; nor when fetching has failed."""

FETCH_TIMEOUT_S = 10.0
KEYS_BYTES_MAX = 1024 * 1024
LEEWAY_S = 30
"""Clocks may differ by so much."""


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """How tokens are checked.

    Attributes:
        issuer: Must be the token's `iss`.
        audience: Must be in the token's `aud`; "" to accept every one.
        jwks_url: Where the keys are; "" to ask the issuer's discovery document.
        username_claim: Names a person; tokens without it are those of a program, named by `client_id`, `azp` or `sub`.
    """

    issuer: str
    audience: str = ""
    jwks_url: str = ""
    username_claim: str = "preferred_username"

    def __post_init__(self) -> None:
        """Check what can be checked without asking the provider."""
        if not self.issuer.startswith(("https://", "http://")):
            raise ConfigError("oidc issuer", self.issuer, "the address of an OpenID Connect provider")


class OidcAuthenticator:
    """See `authenticator.Authenticator`.

    Args:
        settings: How tokens are checked.
        transport: In place of the network.
        clock: Seconds that only go forward.
    """

    challenge = 'Bearer realm="kiang"'
    users_are_elsewhere = True

    def __init__(
        self,
        settings: OidcSettings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._clock = clock
        self._remembered = Remembered()
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = 0.0
        self._asked_at = float("-inf")
        self._fault: Unavailable | None = None
        self._lock = asyncio.Lock()

    def known(self, header: str) -> Identity | None:
        """From memory."""
        return self._remembered.find(header)

    async def authenticate(self, header: str, source: str = "") -> Identity:  # noqa: ARG002 - signatures cannot be guessed
        """By signature and claims."""
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or len(header) > HEADER_CHARACTERS_MAX:
            raise Unauthenticated("Expected an authorization header with the scheme Bearer, but there is none")
        try:
            kid = str(jwt.get_unverified_header(token.strip()).get("kid", ""))
            key = await self._key(kid)
            claims = self._claims(token.strip(), key)
        except jwt.PyJWTError as error:
            raise Unauthenticated(f"Expected a valid token, but it is not: {error}") from None
        except RecursionError:
            raise Unauthenticated("Expected a valid token, but it is nested too deep") from None
        identity = self._identity(claims)
        self._remembered.put(header, identity, float(claims["exp"]) - time.time())
        return identity

    def _claims(self, token: str, key: jwt.PyJWK) -> dict[str, Any]:
        audience = self._settings.audience
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(ALGORITHMS),
            issuer=self._settings.issuer,
            audience=audience or None,
            leeway=LEEWAY_S,
            options={"require": ["exp", "iss"], "verify_aud": bool(audience)},
        )
        return claims

    def _identity(self, claims: dict[str, Any]) -> Identity:
        person = claims.get(self._settings.username_claim)
        if isinstance(person, str) and person:
            return Identity(person, claims=json.dumps(claims))
        for claim in ("client_id", "azp", "sub"):
            if isinstance(claims.get(claim), str) and claims[claim]:
                return Identity(claims[claim], is_client=True, claims=json.dumps(claims))
        raise Unauthenticated("Expected the token to name somebody, but it does not")

    async def _key(self, kid: str) -> jwt.PyJWK:
        if kid not in self._keys or (self._age() > KEYS_S and not self._lock.locked()):
            async with self._lock:
                await self._renew(kid)
        found = self._keys.get(kid)
        if found is None and not kid and len(self._keys) == 1:
            found = next(iter(self._keys.values()))
        if found is None:
            raise Unauthenticated("Expected the token to be signed with a key of the provider, but it is not")
        return found

    def _age(self) -> float:
        return self._clock() - self._fetched_at if self._keys else float("inf")

    async def _renew(self, kid: str) -> None:
        """Fetch the keys if they are old, or if `kid` is not among them. Without the provider those from before go on for a while.

        Raises:
            Unavailable: The key is needed and cannot be had.
        """
        if kid in self._keys and self._age() <= KEYS_S:
            return  # somebody else has waited for the same
        if self._clock() - self._asked_at >= FETCH_PAUSE_S:
            self._asked_at = self._clock()
            try:
                self._keys, self._fault = await self._fetch(), None
                self._fetched_at = self._clock()
            except Unavailable as error:
                self._fault = error
                LOG.warning("keys of the identity provider cannot be fetched", extra={"age_s": round(self._age(), 1)})
        if self._fault is not None and (kid not in self._keys or self._age() > KEYS_S_MAX):
            raise Unavailable(str(self._fault))

    async def _fetch(self) -> dict[str, jwt.PyJWK]:
        issuer = self._settings.issuer.rstrip("/")
        try:
            async with httpx.AsyncClient(timeout=FETCH_TIMEOUT_S, transport=self._transport) as http:
                url = self._settings.jwks_url
                if not url:
                    url = str((await _json(http, f"{issuer}/.well-known/openid-configuration"))["jwks_uri"])
                keys = (await _json(http, url))["keys"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise Unavailable(f"Expected the keys of the identity provider, but got {type(error).__name__}") from None
        found: dict[str, jwt.PyJWK] = {}
        for key in keys:
            if key.get("use", "sig") == "sig" and key.get("kty") in {"RSA", "EC", "OKP"}:
                try:
                    found[str(key.get("kid", ""))] = jwt.PyJWK(key)
                except jwt.PyJWTError:
                    continue
        return found


async def _json(http: httpx.AsyncClient, url: str) -> dict[str, Any]:
    answer = await http.get(url)
    answer.raise_for_status()
    if len(answer.content) > KEYS_BYTES_MAX:
        raise ValueError("too large")
    document: dict[str, Any] = answer.json()
    return document
