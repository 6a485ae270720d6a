"""Where secrets come from: each provider against a server that answers as the real one does, or a folder."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aiohttp import web

from kiang.connector_runtime.secret_providers import configured
from kiang.connector_sdk.secret import SecretContext
from kiang.errors import ConfigError, ConnectorError

VALUES = {"TOKEN": "very-secret", "PORT": 5432}
OFF = {"CAMUNDA_CONNECTOR_SECRETPROVIDER_ENVIRONMENT_ENABLED": "false"}
CONTEXT = SecretContext()


@pytest.fixture
async def peer() -> AsyncIterator[Any]:
    """A Vault and a Google Secret Manager; `peer.status` is what they answer, `peer.asked` the tokens that came."""

    class Peer:
        url = ""
        status = 200
        asked: list[str | None]

    peer = Peer()
    peer.asked = []

    async def vault(request: web.Request) -> web.Response:
        peer.asked.append(request.headers.get("X-Vault-Token"))
        return web.json_response({"data": {"data": VALUES, "metadata": {}}}, status=peer.status)

    async def google(request: web.Request) -> web.Response:
        peer.asked.append(request.headers.get("Authorization"))
        data = base64.b64encode(json.dumps(VALUES).encode()).decode()
        return web.json_response({"payload": {"data": data}}, status=peer.status)

    application = web.Application()
    application.router.add_get("/v1/secret/data/connectors", vault)
    application.router.add_get("/v1/projects/p/secrets/s/versions/latest:access", google)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    peer.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[union-attr]
    yield peer
    await runner.cleanup()


def environ_of(kind: str, url: str) -> dict[str, str]:
    return (
        OFF
        | {
            "vault": {"VAULT_ADDR": url, "VAULT_TOKEN": "t"},
            "google": {
                "KIANG_GCP_SECRET": "projects/p/secrets/s/versions/latest",
                "KIANG_GCP_TOKEN": "t",
                "KIANG_GCP_ENDPOINT": url,
            },
        }[kind]
    )


@pytest.mark.parametrize(("kind", "token"), [("vault", "t"), ("google", "Bearer t")])
async def test_a_remote_secret_of_many_names_is_asked_once_per_name(peer: Any, kind: str, token: str) -> None:
    secrets = configured(environ_of(kind, peer.url))

    found = [await secrets.secret(name, CONTEXT) for name in ("TOKEN", "PORT", "TOKEN", "OTHER")]

    assert found == ["very-secret", "5432", "very-secret", None]
    assert peer.asked == [token] * 3
    assert set(await secrets.names(CONTEXT)) == {"TOKEN", "PORT"}


@pytest.mark.parametrize("kind", ["vault", "google"])
async def test_a_remote_store_that_refuses_is_a_reason_to_try_again(peer: Any, kind: str) -> None:
    peer.status = 403
    secrets = configured(environ_of(kind, peer.url))

    for asking in (secrets.secret("TOKEN", CONTEXT), secrets.names(CONTEXT)):
        with pytest.raises(ConnectorError) as refused:
            await asking
        assert refused.value.code == "SECRET_PROVIDER_ERROR"
        assert "very-secret" not in str(refused.value)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    boto3 = pytest.importorskip("boto3", reason="boto3 is not installed")
    moto_server = pytest.importorskip("moto.server", reason="moto is not installed")
    server = moto_server.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
        ("AWS_DEFAULT_REGION", "eu-central-1"),
    ):
        monkeypatch.setenv(name, value)
    client = boto3.client("secretsmanager", endpoint_url=f"http://{host}:{port}")
    client.create_secret(Name="connectors", SecretString=json.dumps(VALUES))
    yield f"http://{host}:{port}"
    server.stop()


async def test_secrets_of_aws(aws: str) -> None:
    secrets = configured(OFF | {"KIANG_AWS_SECRET_ID": "connectors", "KIANG_AWS_ENDPOINT": aws})
    missing = configured(OFF | {"KIANG_AWS_SECRET_ID": "nothing", "KIANG_AWS_ENDPOINT": aws})

    assert [await secrets.secret(name, CONTEXT) for name in ("TOKEN", "OTHER")] == ["very-secret", None]
    assert set(await secrets.names(CONTEXT)) == {"TOKEN", "PORT"}
    with pytest.raises(ConnectorError):
        await missing.secret("TOKEN", CONTEXT)


async def test_the_environment_gives_only_what_begins_with_the_prefix() -> None:
    secrets = configured({"SECRET_A": "1", "SECRET_": "2", "HOME": "/root"})
    per_tenant = configured(
        {"S_acme_A": "1", "S_other_B": "2", "CAMUNDA_CONNECTOR_SECRETPROVIDER_ENVIRONMENT_PREFIX": "S_"}
        | {"CAMUNDA_CONNECTOR_SECRETPROVIDER_ENVIRONMENT_TENANTAWARE": "true"}
    )

    assert list(await secrets.names(CONTEXT)) == ["A"]
    assert await secrets.secret("HOME", CONTEXT) is None
    assert list(await per_tenant.names(SecretContext("acme"))) == ["A"]
    assert await per_tenant.secret("B", SecretContext("acme")) is None


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        ({"VAULT_ADDR": "http://vault"}, "VAULT_TOKEN"),
        ({"KIANG_SECRETS_DIRECTORY": "/nowhere/at/all"}, "KIANG_SECRETS_DIRECTORY"),
        ({"KIANG_SECRETS_FILE": "/nowhere/at/all"}, "KIANG_SECRETS_FILE"),
    ],
)
def test_half_a_configuration_is_refused(environ: dict[str, str], variable: str) -> None:
    with pytest.raises(ConfigError, match=variable):
        configured(environ)
