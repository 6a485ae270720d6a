"""The connector runtime: a job worker for outbound connectors, a watcher for inbound ones, and their HTTP side, in one process."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from kiang.client import AsyncClient
from kiang.connector_runtime.documents import ClusterDocuments
from kiang.connector_runtime.element_inputs import ElementInputs
from kiang.connector_runtime.handler import AllowedSecrets, add_connector
from kiang.connector_runtime.inbound.engine import ClientEngine, InboundEngine
from kiang.connector_runtime.inbound.importer import INTERVAL_SECONDS, InboundImporter
from kiang.connector_runtime.inbound.registry import InboundRegistry
from kiang.connector_runtime.metrics import RuntimeMetrics
from kiang.connector_runtime.outbound import OutboundRunner
from kiang.connector_runtime.settings import Settings
from kiang.connector_sdk.document import DocumentStore, MemoryDocumentStore
from kiang.connector_sdk.inbound import InboundConnector
from kiang.connector_sdk.outbound import OutboundConnector, Resources
from kiang.connector_sdk.reach import SETTINGS, HttpSettings
from kiang.connector_sdk.secret import SecretProvider, StaticSecrets
from kiang.worker import JobPort, Worker

MAX_JOBS = 100
"""Of one connector at once."""

_log = logging.getLogger(__name__)


class ConnectorRuntime:
    """Runs connectors until it is stopped; then it finishes what it holds.

        runtime = ConnectorRuntime(AsyncClient(), outbound=discovered())
        await runtime.run()

    Args:
        client: Where jobs come from: a client of an engine, or any port of a worker, for example `camunda7.ExternalTaskPort`.
        engine: For inbound connectors and for reading processes; made of the client unless given.
        allowed_secrets: Instead of what `engine` tells of an element's inputs.

    Attributes:
        registry: Inbound connectors that run; None if there are none to run.
    """

    def __init__(
        self,
        client: AsyncClient | JobPort,
        *,
        outbound: Iterable[OutboundConnector] = (),
        inbound: Iterable[InboundConnector] = (),
        engine: InboundEngine | None = None,
        allowed_secrets: AllowedSecrets | None = None,
        secrets: SecretProvider | None = None,
        settings: Settings | None = None,
        http_settings: HttpSettings | None = None,
        documents: DocumentStore | None = None,
        name: str = "kiang-connectors",
        max_jobs: int = MAX_JOBS,
        grace: timedelta = timedelta(seconds=30),
        interval_seconds: float = INTERVAL_SECONDS,
    ) -> None:
        self.name = name
        self.outbound = tuple(outbound)
        self.metrics = RuntimeMetrics()
        self._resources = Resources()
        if http_settings is not None:
            self._resources.get(SETTINGS, lambda: http_settings)
        provider = secrets or StaticSecrets({})
        store = documents or self._documents_of(client)
        if engine is None and isinstance(client, AsyncClient):
            engine = ClientEngine(client)
        names = allowed_secrets
        if names is None and engine is not None:
            names = ElementInputs(engine).secret_names
        runner = OutboundRunner(provider, settings or Settings(), store, self._resources, engine)
        self._worker = Worker(client, name=name, max_jobs=max_jobs, grace=grace)
        for connector in self.outbound:
            add_connector(self._worker, connector, runner, allowed_secrets=names, metrics=self.metrics)
        connectors: Mapping[str, InboundConnector] = {connector.type: connector for connector in inbound}
        self.registry: InboundRegistry | None = None
        self._importer: InboundImporter | None = None
        if connectors and engine is not None:
            self.registry = InboundRegistry(
                engine, connectors, secrets=provider, documents=store, resources=self._resources
            )
            self._importer = InboundImporter(engine, self.registry, connectors, interval_seconds=interval_seconds)
        self._started = time.monotonic()
        self._stop_asked = asyncio.Event()

    def _documents_of(self, client: AsyncClient | JobPort) -> DocumentStore:
        """The store of the cluster; memory where documents have no other place."""
        if not isinstance(client, AsyncClient):
            return MemoryDocumentStore()
        settings = client.settings
        return self._resources.get("cluster-documents", lambda: ClusterDocuments(settings), ClusterDocuments.close)

    @property
    def is_ready(self) -> bool:
        """Whether deployed processes have been looked at once, if inbound connectors are to run."""
        return self._importer is None or self._importer.is_ready

    @property
    def uptime_seconds(self) -> int:
        """Since it was made."""
        return int(time.monotonic() - self._started)

    async def run(self) -> None:
        """Until `stop` or cancellation.

        Raises:
            ClientError: The engine refuses to give jobs, and would refuse again.
        """
        tasks: list[asyncio.Task[Any]] = [asyncio.create_task(self._stop_asked.wait())]
        if self.outbound:
            tasks.append(asyncio.create_task(self._worker.run_async()))
        if self._importer is not None:
            tasks.append(asyncio.create_task(self._importer.run()))
        _log.info("connectors_started outbound=%d inbound=%d", len(self.outbound), int(self.registry is not None))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._worker.stop()
            if self._importer is not None:
                tasks[-1].cancel()
            for task in tasks[1:]:
                with suppress(asyncio.CancelledError, Exception):
                    await task
            tasks[0].cancel()
            if self.registry is not None:
                await self.registry.close()
            await self._resources.close()
            _log.info("connectors_stopped")

    def stop(self) -> None:
        """Ask it to end; `run` returns when it has."""
        self._stop_asked.set()
