"""Who the client is: nobody, a user with password, a token, or OAuth client credentials with a token cache."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import msgspec

from kiang.client.status import Unauthenticated
from kiang.errors import Unavailable

EXPIRY_MARGIN_S = 30.0
"""A token is renewed this long before it ends, so that it does not end on the way."""
TOKEN_LIFETIME_DEFAULT_S = 300.0
"""For an authorization server that does not say how long its token lives."""
TOKEN_SIZE_MAX_BYTES = 64 * 1024
_OK = 200


class Credentials(Protocol):
    """Gives the headers that prove who the client is."""

    async def headers(self) -> Mapping[str, str]:
        """Header names, lower case, with their values.

        Raises:
            Unauthenticated: The authorization server refuses.
            Unavailable: The authorization server cannot be reached.
        """

    def invalidate(self) -> bool:
        """The engine has refused the headers given last. Returns whether a second try could be different."""

    async def aclose(self) -> None:
        """Close what is open."""


class NoCredentials:
    """For engines that ask for none."""

    async def headers(self) -> Mapping[str, str]:
        """None."""
        return {}

    def invalidate(self) -> bool:
        """Nothing could be different."""
        return False

    async def aclose(self) -> None:
        """Nothing is open."""


class FixedHeader:
    """The same `authorization` header each time."""

    def __init__(self, value: str) -> None:
        self._headers = {"authorization": value}

    async def headers(self) -> Mapping[str, str]:
        """The header."""
        return self._headers

    def invalidate(self) -> bool:
        """It stays as it is."""
        return False

    async def aclose(self) -> None:
        """Nothing is open."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"


class BasicCredentials(FixedHeader):
    """User name and password."""

    def __init__(self, username: str, password: str) -> None:
        super().__init__("Basic " + base64.b64encode(f"{username}:{password}".encode()).decode())


class BearerCredentials(FixedHeader):
    """A token from elsewhere."""

    def __init__(self, token: str) -> None:
        super().__init__(f"Bearer {token}")


class _Token(msgspec.Struct):
    access_token: str
    expires_at: float  # epoch seconds
    token_type: str = "Bearer"  # noqa: S105 - a kind, no secret


class _TokenAnswer(msgspec.Struct):
    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - a kind, no secret
    expires_in: float = TOKEN_LIFETIME_DEFAULT_S


class OAuthCredentials:
    """OAuth 2 client credentials (RFC 6749 §4.4). The token is kept in memory, and in a file if a folder is given.

    Args:
        url: The token endpoint.
        audience: As the authorization server wants it; "" to leave it out.
        scope: As above.
        cache_dir: Folder for tokens shared by several processes; only the owner can read the file. None for no file.
        timeout: For one request to the authorization server.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: str,
        *,
        audience: str = "",
        scope: str = "",
        cache_dir: Path | None = None,
        timeout: timedelta = timedelta(seconds=5),
    ) -> None:
        self._url = url
        self._form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        if audience:
            self._form["audience"] = audience
        if scope:
            self._form["scope"] = scope
        identity = f"{url}\0{client_id}\0{audience}\0{scope}".encode()
        self._cache_file = (
            None if cache_dir is None else cache_dir / f"kiang-token-{hashlib.sha256(identity).hexdigest()[:24]}.json"
        )
        self._timeout_s = timeout.total_seconds()
        self._token: _Token | None = None
        self._refused = ""
        self._lock = asyncio.Lock()

    async def headers(self) -> Mapping[str, str]:
        """The bearer token, renewed when its time is nearly over."""
        token = self._token
        if token is None or token.expires_at - EXPIRY_MARGIN_S <= time.time():
            async with self._lock:  # one renewal for all who wait
                token = self._token
                if token is None or token.expires_at - EXPIRY_MARGIN_S <= time.time():
                    token = self._token = self._cached() or await self._fetch()
        return {"authorization": f"{token.token_type} {token.access_token}"}

    def invalidate(self) -> bool:
        """Forget the token: the next request fetches another one."""
        if self._token is None:
            return True
        self._refused = self._token.access_token
        self._token = None
        return True

    async def aclose(self) -> None:
        """Nothing stays open between requests."""

    def _cached(self) -> _Token | None:
        if self._cache_file is None:
            return None
        try:
            token = msgspec.json.decode(self._cache_file.read_bytes(), type=_Token)
        except (OSError, msgspec.MsgspecError):
            return None
        usable = token.expires_at - EXPIRY_MARGIN_S > time.time() and token.access_token != self._refused
        return token if usable else None

    async def _fetch(self) -> _Token:
        import aiohttp  # noqa: PLC0415 - only clients with OAuth pay for its import

        timeout = aiohttp.ClientTimeout(total=self._timeout_s)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
                session.post(self._url, data=self._form, headers={"accept": "application/json"}) as answer,
            ):
                status, content = answer.status, b""
                async for part in answer.content.iter_any():
                    content += part
                    if len(content) > TOKEN_SIZE_MAX_BYTES:
                        break
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable(
                f"Expected a token from {self._url}, but it could not be asked: {type(error).__name__}. "
                "Check CAMUNDA_OAUTH_URL and the network."
            ) from error
        if status != _OK:
            raise Unauthenticated(
                f"Expected a token from {self._url}, but it answered {status}. "
                "Check the client id, its secret, the audience and the scope."
            )
        if len(content) > TOKEN_SIZE_MAX_BYTES:
            raise Unauthenticated(f"Expected a token from {self._url}, but its answer is too large.")
        try:
            fresh = msgspec.json.decode(content, type=_TokenAnswer, strict=False)
        except msgspec.MsgspecError as error:
            raise Unauthenticated(f"Expected a token from {self._url}, but its answer holds none.") from error
        # RFC 6749 §5.1: the type is not case-sensitive, but some gateways compare it.
        token_type = "Bearer" if fresh.token_type.lower() == "bearer" else fresh.token_type
        token = _Token(fresh.access_token, time.time() + fresh.expires_in, token_type)
        self._store(token)
        return token

    def _store(self, token: _Token) -> None:
        if self._cache_file is None:
            return
        with suppress(OSError):  # a cache that cannot be written is only slower
            self._cache_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            part = self._cache_file.with_suffix(f".{os.getpid()}.part")
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(token))
            part.replace(self._cache_file)

    def __repr__(self) -> str:
        return f"OAuthCredentials({self._url!r}, {self._form['client_id']!r}, ...)"
