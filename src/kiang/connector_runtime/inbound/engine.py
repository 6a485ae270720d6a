"""What the inbound half asks of an engine, and how our client, and with it any Camunda 8 engine, answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple, Protocol

from kiang.client import AsyncClient
from kiang.client.results import FoundElementInstance, FoundProcessDefinition, FoundVariable

PAGE_SIZE = 200
VARIABLES_MAX = 1_000
"""Of one scope that expressions of a poller see."""


class DeployedProcess(NamedTuple):
    """A version of a process."""

    key: int
    process_definition_id: str
    version: int
    tenant_id: str


class Waiting(NamedTuple):
    """An element instance that is active."""

    process_instance_key: int
    element_instance_key: int


class InboundEngine(Protocol):
    """The engine behind inbound connectors. Raises only `kiang.errors.ClientError`."""

    async def latest_processes(self) -> list[DeployedProcess]:
        """The latest version of every process."""
        ...

    async def xml(self, process_definition_key: int) -> bytes:
        """The BPMN file of a version."""
        ...

    async def start(
        self, process: DeployedProcess, variables: Mapping[str, Any], *, waits: bool
    ) -> tuple[int, Mapping[str, Any]]:
        """Create an instance of exactly this version; gives its key, and its variables if it was waited for."""
        ...

    async def publish(
        self, name: str, key: str, variables: Mapping[str, Any], *, message_id: str, ttl: timedelta, tenant_id: str
    ) -> int:
        """Publish a message; gives its key."""
        ...

    async def correlate(self, name: str, key: str, variables: Mapping[str, Any], *, tenant_id: str) -> tuple[int, int]:
        """Correlate a message now; gives the keys of the message and of the instance."""
        ...

    async def waiting(self, process_definition_key: int, element_id: str) -> list[Waiting]:
        """Where instances are active at an element."""
        ...

    async def variables(self, waiting: Waiting) -> dict[str, Any]:
        """Variables that an element instance sees."""
        ...


class ClientEngine:
    """An engine behind `AsyncClient`: commands over gRPC or REST, searches over REST."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def latest_processes(self) -> list[DeployedProcess]:
        """See `InboundEngine`."""
        latest: dict[tuple[str, str], DeployedProcess] = {}
        after = ""
        while True:
            page = await self._client.search(FoundProcessDefinition, limit=PAGE_SIZE, after=after)
            for found in page.items:
                process = DeployedProcess(
                    found.process_definition_key, found.process_definition_id, found.version, found.tenant_id
                )
                known = latest.get((process.tenant_id, process.process_definition_id))
                if known is None or known.version < process.version:
                    latest[process.tenant_id, process.process_definition_id] = process
            if len(page.items) < PAGE_SIZE or not page.end_cursor:
                return list(latest.values())
            after = page.end_cursor

    async def xml(self, process_definition_key: int) -> bytes:
        """See `InboundEngine`."""
        return await self._client.process_definition_xml(process_definition_key)

    async def start(
        self, process: DeployedProcess, variables: Mapping[str, Any], *, waits: bool
    ) -> tuple[int, Mapping[str, Any]]:
        """See `InboundEngine`."""
        if waits:
            result = await self._client.create_process_instance_with_result(
                process.process_definition_id, variables, version=process.version, tenant_id=process.tenant_id
            )
            return result.process_instance_key, result.variables
        created = await self._client.create_process_instance(
            process.process_definition_id, variables, version=process.version, tenant_id=process.tenant_id
        )
        return created.process_instance_key, {}

    async def publish(
        self, name: str, key: str, variables: Mapping[str, Any], *, message_id: str, ttl: timedelta, tenant_id: str
    ) -> int:
        """See `InboundEngine`."""
        published = await self._client.publish_message(
            name, key, variables, time_to_live=ttl, message_id=message_id, tenant_id=tenant_id
        )
        return published.message_key

    async def correlate(self, name: str, key: str, variables: Mapping[str, Any], *, tenant_id: str) -> tuple[int, int]:
        """See `InboundEngine`."""
        correlated = await self._client.correlate_message(name, key, variables, tenant_id=tenant_id)
        return correlated.message_key, correlated.process_instance_key

    async def waiting(self, process_definition_key: int, element_id: str) -> list[Waiting]:
        """See `InboundEngine`."""
        found: list[Waiting] = []
        after = ""
        query = {"processDefinitionKey": str(process_definition_key), "elementId": element_id, "state": "ACTIVE"}
        while True:
            page = await self._client.search(FoundElementInstance, query, limit=PAGE_SIZE, after=after)
            found += [Waiting(item.process_instance_key, item.element_instance_key) for item in page.items]
            if len(page.items) < PAGE_SIZE or not page.end_cursor:
                return found
            after = page.end_cursor

    async def variables(self, waiting: Waiting) -> dict[str, Any]:
        """See `InboundEngine`: those of the process instance, and over them those of the element."""
        found: dict[str, Any] = {}
        for scope in (waiting.process_instance_key, waiting.element_instance_key):
            page = await self._client.search(FoundVariable, {"scopeKey": str(scope)}, limit=VARIABLES_MAX)
            found.update(
                (variable.name, json.loads(variable.value)) for variable in page.items if not variable.is_truncated
            )
        return found
