"""Secrets from AWS Secrets Manager: one secret of AWS, named by KIANG_AWS_SECRET_ID, holds a JSON object of many names.

Needs the extra `kiang[aws]`; credentials and region come from the usual places of the AWS SDK.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from typing import Any

from kiang.connector_runtime.secret_providers.cache import CachedSecrets
from kiang.connector_sdk.secret import SecretContext
from kiang.errors import ConfigError, ConnectorError


class AwsSecrets:
    """See the module."""

    def __init__(self, client: Any, secret_id: str) -> None:
        self._client = client
        self._secret_id = secret_id

    async def secret(self, name: str, context: SecretContext) -> str | None:
        """See `SecretProvider`.

        Raises:
            ConnectorError: SECRET_PROVIDER_ERROR, if AWS refuses or cannot be reached; the job is retried.
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
            answer = await asyncio.to_thread(self._client.get_secret_value, SecretId=self._secret_id)
            values = json.loads(answer["SecretString"])
        except Exception as error:  # noqa: BLE001 - botocore makes its error classes at run time
            raise ConnectorError(
                "SECRET_PROVIDER_ERROR", f"AWS Secrets Manager gave no secrets: {type(error).__name__}"
            ) from None
        return values if isinstance(values, dict) else {}


def from_environment(environ: Mapping[str, str]) -> CachedSecrets | None:
    """On when KIANG_AWS_SECRET_ID is there.

    Raises:
        ConfigError: boto3 is not installed.
    """
    secret_id = environ.get("KIANG_AWS_SECRET_ID")
    if not secret_id:
        return None
    try:
        import boto3  # noqa: PLC0415 - an extra
    except ImportError:
        raise ConfigError(
            "KIANG_AWS_SECRET_ID", secret_id, "unset, or boto3 installed: pip install 'kiang[aws]'"
        ) from None
    client = boto3.client("secretsmanager", endpoint_url=environ.get("KIANG_AWS_ENDPOINT") or None)
    return CachedSecrets(AwsSecrets(client, secret_id))
