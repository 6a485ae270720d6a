from collections.abc import AsyncIterator

import httpx
import pytest
from tests.unit.gateway_rest.simulated_broker import SimulatedBroker

from kiang.gateway.rest.server import RestServer


@pytest.fixture
def broker() -> SimulatedBroker:
    return SimulatedBroker()


@pytest.fixture
async def server(broker: SimulatedBroker) -> AsyncIterator[RestServer]:
    server = RestServer(broker, port=0)
    await server.start()
    yield server
    await server.stop(1)


@pytest.fixture
async def http(server: RestServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=5) as client:
        yield client
