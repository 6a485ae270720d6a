"""The port of authentication, and the answer for a server where nobody has to say who they are."""

from __future__ import annotations

import hashlib
import math
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from kiang.errors import KiangError

HEADER_CHARACTERS_MAX = 16_384
"""An authorization header; tokens with many claims have a few thousand characters."""

KNOWN_MAX = 10_000
"""Headers whose check is remembered, about 200 bytes each: checking a password takes 50 ms on purpose."""

KNOWN_S = 60.0
"""How long a check is remembered: a changed password or a deleted user is noticed after this at the latest."""


class Unauthenticated(KiangError):
    """The caller has not proved who it is."""


class TooManyAttempts(Unauthenticated):
    """The caller has been wrong too often.

    Attributes:
        wait_s: It may try again after this.
    """

    def __init__(self, wait_s: float) -> None:
        self.wait_s = math.ceil(wait_s)
        super().__init__(f"Expected the name and password of a user, but too many were wrong: wait {self.wait_s} s")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking.

    Attributes:
        name: User name, or the subject of a token.
        is_client: A program with a token of its own, not a person.
        claims: Of the token, as JSON text; mapping rules look at them.
    """

    name: str
    is_client: bool = False
    claims: str = "{}"


class Authenticator(Protocol):
    """Checks authorization headers.

    Contract: `known` answers at once, from memory; `authenticate` may take time and must be awaited where `known` says None. A
    header is never logged.
    """

    challenge: str
    users_are_elsewhere: bool
    """They are an identity provider's: we do not know who there is."""

    def known(self, header: str) -> Identity | None:
        """Who has sent this header, if that was checked a short while ago."""
        ...

    async def authenticate(self, header: str, source: str = "") -> Identity:
        """Who has sent this header, from the address `source`.

        Raises:
            Unauthenticated: Nobody known has.
            ResourceExhausted: Too many are being checked.
        """
        ...


class Remembered:
    """Headers that were checked a short while ago, by their digest: the headers themselves are not kept."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, tuple[Identity, float]] = OrderedDict()

    def find(self, header: str) -> Identity | None:
        """Who has sent it; None if it was not checked, or too long ago."""
        found = self._known.get(_digest(header))
        if found is None or found[1] <= time.monotonic():
            return None
        return found[0]

    def put(self, header: str, identity: Identity, seconds: float = KNOWN_S) -> None:
        """It was checked; remember it for so long at most."""
        self._known[_digest(header)] = (identity, time.monotonic() + min(seconds, KNOWN_S))
        if len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)

    def clear(self) -> None:
        """Forget everything: users have changed."""
        self._known.clear()


def _digest(header: str) -> bytes:
    return hashlib.sha256(header.encode("utf-8", "replace")).digest()
