"""A correlator for tests of inbound connectors: answers every event alike, or as told, and remembers it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from typing import Any

from kiang.connector_sdk import Resources
from kiang.connector_sdk.inbound import (
    CorrelationResult,
    InboundContext,
    InboundDefinition,
    InboundElement,
    Outcome,
    WaitingInstance,
)

WAIT_SECONDS_MAX = 90.0


class Answering:
    """See the module; `outcomes` are used one after the other, the last one for ever."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.events: list[tuple[Any, str]] = []
        self._outcomes: Iterator[Outcome] = iter(outcomes)
        self._last = outcomes[-1]
        self._changed = asyncio.Event()

    async def correlate(self, variables: Any, message_id: str) -> CorrelationResult:
        self.events.append((variables, message_id))
        self._changed.set()
        return CorrelationResult(next(self._outcomes, self._last))

    async def can_activate(self, variables: Any) -> CorrelationResult:
        return CorrelationResult(self._last)

    async def waiting_instances(self) -> list[WaitingInstance]:
        return []

    async def correlate_to(self, instance: WaitingInstance, variables: Any) -> CorrelationResult:
        return await self.correlate(variables, str(instance.element_instance_key))

    async def until(self, events: int) -> None:
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            while len(self.events) < events:
                self._changed.clear()
                await self._changed.wait()


def context_for(connector_type: str, correlator: Answering) -> InboundContext:
    element = InboundElement("process", 1, 1, "start")
    definition = InboundDefinition(connector_type, (element,), "dedup-id")
    return InboundContext(definition, correlator, resources=Resources())


async def while_running(subscription: Coroutine[Any, Any, None], body: Coroutine[Any, Any, Any]) -> Any:
    """What `body` gives while a subscription runs; the subscription is cancelled cleanly."""
    task = asyncio.create_task(subscription)
    try:
        return await body
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
