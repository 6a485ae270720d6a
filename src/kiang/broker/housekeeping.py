"""What is kept for how long: process instances that have ended, evaluated decisions, and the record log.

It works in a thread, in small transactions with rests between them: commands go on meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kiang.broker.broker import Broker
from kiang.engine.state.audit_entry import AUDIT_ENTRIES
from kiang.errors import StoreError
from kiang.store.history import (
    REMOVED_INSTANCES,
    ended_instances,
    old_audit_entries,
    old_counts,
    old_evaluations,
    remove_evaluations,
    remove_instances,
)
from kiang.store.port import Removal

LOG = logging.getLogger(__name__)

INTERVAL_S = 60.0
"""Rest between two rounds."""

REST_S = 0.05
"""Rest between two transactions: with some 5 ms for each, a tenth of the writer's time, and 1,000 instances a second."""

LOG_PORTION = 200
"""Entries of the record log between two looks at how old they are."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept.

    Attributes:
        history_ms: Process instances after their end, and decisions after their evaluation; None for ever.
        log_ms: Entries of the record log that every exporter has seen; None for ever.
        audit_ms: Entries of the audit log, and as long as their process instance is kept; None for ever.
    """

    history_ms: int | None = None
    log_ms: int | None = None
    audit_ms: int | None = None


KEEP = Retention()
"""Everything for ever."""


@dataclass(slots=True)
class Tidied:
    """What a round has removed."""

    instances: int = 0
    decision_rows: int = 0
    log_entries: int = 0
    audit_entries: int = 0
    counts: int = 0


class Housekeeping:
    """Rounds of tidying beside a broker.

    Args:
        broker: Whose store is tidied; its clock says what is old.
        retention: What is old.
        exported_position: Up to where all exporters have read the record log; None if there are none.
    """

    def __init__(
        self,
        broker: Broker,
        retention: Retention,
        *,
        exported_position: Callable[[], int | None] = lambda: None,
        rest_s: float = REST_S,
    ) -> None:
        self._broker = broker
        self._retention = retention
        self._exported_position = exported_position
        self._rest_s = rest_s
        self._stopping = threading.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin; the first round comes at once."""
        self._task = asyncio.create_task(self._rounds(), name="kiang-housekeeping")

    async def stop(self) -> None:
        """End after the transaction that is under way."""
        self._stopping.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _rounds(self) -> None:
        while True:
            now = self._broker.clock.now_ms()
            work = asyncio.create_task(asyncio.to_thread(self.tidy, now))
            try:
                tidied = await asyncio.shield(work)
            except asyncio.CancelledError:
                await asyncio.wait([work])  # the store must not be closed before the thread has left it
                raise
            except StoreError as error:
                LOG.error("housekeeping_failed", extra={"error": str(error)})  # noqa: TRY400 - the trace says nothing more
            else:
                if tidied != Tidied():
                    LOG.info(
                        "tidied instances=%d decision_rows=%d log_entries=%d audit_entries=%d counts=%d",
                        tidied.instances,
                        tidied.decision_rows,
                        tidied.log_entries,
                        tidied.audit_entries,
                        tidied.counts,
                    )
            await asyncio.sleep(INTERVAL_S)

    def tidy(self, now_ms: int) -> Tidied:
        """One round, in the thread that calls: remove everything that is older than it has to be.

        Args:
            now_ms: Epoch ms of the engine's clock.

        Raises:
            StoreError: The store refused; what was removed before stays removed.
        """
        store, tidied = self._broker.store, Tidied()
        if (kept_ms := self._retention.history_ms) is not None:
            before_ms = now_ms - kept_ms
            for keys in self._until_stopped(ended_instances(store, before_ms)):
                for at in range(0, len(keys), REMOVED_INSTANCES):
                    portion = keys[at : at + REMOVED_INSTANCES]
                    remove_instances(store, portion)
                    tidied.instances += len(portion)
                    if self._rest():
                        return tidied
            for keys in self._until_stopped(old_evaluations(store, before_ms)):
                tidied.decision_rows += remove_evaluations(store, keys)
                self._rest()
        if (kept_ms := self._retention.audit_ms) is not None:
            for keys in self._until_stopped(old_audit_entries(store, now_ms - kept_ms)):
                tidied.audit_entries += store.remove([Removal(AUDIT_ENTRIES, "key", keys)])
                self._rest()
        for removal in old_counts(store, now_ms, self._retention.history_ms):
            tidied.counts += store.remove([removal])
            if self._rest():
                return tidied
        if (kept_ms := self._retention.log_ms) is not None:
            tidied.log_entries = self._trim_log(now_ms - kept_ms)
        return tidied

    def _trim_log(self, before_ms: int) -> int:
        store, total, after = self._broker.store, 0, 0
        seen = self._exported_position()
        while not self._stopping.is_set():
            entries = list(store.log(after, LOG_PORTION))
            old = [e for e in entries if e.time_ms < before_ms and (seen is None or e.position <= seen)]
            if not old:
                break
            after = old[-1].position
            total += store.trim_log(after + 1)
            if len(old) < LOG_PORTION or self._rest():
                break
        return total

    def _until_stopped(self, portions: Iterator[list[int]]) -> Iterator[list[int]]:
        for portion in portions:
            if self._stopping.is_set():
                return
            yield portion

    def _rest(self) -> bool:
        """Let others have the store for a moment; return whether to end."""
        return self._stopping.wait(self._rest_s)
