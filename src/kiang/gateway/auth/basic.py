"""User name and password (RFC 7617), checked against the users of the server."""

from __future__ import annotations

import asyncio
import base64
import binascii

from kiang.errors import ResourceExhausted
from kiang.gateway.auth.attempts import Attempts
from kiang.gateway.auth.authenticator import (
    HEADER_CHARACTERS_MAX,
    Identity,
    Remembered,
    TooManyAttempts,
    Unauthenticated,
)
from kiang.gateway.auth.users import UserStore

CHECKS_MAX = 4
"""Passwords that are checked at once: each takes a processor for 50 ms."""

WAITING_MAX = 200
"""Passwords that wait to be checked, a few seconds' worth; beyond it requests are refused at once."""


class BasicAuthenticator:
    """See `authenticator.Authenticator`.

    Args:
        users: Who is known.
    """

    challenge = 'Basic realm="kiang", charset="UTF-8"'
    users_are_elsewhere = False

    def __init__(self, users: UserStore) -> None:
        self._users = users
        self._remembered = Remembered()
        self._attempts = Attempts()
        self._gate = asyncio.Semaphore(CHECKS_MAX)
        self._waiting = 0

    def known(self, header: str) -> Identity | None:
        """From memory."""
        return self._remembered.find(header)

    async def authenticate(self, header: str, source: str = "") -> Identity:
        """By the users."""
        username, password = _credentials(header)
        self._let_through(username, source)
        if self._waiting >= WAITING_MAX:
            raise ResourceExhausted("Expected to check a password, but too many are waiting to be checked")
        self._waiting += 1
        try:
            async with self._gate:
                self._let_through(username, source)  # what was sent together with many others has waited for those
                is_right = await asyncio.to_thread(self._users.check, username, password)
        finally:
            self._waiting -= 1
        if not is_right:
            self._attempts.was_wrong(username, source)
            raise Unauthenticated("Expected the name and password of a user, but they are wrong")
        self._attempts.was_right(username, source)
        identity = Identity(username)
        self._remembered.put(header, identity)
        return identity

    def _let_through(self, username: str, source: str) -> None:
        wait_s = self._attempts.wait_s(username, source)
        if wait_s > 0:
            raise TooManyAttempts(wait_s)

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
