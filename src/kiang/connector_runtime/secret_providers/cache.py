"""Secrets of a remote provider, kept for a short while so that a busy connector does not ask for each job."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from kiang.connector_sdk.secret import ListedSecrets, SecretContext, SecretProvider

TTL_SECONDS = 20.0
"""How long a rotated secret may stay in use."""

ENTRIES_MAX = 1_000


class CachedSecrets:
    """Remembers answers of another provider; that it does not know a name too."""

    def __init__(
        self, provider: SecretProvider, ttl_seconds: float = TTL_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._provider = provider
        self._ttl = ttl_seconds
        self._clock = clock
        self._known: dict[tuple[str, SecretContext], tuple[float, str | None]] = {}

    async def secret(self, name: str, context: SecretContext) -> str | None:
        """See `SecretProvider`."""
        key = (name, context)
        entry = self._known.get(key)
        if entry is not None and entry[0] > self._clock():
            return entry[1]
        value = await self._provider.secret(name, context)
        if len(self._known) >= ENTRIES_MAX:
            self._known.clear()
        self._known[key] = (self._clock() + self._ttl, value)
        return value

    async def names(self, context: SecretContext) -> Iterable[str]:
        """See `ListedSecrets`; not remembered."""
        return await self._provider.names(context) if isinstance(self._provider, ListedSecrets) else ()
