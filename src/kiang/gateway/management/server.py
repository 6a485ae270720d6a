"""The management port: what orchestrators probe and Prometheus scrapes, at the paths that the originals have.

/actuator/health, /actuator/health/{status,startup,readiness,liveness}    Spring's form: {"status": "UP"}
/ready, /health, /startup, /live                                          204 or 503, no body
/actuator/prometheus, /metrics                                            Prometheus' text format
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import CollectorRegistry

from kiang.broker.health import Health, HealthState
from kiang.gateway.http_listener import HttpListener

_encode = msgspec.json.Encoder().encode

Check = Callable[[Health], bool]


class Metered(Protocol):
    """Something with metrics."""

    registry: CollectorRegistry


class Managed(Protocol):
    """What the port tells about."""

    @property
    def health(self) -> Health:
        """How it is."""
        ...

    @property
    def metrics(self) -> Metered:
        """What it has done."""
        ...


def _is_started(health: Health) -> bool:
    return health.state is not HealthState.STARTING


def _is_ready(health: Health) -> bool:
    return health.is_ready


def _is_live(health: Health) -> bool:
    return health.is_live


CHECKS: dict[str, tuple[str, Check]] = {
    "/actuator/health": ("broker", _is_ready),
    "/actuator/health/status": ("brokerStatus", _is_ready),
    "/actuator/health/readiness": ("brokerReady", _is_ready),
    "/actuator/health/liveness": ("brokerLive", _is_live),
    "/actuator/health/startup": ("brokerStartup", _is_started),
}
"""Path to the name of its component and the question."""

BARE_CHECKS: dict[str, Check] = {
    "/ready": _is_ready,
    "/health": _is_live,
    "/live": _is_live,
    "/startup": _is_started,
}
METRICS_PATHS = ("/actuator/prometheus", "/metrics")


class ManagementServer:
    """Serves health checks and metrics.

    Args:
        broker: What to tell about.
        host: Address to listen at.
        port: 0 for a free one; `port` is the real one after `start`.
    """

    def __init__(self, broker: Managed, host: str = "127.0.0.1", port: int = 9600) -> None:
        self.host = host
        self.port = port
        self._broker = broker
        self._listener = HttpListener(self)

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: The address is taken or not this machine's.
        """
        self.port = await self._listener.start(self.host, self.port)

    async def stop(self, grace_s: float = 1.0) -> None:
        """Close. May be called twice."""
        await self._listener.stop(grace_s)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG002 - ASGI's signature
        """Serve one request."""
        status, content_type, content = self._answer(scope["method"], scope["path"].rstrip("/"))
        headers = [(b"content-length", str(len(content)).encode())]
        if content_type:
            headers.append((b"content-type", content_type.encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers if status != 204 else []})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})

    def _answer(self, method: str, path: str) -> tuple[int, str, bytes]:
        if method not in {"GET", "HEAD"}:
            return 405, "", b""
        health = self._broker.health
        if path in CHECKS:
            return _health(*CHECKS[path], health)
        if path in BARE_CHECKS:
            return (204 if BARE_CHECKS[path](health) else 503), "", b""
        if path in METRICS_PATHS:
            return 200, CONTENT_TYPE_LATEST, generate_latest(self._broker.metrics.registry)
        return 404, "", b""


def _health(component: str, check: Check, health: Health) -> tuple[int, str, bytes]:
    is_up = check(health)
    status = "UP" if is_up else "DOWN"
    details = {"state": health.state, "reason": health.reason}
    body = {"status": status, "components": {component: {"status": status, "details": details}}}
    return (200 if is_up else 503), "application/json", _encode(body)
