"""Where secrets come from: one file per provider. An own provider is an entry point of the group `kiang.secret_providers`.

An entry point names a function that takes the environment (a mapping) and gives a `SecretProvider`, or None if it is not configured.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points

from kiang.connector_runtime.secret_providers import aws, dotenv, environment, files, gcp, vault
from kiang.connector_runtime.secret_providers.cache import CachedSecrets
from kiang.connector_sdk.secret import SecretChain, SecretProvider

GROUP = "kiang.secret_providers"

Factory = Callable[[Mapping[str, str]], SecretProvider | None]

BUILT_IN: tuple[Factory, ...] = (
    environment.from_environment,
    dotenv.from_environment,
    files.from_environment,
    vault.from_environment,
    aws.from_environment,
    gcp.from_environment,
)
"""In the order in which they are asked."""


def configured(environ: Mapping[str, str] | None = None) -> SecretChain:
    """Every provider that the environment configures, remote ones cached, own ones last.

    Raises:
        ConfigError: A provider is configured in part only.
    """
    known = os.environ if environ is None else environ
    own = [entry.load() for entry in entry_points(group=GROUP)]
    providers = [provider for factory in (*BUILT_IN, *own) if (provider := factory(known)) is not None]
    return SecretChain(providers)


__all__ = ["BUILT_IN", "GROUP", "CachedSecrets", "configured"]
