"""The official SDKs with credentials: a password, and tokens that a provider gives them, which this server trusts."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from camunda_orchestration_sdk import CamundaClient
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from tests.integration.running_engine import RunningEngine, running_engine
from tests.integration.sdk_processes import write_processes
from tests.integration.test_rest_sdk_node import STORY_SECONDS_MAX, installed

from kiang.gateway.http_listener import HttpListener

__all__ = ["installed"]

CALLER, PASSWORD = "deployer", "only-for-this-test"
PROVIDER_SECONDS_MAX = 10


class Provider:
    """An OpenID Connect provider with one client: discovery, keys, and tokens for client credentials (RFC 6749 §4.4)."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.issuer = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        status, document = self.answer(
            scope["path"], {name: values[0] for name, values in parse_qs(body.decode()).items()}
        )
        content = json.dumps(document).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, Any]:
        if path == "/.well-known/openid-configuration":
            return 200, {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"}
        if path == "/keys":
            return 200, {
                "keys": [{**json.loads(RSAAlgorithm.to_jwk(self.key.public_key())), "kid": "one", "use": "sig"}]
            }
        if (form.get("client_id"), form.get("client_secret")) != (CALLER, PASSWORD):
            return 401, {"error": "invalid_client"}
        claims = {
            "iss": self.issuer,
            "aud": form.get("audience"),
            "exp": time.time() + 60,
            "client_id": CALLER,
            "sub": "id",
        }
        token = jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "one"})
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": 60}


@contextmanager
def provider() -> Iterator[str]:
    """A provider that listens; its address."""
    ready, box = threading.Event(), []

    async def serve() -> None:
        one, stop = Provider(), asyncio.Event()
        listener = HttpListener(one)
        one.issuer = f"http://127.0.0.1:{await listener.start('127.0.0.1', 0)}"
        box.extend([one.issuer, asyncio.get_running_loop(), stop])
        ready.set()
        await stop.wait()
        await listener.stop(1)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(PROVIDER_SECONDS_MAX)
    try:
        yield box[0]
    finally:
        box[1].call_soon_threadsafe(box[2].set)
        thread.join(PROVIDER_SECONDS_MAX)


@pytest.fixture(params=["BASIC", "OAUTH"])
def guarded(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, RunningEngine, str]]:
    """A server that asks who is calling: the strategy, the server, and where tokens are."""
    with provider() as issuer:
        if request.param == "BASIC":
            monkeypatch.setenv("KIANG_ADMIN_USERNAME", CALLER)
            monkeypatch.setenv("KIANG_ADMIN_PASSWORD", PASSWORD)
            options = ["--auth=basic"]
        else:
            monkeypatch.setenv("KIANG_ADMIN_CLIENTS", CALLER)
            options = ["--auth=oidc", f"--oidc-issuer={issuer}", "--oidc-audience=kiang"]
        with running_engine(tmp_path / "data", *options) as engine:
            yield request.param, engine, f"{issuer}/token"


def test_the_sdks_log_in(guarded: tuple[str, RunningEngine, str], installed: Path, tmp_path: Path) -> None:
    strategy, engine, token_url = guarded
    write_processes(tmp_path)
    done = subprocess.run(
        ["node", "logged_in.js", strategy, engine.rest_url, str(tmp_path), engine.grpc_address, token_url],
        check=False,
        cwd=installed,
        env={**os.environ, "CALLER": CALLER, "PASSWORD": PASSWORD, "HOME": str(tmp_path)},
        timeout=STORY_SECONDS_MAX,
        capture_output=True,
        text=True,
    )
    configuration = {
        "CAMUNDA_REST_ADDRESS": engine.rest_url,
        "CAMUNDA_AUTH_STRATEGY": strategy,
        "CAMUNDA_BASIC_AUTH_USERNAME": CALLER,
        "CAMUNDA_BASIC_AUTH_PASSWORD": PASSWORD,
        "CAMUNDA_CLIENT_ID": CALLER,
        "CAMUNDA_CLIENT_SECRET": PASSWORD,
        "CAMUNDA_OAUTH_URL": token_url,
        "CAMUNDA_TOKEN_AUDIENCE": "kiang",
    }
    with CamundaClient(configuration=configuration) as client:
        me = client.get_authentication()

    assert done.returncode == 0, (done.stdout + done.stderr)[-3_000:]
    seen = json.loads(done.stdout.strip().splitlines()[-1])
    assert seen == {"cluster": CALLER, "deployed": 1, "partitions": 1, "same": True, "refused": True}
    assert CALLER in {me.username, getattr(me, "client_id", None)}
