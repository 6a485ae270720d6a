"""Secrets from HashiCorp Vault's key-value store, version 2: one secret of Vault holds many names.

VAULT_ADDR, VAULT_TOKEN, and KIANG_VAULT_PATH (`secret/data/connectors` unless told otherwise); VAULT_NAMESPACE where there is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from kiang.connector_runtime.secret_providers.cache import CachedSecrets
from kiang.connector_sdk.secret import SecretContext
from kiang.errors import ConfigError, ConnectorError

TIMEOUT_SECONDS = 10.0


@dataclass
class VaultSecrets:
    """See the module."""

    address: str
    token: str = field(repr=False)
    path: str = "secret/data/connectors"
    namespace: str = ""

    async def secret(self, name: str, context: SecretContext) -> str | None:
        """See `SecretProvider`.

        Raises:
            ConnectorError: SECRET_PROVIDER_ERROR, if Vault refuses or cannot be reached; the job is retried.
        """
        del context
        value = (await self._values()).get(name)
        return None if value is None else str(value)

    async def names(self, context: SecretContext) -> Iterable[str]:
        """See `ListedSecrets`.

        Raises:
            ConnectorError: As for `secret`.
        """
        del context
        return await self._values()

    async def _values(self) -> dict[str, Any]:
        headers = {"X-Vault-Token": self.token}
        if self.namespace:
            headers["X-Vault-Namespace"] = self.namespace
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as client:
                response = await client.get(f"{self.address.rstrip('/')}/v1/{self.path.strip('/')}", headers=headers)
        except httpx.HTTPError as error:
            raise ConnectorError(
                "SECRET_PROVIDER_ERROR", f"Vault could not be reached: {type(error).__name__}"
            ) from None
        if response.status_code == httpx.codes.NOT_FOUND:
            return {}
        if response.is_error:
            raise ConnectorError("SECRET_PROVIDER_ERROR", f"Vault answered with status {response.status_code}")
        data = response.json().get("data", {})
        values = data.get("data", data)
        return values if isinstance(values, dict) else {}


def from_environment(environ: Mapping[str, str]) -> CachedSecrets | None:
    """On when VAULT_ADDR is there.

    Raises:
        ConfigError: VAULT_TOKEN is missing.
    """
    address = environ.get("VAULT_ADDR")
    if not address:
        return None
    token = environ.get("VAULT_TOKEN")
    if not token:
        raise ConfigError("VAULT_TOKEN", "", "a token that may read KIANG_VAULT_PATH, since VAULT_ADDR is set")
    path = environ.get("KIANG_VAULT_PATH", "secret/data/connectors")
    return CachedSecrets(VaultSecrets(address, token, path, environ.get("VAULT_NAMESPACE", "")))
