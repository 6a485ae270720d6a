"""Probes and metrics."""

from collections.abc import AsyncIterator

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter

from kiang.broker.health import Health, HealthState
from kiang.gateway.management.server import ManagementServer


class SimulatedMetrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        Counter("jobs", "Jobs", registry=self.registry).inc(3)


class SimulatedManaged:
    def __init__(self) -> None:
        self.health = Health()
        self.metrics = SimulatedMetrics()


@pytest.fixture
def managed() -> SimulatedManaged:
    return SimulatedManaged()


@pytest.fixture
async def http(managed: SimulatedManaged) -> AsyncIterator[httpx.AsyncClient]:
    server = ManagementServer(managed, "127.0.0.1", 0)
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=5) as client:
        yield client
    await server.stop()


@pytest.mark.parametrize(
    ("state", "ready", "live", "started"),
    [
        (HealthState.STARTING, False, True, False),
        (HealthState.HEALTHY, True, True, True),
        (HealthState.DEGRADED, False, True, True),
        (HealthState.DEAD, False, False, True),
    ],
)
async def test_each_probe_answers_its_own_question(
    http: httpx.AsyncClient, managed: SimulatedManaged, state: HealthState, ready: bool, live: bool, started: bool
) -> None:
    managed.health.set(state, "because")

    for path, expected in {
        "/ready": ready,
        "/health": live,
        "/startup": started,
    }.items():
        answer = await http.get(path)
        assert (answer.status_code, answer.content) == (204 if expected else 503, b""), path
    for path, expected in {
        "/actuator/health": ready,
        "/actuator/health/readiness": ready,
        "/actuator/health/liveness": live,
        "/actuator/health/startup": started,
    }.items():
        answer = await http.get(path)
        assert (answer.status_code, answer.json()["status"]) == ((200, "UP") if expected else (503, "DOWN")), path


async def test_metrics_are_in_the_format_of_prometheus(http: httpx.AsyncClient) -> None:
    for path in ("/metrics", "/actuator/prometheus"):
        answer = await http.get(path)
        assert answer.headers["content-type"].startswith("text/plain")
        assert "jobs_total 3.0" in answer.text


async def test_nothing_else_is_there(http: httpx.AsyncClient) -> None:
    assert (await http.get("/actuator/env")).status_code == 404
    assert (await http.post("/metrics")).status_code == 405
