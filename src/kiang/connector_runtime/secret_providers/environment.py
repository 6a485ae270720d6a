"""Secrets from environment variables: `{{secrets.TOKEN}}` is the variable `SECRET_TOKEN`.

The prefix keeps the rest of the environment (`PATH`, credentials of the runtime itself) out of reach of processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kiang.connector_sdk.secret import SecretContext

PREFIX = "SECRET_"


@dataclass(frozen=True)
class EnvironmentSecrets:
    """See the module.

    Attributes:
        tenant_aware: The tenant's id and `_` follow the prefix.
        process_aware: The process id and `_` follow.
    """

    environ: Mapping[str, str]
    prefix: str = PREFIX
    tenant_aware: bool = False
    process_aware: bool = False

    async def secret(self, name: str, context: SecretContext) -> str | None:
        """See `SecretProvider`."""
        return self.environ.get(self._prefix_for(context) + name)

    async def names(self, context: SecretContext) -> Iterable[str]:
        """See `ListedSecrets`."""
        prefix = self._prefix_for(context)
        return [name.removeprefix(prefix) for name in self.environ if name.startswith(prefix) and name != prefix]

    def _prefix_for(self, context: SecretContext) -> str:
        tenant = f"{context.tenant_id}_" if self.tenant_aware else ""
        process = f"{context.process_definition_id}_" if self.process_aware else ""
        return f"{self.prefix}{tenant}{process}"


def from_environment(environ: Mapping[str, str]) -> EnvironmentSecrets | None:
    """On unless CAMUNDA_CONNECTOR_SECRETPROVIDER_ENVIRONMENT_ENABLED is false."""
    base = "CAMUNDA_CONNECTOR_SECRETPROVIDER_ENVIRONMENT_"
    if environ.get(base + "ENABLED", "true").lower() == "false":
        return None
    return EnvironmentSecrets(
        environ,
        environ.get(base + "PREFIX", PREFIX),
        environ.get(base + "TENANTAWARE", "false").lower() == "true",
        environ.get(base + "PROCESSDEFINITIONAWARE", "false").lower() == "true",
    )
