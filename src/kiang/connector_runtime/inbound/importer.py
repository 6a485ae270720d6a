"""Watches deployed processes and keeps the registry in line with them."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping

from kiang.connector_runtime.inbound.elements import ServedElement, served_elements
from kiang.connector_runtime.inbound.engine import DeployedProcess, InboundEngine
from kiang.connector_runtime.inbound.grouping import grouped
from kiang.connector_runtime.inbound.registry import InboundRegistry
from kiang.connector_sdk.inbound import InboundConnector
from kiang.errors import ClientError, InvalidBpmnError

INTERVAL_SECONDS = 5.0
FILES_MAX = 1_000
"""Processes whose elements are remembered."""

_log = logging.getLogger(__name__)


class InboundImporter:
    """Asks the engine for the latest version of every process, again and again.

    Attributes:
        is_ready: The first answer has come.
        checked: Process definitions looked at so far.
    """

    def __init__(
        self,
        engine: InboundEngine,
        registry: InboundRegistry,
        connectors: Mapping[str, InboundConnector],
        *,
        interval_seconds: float = INTERVAL_SECONDS,
    ) -> None:
        self.is_ready = False
        self.checked = 0
        self._engine = engine
        self._registry = registry
        self._connectors = connectors
        self._interval = interval_seconds
        self._elements: OrderedDict[int, list[ServedElement]] = OrderedDict()

    async def run(self) -> None:
        """Until cancelled. An engine that cannot be reached leaves everything as it is."""
        while True:
            try:
                await self.once()
            except ClientError as error:
                _log.warning("inbound_import_failed error=%s", type(error).__name__)
            await asyncio.sleep(self._interval)

    async def once(self) -> None:
        """One look.

        Raises:
            ClientError: The engine could not be asked.
        """
        elements: list[ServedElement] = []
        for process in await self._engine.latest_processes():
            elements += await self._served(process)
            self.checked += 1
        await self._registry.apply(grouped(elements, self._connectors))
        self.is_ready = True

    async def _served(self, process: DeployedProcess) -> list[ServedElement]:
        known = self._elements.get(process.key)
        if known is not None:
            self._elements.move_to_end(process.key)
            return known
        xml = await self._engine.xml(process.key)
        try:
            found = served_elements(xml, process.process_definition_id, process.key, process.version, process.tenant_id)
        except InvalidBpmnError:
            _log.warning("inbound_file_unreadable process_definition_key=%d", process.key)
            found = []
        self._elements[process.key] = found
        while len(self._elements) > FILES_MAX:
            self._elements.popitem(last=False)
        return found
