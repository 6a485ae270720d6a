"""Secrets from Google Cloud's Secret Manager: one secret, named by KIANG_GCP_SECRET (`projects/P/secrets/S/versions/latest`), holds
a JSON object of many names. The token comes from the metadata server of the machine, or from KIANG_GCP_TOKEN.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from kiang.connector_runtime.secret_providers.cache import CachedSecrets
from kiang.connector_sdk.secret import SecretContext
from kiang.errors import ConnectorError

ENDPOINT = "https://secretmanager.googleapis.com"
METADATA_TOKEN_URL = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"  # noqa: S105 - a URL
TIMEOUT_SECONDS = 10.0


@dataclass
class GcpSecrets:
    """See the module."""

    secret_name: str
    token: str = field(default="", repr=False)
    endpoint: str = ENDPOINT

    async def secret(self, name: str, context: SecretContext) -> str | None:
        """See `SecretProvider`.

        Raises:
            ConnectorError: SECRET_PROVIDER_ERROR, if Google refuses or cannot be reached; the job is retried.
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
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as client:
                token = self.token or await self._machine_token(client)
                response = await client.get(
                    f"{self.endpoint}/v1/{self.secret_name}:access", headers={"Authorization": f"Bearer {token}"}
                )
                response.raise_for_status()
            values = json.loads(base64.b64decode(response.json()["payload"]["data"]))
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise ConnectorError(
                "SECRET_PROVIDER_ERROR", f"Google Secret Manager gave no secrets: {type(error).__name__}"
            ) from None
        return values if isinstance(values, dict) else {}

    async def _machine_token(self, client: httpx.AsyncClient) -> str:
        response = await client.get(METADATA_TOKEN_URL, headers={"Metadata-Flavor": "Google"})
        response.raise_for_status()
        return str(response.json()["access_token"])


def from_environment(environ: Mapping[str, str]) -> CachedSecrets | None:
    """On when KIANG_GCP_SECRET is there."""
    name = environ.get("KIANG_GCP_SECRET")
    if not name:
        return None
    endpoint = environ.get("KIANG_GCP_ENDPOINT", ENDPOINT)
    return CachedSecrets(GcpSecrets(name, environ.get("KIANG_GCP_TOKEN", ""), endpoint))
