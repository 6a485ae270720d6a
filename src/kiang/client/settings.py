"""Where the engine is and who asks: from arguments, else from the environment variables of Zeebe's and Camunda's clients."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from kiang.client.credentials import (
    BasicCredentials,
    BearerCredentials,
    Credentials,
    NoCredentials,
    OAuthCredentials,
)
from kiang.errors import ConfigError

GRPC_PORT = 26500
REST_PORT = 8080
TLS_PORT = 443
DEFAULT_TENANT = "<default>"
SAAS_OAUTH_URL = "https://login.cloud.camunda.io/oauth/token"
SAAS_AUDIENCE = "zeebe.camunda.io"

GRPC_ADDRESS_VARIABLES = ("CAMUNDA_GRPC_ADDRESS", "ZEEBE_GRPC_ADDRESS", "ZEEBE_ADDRESS", "ZEEBE_GATEWAY_ADDRESS")
REST_ADDRESS_VARIABLES = ("CAMUNDA_REST_ADDRESS", "ZEEBE_REST_ADDRESS")
CLIENT_ID_VARIABLES = ("CAMUNDA_CLIENT_ID", "CAMUNDA_CLIENT_AUTH_CLIENTID", "ZEEBE_CLIENT_ID")
CLIENT_SECRET_VARIABLES = ("CAMUNDA_CLIENT_SECRET", "CAMUNDA_CLIENT_AUTH_CLIENTSECRET", "ZEEBE_CLIENT_SECRET")
AUDIENCE_VARIABLES = ("CAMUNDA_TOKEN_AUDIENCE", "ZEEBE_TOKEN_AUDIENCE")
SCOPE_VARIABLES = ("CAMUNDA_TOKEN_SCOPE", "CAMUNDA_OAUTH_SCOPE", "ZEEBE_TOKEN_SCOPE")
OAUTH_URL_VARIABLES = ("CAMUNDA_OAUTH_URL", "ZEEBE_AUTHORIZATION_SERVER_URL")
CA_VARIABLES = ("CAMUNDA_CUSTOM_ROOT_CERT_PATH", "CAMUNDA_MTLS_CA_PATH", "ZEEBE_CA_CERTIFICATE_PATH")
TENANT_VARIABLES = ("CAMUNDA_TENANT_ID", "CAMUNDA_DEFAULT_TENANT_ID", "ZEEBE_DEFAULT_TENANT_ID")
WORKER_TENANTS_VARIABLES = ("CAMUNDA_TENANT_IDS", "ZEEBE_DEFAULT_JOB_WORKER_TENANT_IDS")

_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})
_GRPC_SCHEMES = {"grpc": False, "http": False, "grpcs": True, "https": True}
"""Scheme of a gRPC address to whether it means TLS."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Wire(StrEnum):
    """How commands travel."""

    GRPC = "grpc"
    REST = "rest"


class Strategy(StrEnum):
    """How the client proves who it is."""

    NONE = "NONE"
    BASIC = "BASIC"
    BEARER = "BEARER"
    OAUTH = "OAUTH"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    host: str
    port: int
    tls: bool = False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """Certificates, PEM files.

    Attributes:
        ca_file: Trusted instead of the system's authorities.
        certificate_file: Of the client, for mutual TLS, with `key_file`.
        key_password: Of the key file. Never shown.
        authority: Name that the server's certificate has to bear, where it is not the host of the address.
    """

    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    key_password: str = ""
    authority: str = ""

    def __repr__(self) -> str:
        return f"TlsSettings(ca_file={self.ca_file}, certificate_file={self.certificate_file}, ...)"


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Everything a client has to know. `ClientSettings.read()` fills it from arguments and the environment.

    Attributes:
        wire: For commands; searches always travel over REST.
        rest_url: With the base path, without a slash at its end.
        timeout: For one request, unless the call says otherwise.
        worker_tenant_ids: Whose jobs a worker takes.
        keep_alive: How long a connection may be silent before the client asks whether it still stands.
    """

    wire: Wire
    grpc_address: Address
    rest_url: str
    credentials: Credentials
    tls: TlsSettings
    tenant_id: str
    worker_tenant_ids: tuple[str, ...]
    timeout: timedelta
    keep_alive: timedelta

    @classmethod
    def read(
        cls,
        grpc_address: str | None = None,
        *,
        rest_address: str | None = None,
        wire: Wire | str | None = None,
        credentials: Credentials | None = None,
        tls: TlsSettings | None = None,
        tenant_id: str | None = None,
        timeout: timedelta | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> ClientSettings:
        """Arguments first, then the environment, then the defaults of a local engine.

        Args:
            grpc_address: `host:port`, or a URL with grpc, grpcs, http or https; default localhost:26500.
            rest_address: URL of the server; `/v2` is added. Default http://localhost:8080.
            wire: Default gRPC, or REST where only a REST address is given or ZEEBE_PREFER_REST is true.
            environ: Instead of the process's environment.

        Raises:
            ConfigError: Names the variable, what it is and what it should be.
        """
        env = _Environment(os.environ if environ is None else environ)
        own_tls = tls or _read_tls(env)
        grpc_name, grpc_text = ("grpc_address", grpc_address) if grpc_address else env.first(GRPC_ADDRESS_VARIABLES)
        rest_name, rest_text = ("rest_address", rest_address) if rest_address else env.first(REST_ADDRESS_VARIABLES)
        cluster, region = env.text("CAMUNDA_CLUSTER_ID"), env.text("CAMUNDA_CLUSTER_REGION")
        if cluster and region:
            grpc_text = grpc_text or f"grpcs://{cluster}.{region}.zeebe.camunda.io:{TLS_PORT}"
            rest_text = rest_text or f"https://{region}.zeebe.camunda.io/{cluster}"
        own_credentials = credentials if credentials is not None else _read_credentials(env)
        sends_secrets = not isinstance(own_credentials, NoCredentials)
        address = _grpc_address(
            grpc_name, grpc_text or f"localhost:{GRPC_PORT}", env, own_tls, sends_secrets=sends_secrets
        )
        rest_only = bool(rest_text) and not grpc_text
        if wire is None:
            wire = Wire.REST if env.flag("ZEEBE_PREFER_REST", default=rest_only) else Wire.GRPC
        try:
            own_wire = Wire(wire)
        except ValueError:
            raise ConfigError("wire", str(wire), "'grpc' or 'rest'") from None
        tenant = tenant_id or env.first(TENANT_VARIABLES)[1] or DEFAULT_TENANT
        tenants = tuple(part.strip() for part in env.first(WORKER_TENANTS_VARIABLES)[1].split(",") if part.strip())
        return cls(
            wire=own_wire,
            grpc_address=address,
            rest_url=_rest_url(rest_name, rest_text or f"http://localhost:{REST_PORT}"),
            credentials=own_credentials,
            tls=own_tls,
            tenant_id=tenant,
            worker_tenant_ids=tenants or (tenant,),
            timeout=timeout or timedelta(seconds=10),
            keep_alive=timedelta(milliseconds=env.number("ZEEBE_KEEP_ALIVE", 45_000)),
        )


class _Environment:
    """Typed reading of environment variables; blank means not set."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def text(self, name: str) -> str:
        return self._values.get(name, "").strip()

    def first(self, names: tuple[str, ...]) -> tuple[str, str]:
        """The first of these variables that is set, with its value; the last name and "" if none is."""
        for name in names:
            value = self.text(name)
            if value:
                return name, value
        return names[-1], ""

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.text(name).lower()
        if not value:
            return default
        if value not in _TRUE | _FALSE:
            raise ConfigError(name, value, "true or false")
        return value in _TRUE

    def number(self, name: str, default: int) -> int:
        value = self.text(name)
        if not value:
            return default
        try:
            number = int(value)
        except ValueError:
            raise ConfigError(name, value, "a number of milliseconds") from None
        if number <= 0:
            raise ConfigError(name, value, "a positive number of milliseconds")
        return number


def _grpc_address(name: str, text: str, env: _Environment, tls: TlsSettings, *, sends_secrets: bool) -> Address:
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "", text
    elif scheme.lower() not in _GRPC_SCHEMES:
        raise ConfigError(name, text, "host:port, or a URL with grpc, grpcs, http or https")
    try:
        parts = urlsplit(f"//{rest}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.path not in {"", "/"}:
        raise ConfigError(name, text, "host:port, or a URL with grpc, grpcs, http or https")
    if scheme:
        secure = _GRPC_SCHEMES[scheme.lower()]
    else:
        # No scheme: what was said, else TLS wherever a token or password would travel over a network.
        guess = port == TLS_PORT or tls.ca_file is not None or (sends_secrets and host not in _LOOPBACK)
        secure = not env.flag("ZEEBE_INSECURE_CONNECTION", default=not guess)
        secure = env.flag("CAMUNDA_SECURE_CONNECTION", default=secure)
        secure = env.flag("ZEEBE_SECURE_CONNECTION", default=secure)
    return Address(host, port or (TLS_PORT if secure and scheme else GRPC_PORT), secure)


def _rest_url(name: str, text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError(name, text, "a URL with http or https")
    base = text.rstrip("/")
    return base if base.endswith("/v2") else f"{base}/v2"


def _read_tls(env: _Environment) -> TlsSettings:
    def path(name: str, value: str) -> Path | None:
        if not value:
            return None
        if not Path(value).is_file():
            raise ConfigError(name, value, "the path of a PEM file")
        return Path(value)

    return TlsSettings(
        ca_file=path(*env.first(CA_VARIABLES)),
        certificate_file=path("CAMUNDA_MTLS_CERT_PATH", env.text("CAMUNDA_MTLS_CERT_PATH")),
        key_file=path("CAMUNDA_MTLS_KEY_PATH", env.text("CAMUNDA_MTLS_KEY_PATH")),
        key_password=env.text("CAMUNDA_MTLS_KEY_PASSPHRASE"),
        authority=env.text("ZEEBE_OVERRIDE_AUTHORITY"),
    )


def _read_credentials(env: _Environment) -> Credentials:
    client_id, client_secret = env.first(CLIENT_ID_VARIABLES)[1], env.first(CLIENT_SECRET_VARIABLES)[1]
    username = env.text("CAMUNDA_BASIC_AUTH_USERNAME")
    named = env.text("CAMUNDA_AUTH_STRATEGY").upper()
    if named:
        try:
            strategy = Strategy(named)
        except ValueError:
            raise ConfigError("CAMUNDA_AUTH_STRATEGY", named, "one of NONE, BASIC, BEARER, OAUTH") from None
    elif client_id and client_secret:
        strategy = Strategy.OAUTH
    elif username:
        strategy = Strategy.BASIC
    else:
        strategy = Strategy.NONE
    return _READERS[strategy](env)


def _read_oauth(env: _Environment) -> Credentials:
    client_id_name, client_id = env.first(CLIENT_ID_VARIABLES)
    secret_name, client_secret = env.first(CLIENT_SECRET_VARIABLES)
    for name, value in ((client_id_name, client_id), (secret_name, client_secret)):
        if not value:
            raise ConfigError(name, "", "set for CAMUNDA_AUTH_STRATEGY=OAUTH")
    folder = env.text("CAMUNDA_TOKEN_CACHE_DIR")
    on_disk = folder and not env.flag("CAMUNDA_TOKEN_DISK_CACHE_DISABLE", default=False)
    url_name, url = env.first(OAUTH_URL_VARIABLES)
    url = url or SAAS_OAUTH_URL
    if urlsplit(url).scheme not in {"http", "https"}:
        raise ConfigError(url_name, url, "a URL with http or https")
    return OAuthCredentials(
        url,
        client_id,
        client_secret,
        audience=env.first(AUDIENCE_VARIABLES)[1] or SAAS_AUDIENCE,
        scope=env.first(SCOPE_VARIABLES)[1],
        cache_dir=Path(folder) if on_disk else None,
        timeout=timedelta(milliseconds=env.number("ZEEBE_AUTH_READ_TIMEOUT", 5_000)),
    )


def _read_basic(env: _Environment) -> Credentials:
    username = env.text("CAMUNDA_BASIC_AUTH_USERNAME")
    if not username:
        raise ConfigError("CAMUNDA_BASIC_AUTH_USERNAME", "", "set for CAMUNDA_AUTH_STRATEGY=BASIC")
    return BasicCredentials(username, env.text("CAMUNDA_BASIC_AUTH_PASSWORD"))


def _read_bearer(env: _Environment) -> Credentials:
    token = env.text("CAMUNDA_OAUTH_TOKEN")
    if not token:
        raise ConfigError("CAMUNDA_OAUTH_TOKEN", "", "set for CAMUNDA_AUTH_STRATEGY=BEARER")
    return BearerCredentials(token)


_READERS = {
    Strategy.NONE: lambda _env: NoCredentials(),
    Strategy.BASIC: _read_basic,
    Strategy.BEARER: _read_bearer,
    Strategy.OAUTH: _read_oauth,
}
