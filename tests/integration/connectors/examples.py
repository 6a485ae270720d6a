"""The example process of a connector, run through our engine and our runtime."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from tests.integration.running_engine import RunningEngine
from tests.shared_material import ROOT

from kiang import AsyncClient
from kiang.client.results import FoundIncident, FoundProcessInstance, FoundVariable
from kiang.connector_runtime.discovery import selected
from kiang.connector_runtime.inbound.registry import Executable
from kiang.connector_runtime.runtime import ConnectorRuntime
from kiang.connector_runtime.server import RuntimeServer
from kiang.connector_sdk import StaticSecrets
from kiang.connector_sdk.document import DocumentStore
from kiang.errors import ClientError

CONNECTORS = ROOT / "src" / "kiang" / "connectors"
INTERVAL_SECONDS = 0.2
WAIT_SECONDS_MAX = 30.0


@dataclass(frozen=True)
class Example:
    """An example that is deployed and whose connectors run.

    Attributes:
        webhook_url: Where the runtime takes calls.
    """

    client: AsyncClient
    runtime: ConnectorRuntime
    process_id: str
    webhook_url: str

    async def run(self, **variables: Any) -> Mapping[str, Any]:
        """The variables of an instance at its end."""
        try:
            async with asyncio.timeout(WAIT_SECONDS_MAX):
                return (await self.client.create_process_instance_with_result(self.process_id, variables)).variables
        except TimeoutError:
            raise AssertionError(f"it does not end; incidents: {await self.incidents()}") from None

    async def start(self, **variables: Any) -> int:
        """A new instance's key."""
        return (await self.client.create_process_instance(self.process_id, variables)).process_instance_key

    async def is_listening(self) -> None:
        """Returns once every inbound connector of the example works."""
        await _until(
            lambda: bool(self._executables()) and all(e.health.status == "UP" for e in self._executables()), self.state
        )

    def _executables(self) -> list[Executable]:
        """Those of this example: the engine may hold processes of other tests."""
        registry = self.runtime.registry
        everything = registry.executables.values() if registry is not None else ()
        return [e for e in everything if e.group.elements[0].element.process_definition_id == self.process_id]

    async def ended(self, count: int = 1) -> list[Mapping[str, Any]]:
        """The variables of the instances of this deployment that have ended, once there are so many."""
        query = {"processDefinitionId": self.process_id, "state": "COMPLETED"}
        found: Sequence[FoundProcessInstance] = ()
        try:
            async with asyncio.timeout(WAIT_SECONDS_MAX):
                while len(found) < count:
                    await asyncio.sleep(INTERVAL_SECONDS / 4)
                    found = (await self.client.search(FoundProcessInstance, query)).items
        except TimeoutError:
            raise AssertionError(f"only {len(found)} have ended; {self.state()}; {await self.incidents()}") from None
        return [await self._variables(instance.process_instance_key) for instance in found]

    def state(self) -> str:
        """How its inbound connectors are and what they have logged."""
        contexts = [executable.context for executable in self._executables()]
        return str([(c.health, [a.message for a in c.activities]) if c is not None else None for c in contexts])

    async def _variables(self, key: int) -> Mapping[str, Any]:
        page = await self.client.search(FoundVariable, {"processInstanceKey": str(key), "scopeKey": str(key)})
        return {variable.name: json.loads(variable.value) for variable in page.items}

    async def incidents(self) -> list[str]:
        """Messages of its incidents."""
        page = await self.client.search(FoundIncident, {"processDefinitionId": self.process_id})
        return [incident.error_message for incident in page.items]


@asynccontextmanager
async def example_of(
    name: str,
    engine: RunningEngine,
    *connectors: Any,
    secrets: Mapping[str, str] | None = None,
    documents: DocumentStore | None = None,
) -> AsyncIterator[Example]:
    """The example in the folder of connector `name`, with the connectors that it needs."""
    content = (CONNECTORS / name / "example.bpmn").read_bytes()
    found = selected(connectors, {})
    async with AsyncClient(engine.grpc_address, rest_address=engine.rest_url) as client:
        deployed = await client.deploy_resources({f"{name}.bpmn": content})
        process = next(p for p in deployed.processes)
        runtime = ConnectorRuntime(
            client,
            outbound=found.outbound,
            inbound=found.inbound,
            secrets=StaticSecrets(dict(secrets or {})),
            documents=documents,
            interval_seconds=INTERVAL_SECONDS,
        )
        server = RuntimeServer(runtime, host="127.0.0.1", port=0)
        await server.start()
        running = asyncio.create_task(runtime.run())
        try:
            yield Example(client, runtime, process.process_definition_id, f"http://127.0.0.1:{server.port}/inbound")
        finally:
            runtime.stop()
            async with asyncio.timeout(WAIT_SECONDS_MAX):
                with suppress(asyncio.CancelledError):
                    await running
            await server.stop()
            with suppress(ClientError):  # a test that failed has left instances behind
                await client.delete_resource(process.process_definition_key)


async def _until(is_so: Callable[[], bool], why_not: Callable[[], str]) -> None:
    try:
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            while not is_so():  # noqa: ASYNC110 - health is no event
                await asyncio.sleep(INTERVAL_SECONDS / 4)
    except TimeoutError:
        raise AssertionError(why_not()) from None
