"""Running inbound connectors: started, swapped without a stop, stopped, as the deployed processes ask."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from kiang.connector_runtime.inbound.correlation import MESSAGE_TTL, GroupCorrelator
from kiang.connector_runtime.inbound.engine import InboundEngine
from kiang.connector_runtime.inbound.grouping import Group
from kiang.connector_runtime.inbound.properties import bound_properties
from kiang.connector_sdk.document import DocumentStore, MemoryDocumentStore
from kiang.connector_sdk.inbound import (
    Correlator,
    Health,
    InboundConnector,
    InboundContext,
    Severity,
    Webhook,
    call_arguments,
)
from kiang.connector_sdk.outbound import Resources
from kiang.connector_sdk.secret import SecretProvider, StaticSecrets, mask
from kiang.errors import ConnectorError, ConnectorInputError, ConnectorRetryError

RESTART_DELAY_MIN = timedelta(seconds=5)
RESTART_DELAY_MAX = timedelta(minutes=5)
STOP_GRACE_SECONDS = 10.0

_log = logging.getLogger(__name__)


class _Swappable:
    """The correlator of a context: another group can take its place while the connector runs."""

    def __init__(self, correlator: GroupCorrelator) -> None:
        self.current = correlator

    def __getattr__(self, name: str) -> Any:
        return getattr(self.current, name)


@dataclass
class Executable:
    """One inbound connector and what it serves.

    Attributes:
        state: Activated, Cancelled, ConnectorNotRegistered, FailedToActivate or InvalidDefinition.
        webhook: Of a webhook: what is called for each request.
        path: Of a webhook: the last part of its URL.
    """

    group: Group
    connector: InboundConnector | None
    state: str = "Activated"
    context: InboundContext | None = None
    webhook: Webhook | None = None
    path: str = ""
    activated_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    fault: str = ""
    task: asyncio.Task[None] | None = None
    correlator: _Swappable | None = None

    @property
    def health(self) -> Health:
        """As the connector has reported it, or why there is none to report."""
        if self.context is None:
            return Health.down(self.fault or self.state)
        return self.context.health


class InboundRegistry:
    """All executables of a runtime.

    `apply` brings them in line with a snapshot of groups; everything else looks at them.
    """

    def __init__(
        self,
        engine: InboundEngine,
        connectors: Mapping[str, InboundConnector],
        *,
        secrets: SecretProvider | None = None,
        documents: DocumentStore | None = None,
        resources: Resources | None = None,
        message_ttl: timedelta = MESSAGE_TTL,
    ) -> None:
        self.executables: dict[str, Executable] = {}
        self.counts = {"activated": 0, "deactivated": 0, "activation-failed": 0}
        self._engine = engine
        self._connectors = connectors
        self._secrets = secrets or StaticSecrets({})
        self._documents = documents or MemoryDocumentStore()
        self._resources = resources or Resources()
        self._ttl = message_ttl

    async def apply(self, groups: Mapping[str, Group]) -> None:
        """Start what is new, swap what has changed in the runtime's own properties, restart the rest, stop what is gone."""
        for group_id in [known for known in self.executables if known not in groups]:
            await self._stop(self.executables.pop(group_id))
        for group_id, group in groups.items():
            executable = self.executables.get(group_id)
            if executable is None:
                await self._activate(group)
            elif executable.group == group:
                continue
            elif self._can_swap(executable, group):
                executable.group = group
                assert executable.context is not None
                assert executable.correlator is not None
                executable.context.definition = group.definition
                executable.correlator.current = self._correlator_of(group)
                executable.context.log(Severity.INFO, "Lifecycle", "Elements changed; swapped without a restart")
            else:
                await self._stop(self.executables.pop(group_id))
                await self._activate(group)
        await self._next_in_line()

    async def reset(self, executable_id: str) -> None:
        """Start an executable again by hand.

        Raises:
            KeyError: There is none of that id.
        """
        executable = self.executables.pop(executable_id)
        await self._stop(executable)
        await self._activate(executable.group)

    async def close(self) -> None:
        """Stop everything."""
        running, self.executables = list(self.executables.values()), {}
        await asyncio.gather(*(self._stop(executable) for executable in running))

    def webhook(self, path: str) -> Executable | None:
        """The webhook that is served under a path now."""
        for executable in self.executables.values():
            if executable.path == path and executable.webhook is not None:
                return executable
        return None

    def _can_swap(self, executable: Executable, group: Group) -> bool:
        return (
            executable.context is not None
            and executable.state == "Activated"
            and not group.fault
            and executable.group.properties == group.properties
            and executable.group.type == group.type
        )

    async def _activate(self, group: Group) -> None:
        connector = self._connectors.get(group.type)
        executable = self.executables[group.id] = Executable(group, connector)
        if connector is None:
            executable.state = "ConnectorNotRegistered"
            executable.fault = f"Connector {group.type} is not registered"
            return
        if group.fault:
            executable.state, executable.fault = "InvalidDefinition", group.fault
            self.counts["activation-failed"] += 1
            return
        correlator = executable.correlator = _Swappable(self._correlator_of(group))
        secrets: tuple[str, ...] = ()
        try:
            properties, secrets = await bound_properties(connector, group, self._secrets, self._documents)
            context = InboundContext(
                group.definition,
                _as_correlator(correlator),
                documents=self._documents,
                resources=self._resources,
                secrets=secrets,
            )
            if connector.kind == "webhook":
                self._open_webhook(executable, connector, properties, context)
            else:
                executable.task = asyncio.create_task(self._supervise(executable, connector, properties, context))
        except Exception as error:  # noqa: BLE001 - a connector's own code; one that fails must not end the rest
            executable.state, executable.fault = "FailedToActivate", mask(_text(error), secrets)
            self.counts["activation-failed"] += 1
            _log.warning("inbound_activation_failed type=%s error=%s", group.type, type(error).__name__)
            return
        executable.context = context
        context.log(Severity.INFO, "Lifecycle", "Activated")
        self.counts["activated"] += 1
        _log.info("inbound_activated type=%s elements=%d", group.type, len(group.elements))

    def _correlator_of(self, group: Group) -> GroupCorrelator:
        connector = self._connectors.get(group.type)
        if connector is None or connector.instance_properties is None:
            return GroupCorrelator(self._engine, group, self._ttl)

        async def bind(variables: Mapping[str, Any]) -> Any:
            properties, _ = await bound_properties(connector, group, self._secrets, self._documents, variables)
            return properties

        return GroupCorrelator(self._engine, group, self._ttl, bind)

    def _open_webhook(
        self, executable: Executable, connector: InboundConnector, properties: Any, context: InboundContext
    ) -> None:
        executable.path = executable.group.properties.get("inbound.context", "")
        if not executable.path.strip():
            raise ConnectorInputError(
                "Expected the property inbound.context to name the webhook's path, but it is empty."
            )
        holder = next(
            (e for e in self.executables.values() if e is not executable and e.path == executable.path and e.webhook),
            None,
        )
        executable.webhook = connector.target(**call_arguments(connector.target.__init__, properties, context))
        if holder is None:
            context.report(Health.up(path=executable.path))
            return
        element = holder.group.elements[0].element
        executable.state = "Queued"
        executable.webhook = None
        context.report(
            Health.down(
                f"Context: {executable.path} already in use by: process {element.process_definition_id}({element.element_id})"
            )
        )

    async def _next_in_line(self) -> None:
        """A webhook whose path has become free is opened."""
        for executable in list(self.executables.values()):
            if executable.state == "Queued" and self.webhook(executable.path) is None:
                del self.executables[executable.group.id]
                await self._activate(executable.group)

    async def _supervise(
        self, executable: Executable, connector: InboundConnector, properties: Any, context: InboundContext
    ) -> None:
        """Run a subscription; when it ends by an error, again after a growing pause."""
        delay = RESTART_DELAY_MIN
        retries: int | None = None
        while True:
            started = asyncio.get_running_loop().time()
            try:
                await connector.target(**call_arguments(connector.target, properties, context))
            except ConnectorInputError as error:
                context.report(Health.down(error))
                context.log(Severity.ERROR, "Lifecycle", _text(error))
                executable.state, executable.fault = "Cancelled", _text(error)
                return
            except Exception as error:  # noqa: BLE001 - whatever it raises, it is started again
                context.report(Health.down(error))
                context.log(Severity.ERROR, "Lifecycle", _text(error))
                if isinstance(error, ConnectorRetryError):
                    retries = error.retries if retries is None else retries - 1
                    if retries is not None and retries <= 0:
                        executable.state, executable.fault = "Cancelled", _text(error)
                        return
                    if error.backoff is not None:
                        delay = error.backoff
            else:
                context.report(Health.down("The connector has ended by itself"))
                executable.state = "Cancelled"
                return
            if asyncio.get_running_loop().time() - started > RESTART_DELAY_MAX.total_seconds():
                delay = RESTART_DELAY_MIN
            await asyncio.sleep(delay.total_seconds() * random.uniform(0.9, 1.1))  # noqa: S311 - spreads restarts
            delay = min(delay * 2, RESTART_DELAY_MAX)
            context.log(Severity.INFO, "Lifecycle", "Starting again")

    async def _stop(self, executable: Executable) -> None:
        task = executable.task
        if task is not None and not task.done():
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await asyncio.wait_for(task, STOP_GRACE_SECONDS)
        close = getattr(executable.webhook, "close", None)
        if close is not None:
            with suppress(Exception):
                await close()
        if executable.context is not None:
            self.counts["deactivated"] += 1
            executable.context.log(Severity.INFO, "Lifecycle", "Deactivated")


def states_of(executables: Iterable[Executable]) -> dict[str, int]:
    """How many executables are in each state."""
    counts: dict[str, int] = {}
    for executable in executables:
        counts[executable.state] = counts.get(executable.state, 0) + 1
    return counts


def _as_correlator(correlator: Any) -> Correlator:
    return correlator  # type: ignore[no-any-return]


def _text(error: Exception) -> str:
    return str(error) if isinstance(error, ConnectorError) and str(error) else f"{type(error).__name__}: {error}"
