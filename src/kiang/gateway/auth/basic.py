"""User name and password (RFC 7617), checked against the users of the server."""

from __future__ import annotations

import asyncio
import base64
import binascii

from kiang.gateway.auth.authenticator import HEADER_CHARACTERS_MAX, Identity, Remembered, Unauthenticated
from kiang.gateway.auth.users import UserStore

CHECKS_MAX = 4
"""Passwords that are checked at once: each takes a processor for 50 ms."""


class BasicAuthenticator:
    """See `authenticator.Authenticator`.

    Args:
        users: Who is known.
    """

    challenge = 'Basic realm="kiang", charset="UTF-8"'

    def __init__(self, users: UserStore) -> None:
        self._users = users
        self._remembered = Remembered()
        self._gate = asyncio.Semaphore(CHECKS_MAX)

    def known(self, header: str) -> Identity | None:
        """From memory."""
        return self._remembered.find(header)

    async def authenticate(self, header: str) -> Identity:
        """By the users."""
        username, password = _credentials(header)
        async with self._gate:
            is_right = await asyncio.to_thread(self._users.check, username, password)
        if not is_right:
            raise Unauthenticated("Expected the name and password of a user, but they are wrong")
        identity = Identity(username)
        self._remembered.put(header, identity)
        return identity

    def users_changed(self) -> None:
        """Check everybody again."""
        self._remembered.clear()


def _credentials(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic" or len(header) > HEADER_CHARACTERS_MAX:
        raise Unauthenticated("Expected an authorization header with the scheme Basic, but there is none")
    try:
        username, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Unauthenticated(
            "Expected the authorization header to be base64 of name and password, but it is not"
        ) from None
    if not colon:
        raise Unauthenticated("Expected the authorization header to hold a name and a password, but it does not")
    return username, password
