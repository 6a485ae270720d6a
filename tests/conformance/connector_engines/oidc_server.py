"""A token server for OAuth client credentials, and a gateway that speaks TLS in front of an engine that does not."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import jwt
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

CLIENT_ID, CLIENT_SECRET = "connectors", "only-for-this-test"
AUDIENCE = "engine.example"
PIECE_BYTES = 65_536


class TokenServer:
    """Gives tokens to one client, and the keys to check them with."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        self.issuer = ""
        self.asked: list[dict[str, str]] = []

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_post("/oauth/token", self._token)
        application.router.add_get("/keys", self._keys)
        return application

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(form)
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return web.json_response({"error": "invalid_client"}, status=401)
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": form["audience"], "sub": CLIENT_ID, "client_id": CLIENT_ID, "iat": now}
        token = jwt.encode({**claims, "exp": now + 300}, self._key, "RS256", {"kid": "1"})
        return web.json_response({"access_token": token, "token_type": "Bearer", "expires_in": 300})

    async def _keys(self, request: web.Request) -> web.Response:
        key = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return web.json_response({"keys": [{**key, "kid": "1", "use": "sig", "alg": "RS256"}]})


@asynccontextmanager
async def served(application: web.Application) -> AsyncIterator[str]:
    """An application on a free port; gives its address."""
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def tls_gateway(certificate: Path, target: tuple[str, int]) -> AsyncIterator[int]:
    """Takes TLS off and passes on what is inside; gives its port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    context.set_alpn_protocols(["h2", "http/1.1"])
    open_tasks: set[asyncio.Task[Any]] = set()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(PIECE_BYTES):
                writer.write(piece)
                await writer.drain()
        with suppress(OSError, RuntimeError):
            writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_tasks.add(task)
        inner_reader, inner_writer = await asyncio.open_connection(*target)
        try:
            await asyncio.gather(pass_on(reader, inner_writer), pass_on(inner_reader, writer))
        except asyncio.CancelledError:
            pass
        finally:
            inner_writer.close()
            writer.close()
            open_tasks.discard(task)

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in list(open_tasks):
            task.cancel()
        if open_tasks:
            await asyncio.wait(open_tasks, timeout=5)


def certificate_of_localhost(folder: Path) -> Path:
    """A PEM file with key and certificate; it is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "localhost.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
