"""TLS by certificate and key."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import grpc
import grpc.aio
import pytest
from tests.unit.gateway_grpc.conftest import Stub

from kiang.errors import ConfigError
from kiang.gateway.grpc.server import GrpcServer
from kiang.wire import gateway_pb2 as pb
from kiang.wire.channel import RpcError
from kiang.wire.http2.client import GrpcChannel
from kiang.wire.status import StatusCode

TOPOLOGY = "/gateway_protocol.Gateway/Topology"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Paths of a certificate for localhost that signs itself, and of its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed, so no certificate can be made for the test")
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = [
        openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    return str(certificate), str(key)


@pytest.fixture
async def secure_server(broker, certificate):
    server = GrpcServer(broker, port=0, tls=certificate)
    await server.start()
    yield server
    await server.stop(0)


async def test_the_reference_client_connects_with_the_certificate(secure_server, certificate):
    credentials = grpc.ssl_channel_credentials(Path(certificate[0]).read_bytes())
    async with grpc.aio.secure_channel(f"localhost:{secure_server.port}", credentials) as channel:
        topology = await Stub(channel).Topology()

    assert topology.clusterSize == 1


async def test_our_client_connects_with_the_certificate(secure_server, certificate):
    channel = GrpcChannel("localhost", secure_server.port, tls=ssl.create_default_context(cafile=certificate[0]))
    await channel.connect()
    topology = await channel.unary(TOPOLOGY, pb.TopologyRequest(), pb.TopologyResponse, timeout_s=5)
    await channel.close()

    assert topology.clusterSize == 1


async def test_a_client_that_does_not_trust_the_certificate_is_not_connected(secure_server):
    channel = GrpcChannel("localhost", secure_server.port, tls=ssl.create_default_context())
    with pytest.raises(RpcError) as caught:
        await channel.connect()

    assert caught.value.code is StatusCode.UNAVAILABLE


async def test_plaintext_to_a_tls_port_is_not_connected(secure_server):
    channel = GrpcChannel("localhost", secure_server.port)
    with pytest.raises(RpcError) as caught:
        await channel.connect(timeout_s=5)

    assert caught.value.code is StatusCode.UNAVAILABLE


def test_a_certificate_that_cannot_be_read_is_told(broker, tmp_path):
    with pytest.raises(ConfigError):
        GrpcServer(broker, tls=(str(tmp_path / "none.pem"), str(tmp_path / "none.key")))
