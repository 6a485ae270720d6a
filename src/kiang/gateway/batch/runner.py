"""Works through the items of batch operations, oldest operation first, as fast as the broker takes them.

An item whose command was executed just before the process ended is tried again after a restart; the engine refuses what is done already.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Protocol

import msgspec

from kiang.errors import KiangError, ResourceExhausted, Unavailable
from kiang.gateway.auth.audit import audited
from kiang.gateway.batch.kinds import STEPS, HistoryRemoval, Plan, Step, decode_plan
from kiang.gateway.batch.store import BatchStore, Done, Pending
from kiang.gateway.deletions import delete_evaluations, delete_instances
from kiang.protocol.answers import Rejection
from kiang.protocol.audit import Audit, NoteOperations, Operation
from kiang.protocol.commands import Command
from kiang.search.search import Search
from kiang.store.port import Store

LOG = logging.getLogger(__name__)

CHUNK_ITEMS = 100
"""Items whose outcome is noted in one transaction."""

IN_FLIGHT = 8
"""Commands that wait for their answer at once: an operation must not crowd out everybody else."""

RETRY_S = 0.2
"""Rest when the broker takes no more for the moment."""

TRIES_MAX = 50
"""Tries of one item while the broker takes no more; the item fails then."""

ERROR_CHARACTERS_MAX = 2_000


class Executor(Protocol):
    """Executes commands: the broker."""

    store: Store

    async def execute(self, command: Command, *, timeout_ms: int | None = None) -> Any:
        """Carry out a command."""
        ...


class BatchRunner:
    """See the module."""

    def __init__(self, broker: Executor, search: Search, store: BatchStore, now_ms: Any) -> None:
        self._broker = broker
        self._search = search
        self._store = store
        self._now_ms = now_ms
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, or go on with what was left by the process before."""
        self._wake.set()
        self._task = asyncio.create_task(self._run(), name="kiang-batch-operations")

    def wake(self) -> None:
        """There is something new to do."""
        self._wake.set()

    async def stop(self) -> None:
        """End after the items that are in flight; may be called twice."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                await self._wake.wait()
                self._wake.clear()
                while await self._chunk():
                    pass
            except Exception:
                LOG.exception("batch operation failed")
                await asyncio.sleep(RETRY_S)
                self._wake.set()

    async def _chunk(self) -> bool:
        found = await asyncio.to_thread(self._store.next, CHUNK_ITEMS)
        if found is None:
            return False
        key, type_, plan, items = found
        gate = asyncio.Semaphore(IN_FLIGHT)
        whole = decode_plan(plan)
        if whole.audit is not None:
            audit = msgspec.structs.replace(whole.audit, batch_operation_key=key, batch_operation_type=type_)
            whole = msgspec.structs.replace(whole, audit=audit)
        ended = await asyncio.gather(*(self._item(type_, whole, item, gate) for item in items), return_exceptions=True)
        done = [one for one in ended if isinstance(one, Done)]
        await asyncio.to_thread(self._store.finish_items, key, done, self._now_ms())
        for one in ended:
            if isinstance(one, BaseException):
                raise one  # what is done is noted: only the others are tried again
        return True

    async def _item(self, type_: str, plan: Plan, item: Pending, gate: asyncio.Semaphore) -> Done:
        async with gate:
            steps = await self._search.read(lambda run: STEPS[type_](item.item_key, plan, run))
            for step in steps:
                refusal = await self._take(step, plan.audit)
                if refusal:
                    return Done(item.key, refusal[:ERROR_CHARACTERS_MAX])
        return Done(item.key, "")

    async def _take(self, step: Step, audit: Audit | None) -> str:
        """Why a step was not taken; "" if it was."""
        if not isinstance(step, HistoryRemoval):
            return await self._execute(step if audit is None else audited(step, audit))
        try:
            operations = await asyncio.to_thread(self._remove, step)
        except KiangError as error:
            return str(error)
        return "" if audit is None else await self._execute(NoteOperations(audit, operations))

    def _remove(self, removal: HistoryRemoval) -> tuple[Operation, ...]:
        store = self._broker.store
        return delete_instances(store, removal.instance_keys) + delete_evaluations(store, removal.evaluation_keys)

    async def _execute(self, command: Command) -> str:
        """Why a command was not executed; "" if it was."""
        refusal = ""
        for _ in range(TRIES_MAX):
            try:
                answer = await self._broker.execute(command)
            except (ResourceExhausted, Unavailable) as busy:
                refusal = str(busy)
                await asyncio.sleep(RETRY_S)
                continue
            except KiangError as error:
                return str(error) or type(error).__name__
            return answer.message if type(answer) is Rejection else ""
        return refusal
