"""The gRPC server."""

from __future__ import annotations

import ssl

from kiang.errors import ConfigError
from kiang.gateway.auth.access import AccessControl, IdentityRows
from kiang.gateway.auth.audit import DEFAULT_AUDIT, SILENT, AuditPolicy, AuditSettings
from kiang.gateway.auth.authenticator import Authenticator
from kiang.gateway.grpc.auditing_broker import AuditingBroker
from kiang.gateway.grpc.authentication import guarded
from kiang.gateway.grpc.broker_port import BrokerPort
from kiang.gateway.grpc.health import health_methods
from kiang.gateway.grpc.limited_broker import LimitedBroker
from kiang.gateway.grpc.rpcs import RPCS
from kiang.wire.http2.listener import Listener


class GrpcServer:
    """Serves the gateway protocol for a broker.

    Args:
        broker: Carries out the commands.
        host: Address to listen at.
        port: 0 for a free one; `port` is the real one after `start`.
        authenticator: Checks who is asking; None if nobody has to say. Health is for everybody.
        access_control: Knows what callers may do; None if whoever is let in may do everything.
        rows: With `access_control`: where things are found that commands name.
        tls: Paths of certificate chain and private key, both PEM; None for plaintext.
        audit: Whose operations are noted in the audit log.

    Raises:
        ConfigError: Certificate or key cannot be used.
    """

    def __init__(
        self,
        broker: BrokerPort,
        *,
        host: str = "127.0.0.1",
        port: int = 26500,
        tls: tuple[str, str] | None = None,
        authenticator: Authenticator | None = None,
        access_control: AccessControl | None = None,
        rows: IdentityRows | None = None,
        audit: AuditSettings = DEFAULT_AUDIT,
    ) -> None:
        self.host = host
        self.port = port
        limited: BrokerPort = broker
        if audit != SILENT:
            limited = AuditingBroker(limited, AuditPolicy(audit), is_anonymous=authenticator is None)
        if access_control is not None and rows is not None:
            limited = LimitedBroker(limited, rows, access_control)
        methods = [rpc.method(limited) for rpc in RPCS]
        if authenticator is not None:
            methods = [guarded(method, authenticator, access_control) for method in methods]
        self._listener = Listener([*methods, *health_methods(broker)], tls=None if tls is None else _context(*tls))

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: The address is taken or not this machine's.
        """
        await self._listener.start(self.host, self.port)
        self.port = self._listener.port

    async def stop(self, grace_s: float = 5.0) -> None:
        """Take no more clients, and give open calls `grace_s` to end. May be called twice."""
        await self._listener.stop(grace_s)


def _context(certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError("tls", f"{certificate}, {key}: {error}", "a certificate chain and its key in PEM") from None
    return context
