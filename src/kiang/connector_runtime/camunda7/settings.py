"""Where a Camunda 7 is and who asks: from arguments, else from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from kiang.client.credentials import BasicCredentials, BearerCredentials, Credentials, NoCredentials
from kiang.client.settings import TlsSettings
from kiang.errors import ConfigError

RETRIES_DEFAULT = 3
"""Tries of a task that says nothing else; the number that Camunda 7 gives its own jobs."""

POLL_SECONDS_DEFAULT = 5.0
"""How long a poll stays open. Camunda 7 does not notice that a client has gone, and locks tasks for it: so a worker that stops waits
for its open poll to be answered, at most so long, and unlocks what it brings."""

POLL_SECONDS_MAX = 30 * 60
"""The longest poll that Camunda 7 accepts."""

_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"", "false", "0", "no", "off"})


@dataclass(frozen=True, slots=True)
class Camunda7Settings:
    """See the module.

    Attributes:
        url: Of the REST API, for example `http://localhost:8080/engine-rest`, or `…/engine-rest/engine/NAME`.
        all_variables: Also the variables of the process reach a connector, not only the input parameters of its task.
        tenant_ids: Whose tasks are taken; empty for all.
        retries: Tries of a task without the extension property `retries`.
        poll_seconds: See POLL_SECONDS_DEFAULT.
    """

    url: str
    credentials: Credentials
    tls: TlsSettings = field(default_factory=TlsSettings)
    all_variables: bool = False
    tenant_ids: tuple[str, ...] = ()
    retries: int = RETRIES_DEFAULT
    poll_seconds: float = POLL_SECONDS_DEFAULT

    @classmethod
    def read(cls, url: str | None = None, environ: Mapping[str, str] | None = None) -> Camunda7Settings | None:
        """The argument first, then KIANG_CAMUNDA7_URL; None if neither names a Camunda 7.

        Raises:
            ConfigError: A variable has no sensible value.
        """
        env = os.environ if environ is None else environ

        def text(name: str) -> str:
            return env.get(f"KIANG_CAMUNDA7_{name}", "").strip()

        address = url or text("URL")
        if not address:
            return None
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigError("KIANG_CAMUNDA7_URL", address, "a URL such as http://localhost:8080/engine-rest")
        if parts.username or parts.password:
            raise ConfigError(
                "KIANG_CAMUNDA7_URL",
                "a URL with a password",
                "one without: name it in KIANG_CAMUNDA7_USERNAME and KIANG_CAMUNDA7_PASSWORD",
            )
        ca_file = text("CA_FILE")
        if ca_file and not Path(ca_file).is_file():
            raise ConfigError("KIANG_CAMUNDA7_CA_FILE", ca_file, "the path of a PEM file")
        everything = text("ALL_VARIABLES").lower()
        if everything not in _TRUE | _FALSE:
            raise ConfigError("KIANG_CAMUNDA7_ALL_VARIABLES", everything, "true or false")
        retries = text("RETRIES") or str(RETRIES_DEFAULT)
        if not retries.isdigit() or int(retries) < 1:
            raise ConfigError("KIANG_CAMUNDA7_RETRIES", retries, "a number from 1 on")
        try:
            poll_seconds = float(text("POLL_SECONDS") or POLL_SECONDS_DEFAULT)
        except ValueError:
            poll_seconds = 0.0
        if not 0 < poll_seconds <= POLL_SECONDS_MAX:
            raise ConfigError(
                "KIANG_CAMUNDA7_POLL_SECONDS", text("POLL_SECONDS"), f"a positive number, at most {POLL_SECONDS_MAX}"
            )
        return cls(
            address.rstrip("/"),
            _credentials(text("USERNAME"), text("PASSWORD"), text("TOKEN")),
            TlsSettings(ca_file=Path(ca_file) if ca_file else None),
            everything in _TRUE,
            tuple(part.strip() for part in text("TENANT_IDS").split(",") if part.strip()),
            int(retries),
            poll_seconds,
        )


def _credentials(username: str, password: str, token: str) -> Credentials:
    if username:
        return BasicCredentials(username, password)
    return BearerCredentials(token) if token else NoCredentials()
