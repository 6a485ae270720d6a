"""grpc.health.v1.Health: whether the engine takes requests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from kiang.gateway.grpc.broker_port import BrokerPort
from kiang.gateway.grpc.rpc import SERVICE
from kiang.wire.health_pb2 import HealthCheckRequest, HealthCheckResponse
from kiang.wire.http2.server import Method, ServerCall
from kiang.wire.status import StatusCode

SERVICES = frozenset({"", SERVICE})
WATCH_INTERVAL_S = 0.5
"""Between two looks for somebody who watches."""


def health_methods(broker: BrokerPort) -> Iterator[Method]:
    """The methods of the service."""
    yield Method("/grpc.health.v1.Health/Check", HealthCheckRequest.FromString, _Check(broker))
    yield Method("/grpc.health.v1.Health/Watch", HealthCheckRequest.FromString, _Watch(broker))


class _Check:
    def __init__(self, broker: BrokerPort) -> None:
        self._broker = broker

    def __call__(self, request: HealthCheckRequest, call: ServerCall) -> None:
        if request.service not in SERVICES:
            call.fail(StatusCode.NOT_FOUND, f"unknown service {request.service}")
            return
        call.reply(HealthCheckResponse(status=_status(self._broker, request.service)).SerializeToString())


class _Watch:
    """Tells the status now and whenever it has changed, until the client goes."""

    def __init__(self, broker: BrokerPort) -> None:
        self._broker = broker

    def __call__(self, request: HealthCheckRequest, call: ServerCall) -> None:
        self._look(request.service, call, -1)

    def _look(self, service: str, call: ServerCall, told: int) -> None:
        if call.is_done:
            return
        status = _status(self._broker, service)
        if status != told:
            call.send(HealthCheckResponse(status=status).SerializeToString())
        timer = asyncio.get_running_loop().call_later(WATCH_INTERVAL_S, self._look, service, call, status)
        call.on_cancel = timer.cancel


def _status(broker: BrokerPort, service: str) -> int:
    if service not in SERVICES:
        return HealthCheckResponse.SERVICE_UNKNOWN
    return HealthCheckResponse.SERVING if broker.health.is_ready else HealthCheckResponse.NOT_SERVING
