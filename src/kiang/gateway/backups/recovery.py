"""The mode of the engine, and restoring a backup into it.

In recovery mode nothing but searches and backups works. A restore checks the backup while the engine answers, then has the engine
restarted on it: clients lose their connections for a moment, and find it processing again, in the state of the backup.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from kiang.errors import InvalidArgument, InvalidState, KiangError, NotFound
from kiang.gateway.backups.backup import Backup, BackupKind, BackupState
from kiang.gateway.backups.backups import Backups
from kiang.store.backup import check

logger = logging.getLogger("kiang.gateway.recovery")


class Mode(StrEnum):
    """What the engine does."""

    PROCESSING = "PROCESSING"
    RECOVERING = "RECOVERING"


class RecoverableBroker(Protocol):
    """A broker that can rest."""

    async def enter_recovery(self) -> None:
        """Refuse commands until `leave_recovery`."""
        ...

    def leave_recovery(self) -> None:
        """Take commands again."""
        ...


class Restore(NamedTuple):
    """A restore that is under way.

    Attributes:
        started_at: Epoch ms.
    """

    change_id: int
    backup_id: int
    started_at: int


class Recovery:
    """See the module. To be used on the event loop.

    Args:
        broker: Rests in recovery mode.
        backups: What can be restored; None for nothing.
        replace: Has the engine restarted on a backup that is whole; None if it cannot be.
    """

    def __init__(
        self, broker: RecoverableBroker, backups: Backups | None = None, replace: Callable[[Path], None] | None = None
    ) -> None:
        self.mode = Mode.PROCESSING
        self.last_change_id = 0
        self.under_way: Restore | None = None
        self.failure: str | None = None
        self._broker = broker
        self._backups = backups
        self._replace = replace
        self._task: asyncio.Task[None] | None = None

    @property
    def can_restore(self) -> bool:
        """Whether there are backups, and somebody who restarts the engine on one."""
        return self._backups is not None and self._replace is not None

    async def change_mode(self, mode: Mode) -> None:
        """Change the mode, if it is another.

        Raises:
            InvalidState: A backup is being restored.
        """
        if self.under_way is not None:
            raise InvalidState("Expected to change the mode of the cluster, but a backup is being restored")
        if mode is self.mode:
            return
        self.last_change_id += 1
        self.mode = (
            mode  # at once: who asked may have gone before the broker rests, and it must not rest unknown to anybody
        )
        if mode is Mode.RECOVERING:
            await self._broker.enter_recovery()
        else:
            self._broker.leave_recovery()
        logger.info("mode changed mode=%s", mode)

    async def choose(self, ids: list[int] | None, from_ms: int | None, to_ms: int | None) -> Backup:
        """The backup that a request for a restore means.

        Args:
            ids: One id, because there is one partition.
            from_ms: Epoch ms; instead of an id, the newest backup from then …
            to_ms: … to then.

        Raises:
            InvalidArgument: Both or neither are given, or several ids.
            NotFound: There is no such backup.
            InvalidState: It is not finished.
        """
        assert self._backups is not None
        has_range = from_ms is not None or to_ms is not None
        if (ids is not None) is has_range:
            raise InvalidArgument("Exactly one of the attributes 'backupIds' and 'from' with 'to' must be provided.")
        if ids is not None:
            if len(ids) != 1:
                raise InvalidArgument(f"Expected one backup id, because there is one partition, but got {len(ids)}.")
            found = await self._backups.find(BackupKind.RUNTIME, ids[0])
            if found is None:
                raise NotFound(f"Backup with id '{ids[0]}' not found")
            if found.state is not BackupState.COMPLETED:
                raise InvalidState(f"Expected backup {found.id} to be completed, but it is {found.state}")
            return found
        for backup in await self._backups.all_of(BackupKind.RUNTIME):
            is_within = (from_ms is None or backup.updated_at >= from_ms) and (
                to_ms is None or backup.updated_at <= to_ms
            )
            if is_within and backup.state is BackupState.COMPLETED:
                return backup
        raise NotFound("Expected a completed backup in the given time range, but there is none")

    def begin(self, backup: Backup) -> Restore:
        """Begin to restore a backup.

        Raises:
            InvalidState: The engine is not in recovery mode, or restores one already.
        """
        self.check_can_begin()
        self.last_change_id += 1
        self.failure = None
        self.under_way = Restore(self.last_change_id, backup.id, time.time_ns() // 1_000_000)
        self._task = asyncio.create_task(self._restore(backup), name="kiang-restore")
        return self.under_way

    def check_can_begin(self) -> None:
        """Whether a restore would be accepted now.

        Raises:
            InvalidState: It would not.
        """
        if self.mode is not Mode.RECOVERING:
            raise InvalidState(
                "Expected the cluster to be in recovery mode to restore a backup, but it is processing. Change its mode first:"
                " PATCH /v2/mode?mode=RECOVERING"
            )
        if self.under_way is not None:
            raise InvalidState(f"Expected no restore to be under way, but that of {self.under_way.backup_id} is")

    async def stop(self) -> None:
        """Forget a restore that has not come to the restart."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _restore(self, backup: Backup) -> None:
        assert self._backups is not None
        assert self._replace is not None
        folder = self._backups.folder_of(backup.kind, backup.id)
        try:
            await asyncio.to_thread(check, folder)
        except KiangError as error:
            logger.error("restore failed id=%d reason=%s", backup.id, error)  # noqa: TRY400 - the trace says nothing more
            self.failure = str(error)
            self.under_way = None
            return
        logger.info("restoring id=%d", backup.id)
        self._replace(folder)
