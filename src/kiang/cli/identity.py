"""Who is let in, as `kiang serve` was told."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from kiang.errors import ConfigError
from kiang.protocol.identity import SetUpIdentity

if TYPE_CHECKING:
    from kiang.cli.engine_process import EngineSettings
    from kiang.gateway.auth.authenticator import Authenticator
    from kiang.gateway.auth.users import UserStore

ADMIN_USERNAME = "KIANG_ADMIN_USERNAME"
ADMIN_PASSWORD = "KIANG_ADMIN_PASSWORD"  # noqa: S105 - the name of a variable


ADMIN_USERS = "KIANG_ADMIN_USERS"
ADMIN_CLIENTS = "KIANG_ADMIN_CLIENTS"
"""Who administrates besides, separated by commas: users and programs of a provider."""


def first_administrators(settings: EngineSettings) -> SetUpIdentity:
    """What there always is, with the first administrators as the environment names them."""
    if settings.auth == "none":
        return SetUpIdentity()
    users = _names(ADMIN_USERS)
    if settings.auth == "basic":
        users = tuple(dict.fromkeys([*_names(ADMIN_USERNAME), *users]))
    return SetUpIdentity(users, _names(ADMIN_CLIENTS))


def _names(variable: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in os.environ.get(variable, "").split(",") if name.strip()))


def open_identity(settings: EngineSettings) -> tuple[UserStore | None, Authenticator | None]:
    """The users, if there are to be any, and who checks callers, if anybody does. The caller closes the users.

    Raises:
        ConfigError: The settings do not fit together.
    """
    if settings.auth == "none":
        if settings.multi_tenancy:
            raise ConfigError(
                "--multi-tenancy", "with --auth none", "--auth basic or oidc: tenants are those of a caller"
            )
        return None, None
    if settings.auth == "oidc":
        from kiang.gateway.auth.oidc import OidcAuthenticator, OidcSettings  # noqa: PLC0415 - needed by few

        return None, OidcAuthenticator(
            OidcSettings(settings.oidc_issuer, settings.oidc_audience, settings.oidc_jwks_url)
        )
    if settings.auth != "basic":
        raise ConfigError("--auth", settings.auth, "none, basic or oidc")
    from kiang.gateway.auth.basic import BasicAuthenticator  # noqa: PLC0415 - as above
    from kiang.gateway.auth.users import UserStore  # noqa: PLC0415

    users = UserStore(None if settings.data is None else settings.data / "identity.db")
    username, password = os.environ.get(ADMIN_USERNAME, ""), os.environ.get(ADMIN_PASSWORD, "")
    if username and password and users.is_empty():
        users.create(username, password, username, "")
    return users, BasicAuthenticator(users)
