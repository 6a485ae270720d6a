"""Servers that do not do their part: refuse, hang, break off, answer what is no HTTP, or show a certificate that nobody trusts."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

BAD_PEERS = ("refuses", "hangs", "hangs in the body", "resets", "breaks off", "answers garbage")


@asynccontextmanager
async def bad_peer(behaviour: str) -> AsyncIterator[str]:
    """The URL of a peer that behaves so."""
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read(1)
            if behaviour == "hangs":
                await ended.wait()
            elif behaviour == "hangs in the body":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<a>")
                await ended.wait()
            elif behaviour == "breaks off":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<a>")
                await writer.drain()
            elif behaviour == "answers garbage":
                writer.write(b"\x00\x01garbage\r\n\r\n")
                await writer.drain()
            elif behaviour == "resets":
                writer.transport.abort()
        finally:
            writer.close()

    if behaviour == "refuses":
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            yield f"http://127.0.0.1:{unused.getsockname()[1]}"
        return
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        ended.set()
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def untrusted_peer(folder: Path) -> AsyncIterator[str]:
    """The URL of a peer over TLS whose certificate it has signed itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(folder))
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    try:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


def _certificate(folder: Path) -> Path:
    from cryptography import x509  # noqa: PLC0415 - heavy, and only this needs it
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
