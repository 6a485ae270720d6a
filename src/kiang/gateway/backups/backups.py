"""Takes, lists and deletes the backups of a running engine.

A backup is a folder, as `kiang backup` makes it and `kiang restore` takes it: `FOLDER/runtime-7`. What could not be finished leaves a
note, `runtime-7.failed.json`. One is made at a time; the others wait.
"""

from __future__ import annotations

import asyncio
import logging
import re
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from kiang.errors import AlreadyExists, ConfigError, InvalidState, KiangError, ResourceExhausted
from kiang.gateway.backups.backup import Backup, BackupKind, BackupState, Checkpoint, RuntimeState
from kiang.store.backup import UNFINISHED, back_up, read_manifest

logger = logging.getLogger("kiang.gateway.backups")

T = TypeVar("T")

WAITING_MAX = 10
"""Backups that may wait for their turn."""

ENDED_TEXT = "The engine ended before the backup was finished"

_NAME = re.compile(r"(runtime|history)-([1-9][0-9]{0,18})")
_FAILED = ".failed.json"
_STATE = "runtime-state.json"
_decode_backup = msgspec.json.Decoder(Backup).decode
_decode_state = msgspec.json.Decoder(RuntimeState).decode


class Backups:
    """The backups of one data folder. To be used on the event loop.

    Args:
        data: What is backed up.
        folder: Where backups go; made if it is not there.
        partition_id: Of the partition.

    Raises:
        ConfigError: The folder lies in the data folder, or cannot be made.
    """

    def __init__(self, data: Path, folder: Path, partition_id: int = 1) -> None:
        if folder.resolve() == data.resolve() or folder.resolve().is_relative_to(data.resolve()):
            raise ConfigError("--backups", str(folder), "a folder outside of the data folder, best on another disk")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError("--backups", f"{folder} ({error.strerror})", "a folder that can be written") from None
        self.data = data
        self.folder = folder
        self._database = f"partition-{partition_id}.db"
        self._under_way: dict[tuple[BackupKind, int], Backup] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()
        self._taking = asyncio.Lock()
        self._files = threading.Lock()

    async def start(self) -> None:
        """Note what an earlier process has not finished."""
        await asyncio.to_thread(self._clean_up)

    async def stop(self) -> None:
        """Wait for the backup that is being made; those that wait for their turn are noted as failed."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def take(self, kind: BackupKind, id_: int) -> None:
        """Begin a backup, or put it behind those that were begun before.

        Raises:
            AlreadyExists: There is one with this id, or a runtime backup with a higher one; or a history backup is being made.
            ResourceExhausted: Too many wait.
        """
        async with self._taking:
            await self._check_free(kind, id_)
            now = _now_ms()
            self._under_way[kind, id_] = Backup(kind, id_, BackupState.IN_PROGRESS, now, now)
            task = asyncio.create_task(self._make(kind, id_), name=f"kiang-backup-{id_}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def all_of(self, kind: BackupKind) -> list[Backup]:
        """All backups of a kind, the highest id first."""
        before = self._under_way_of(kind)  # one that is finished while the folder is read may not be in what was read
        read = {backup.id: backup for backup in await asyncio.to_thread(self._read_all, kind)}
        found = before | read | self._under_way_of(kind)
        return [found[id_] for id_ in sorted(found, reverse=True)]

    def _under_way_of(self, kind: BackupKind) -> dict[int, Backup]:
        return {id_: backup for (other, id_), backup in self._under_way.items() if other is kind}

    async def find(self, kind: BackupKind, id_: int) -> Backup | None:
        """A backup; None if there is none."""
        return next((backup for backup in await self.all_of(kind) if backup.id == id_), None)

    async def delete(self, kind: BackupKind, id_: int) -> bool:
        """Delete a backup; False if there is none.

        Raises:
            InvalidState: It is being made.
        """
        if (kind, id_) in self._under_way:
            raise InvalidState(f"Expected to delete backup {id_}, but it is being made. Try again when it is finished.")
        return await asyncio.to_thread(self._delete, kind, id_)

    def folder_of(self, kind: BackupKind, id_: int) -> Path:
        """Where a backup lies once it is finished."""
        return self.folder / f"{kind}-{id_}"

    async def state(self) -> RuntimeState:
        """What is remembered about runtime backups."""
        return await asyncio.to_thread(self._read_state)

    async def forget(self) -> None:
        """Remember nothing about runtime backups: they stay, but the next one may have any id that is free."""
        await asyncio.to_thread(self._write_state, RuntimeState())

    async def sync(self) -> RuntimeState:
        """Remember the runtime backups that are in the folder, and what is remembered then."""
        return await asyncio.to_thread(self._remember)

    async def _check_free(self, kind: BackupKind, id_: int) -> None:
        running = [other_id for other, other_id in self._under_way if other is kind]
        if any(backup.id == id_ for backup in await self.all_of(kind)):
            raise AlreadyExists(
                f"Expected to take a backup with id {id_}, but there is one already. Choose a higher id."
            )
        if kind is BackupKind.RUNTIME:
            state = await self.state()
            latest = max([0 if state.latest is None else state.latest.id, *running])
            if id_ <= latest:
                raise AlreadyExists(
                    f"Expected to take a backup with id {id_}, but the latest has id {latest}. Choose a higher id."
                )
        elif running:
            raise AlreadyExists("Expected no other backup to be running, but one is. Try again when it is finished.")
        if len(self._under_way) >= WAITING_MAX:
            raise ResourceExhausted(f"Expected at most {WAITING_MAX} backups to wait for their turn. Try again later.")

    async def _make(self, kind: BackupKind, id_: int) -> None:
        started_at = self._under_way[kind, id_].started_at
        target = self.folder_of(kind, id_)
        failure: str | None = ENDED_TEXT
        try:
            async with self._turn:
                failure = await _to_the_end(lambda: self._copy(kind, target))
        finally:
            # no `await` from here: a cancelled task would not come back from it
            if failure is not None and not target.is_dir():
                logger.error("backup failed kind=%s id=%d reason=%s", kind, id_, failure)
                self._note_failure(Backup(kind, id_, BackupState.FAILED, started_at, _now_ms(), failure))
            else:
                logger.info("backup finished kind=%s id=%d", kind, id_)
            del self._under_way[kind, id_]

    def _copy(self, kind: BackupKind, target: Path) -> str | None:
        try:
            back_up(self.data, target)
        except KiangError as error:
            return str(error)
        if kind is BackupKind.RUNTIME:
            try:
                self._remember()
            except OSError as error:
                logger.warning("finished backup cannot be remembered folder=%s reason=%s", target, error.strerror)
        return None

    # What follows blocks for the disk

    def _clean_up(self) -> None:
        for path in self.folder.glob(f".*{UNFINISHED}"):
            name = _NAME.fullmatch(path.name[1:].removesuffix(UNFINISHED))
            shutil.rmtree(path, ignore_errors=True)
            if name is not None:
                now = _now_ms()
                backup = Backup(BackupKind(name[1]), int(name[2]), BackupState.FAILED, now, now, ENDED_TEXT)
                self._note_failure(backup)

    def _read_all(self, kind: BackupKind) -> list[Backup]:
        found: dict[int, Backup] = {}
        for path in sorted(self.folder.glob(f"{kind}-*"), key=lambda path: not path.name.endswith(_FAILED)):
            name = _NAME.fullmatch(path.name.removesuffix(_FAILED))
            if name is None or path.name.endswith(_FAILED) is path.is_dir():
                continue
            backup = self._read(path, kind, int(name[2]))
            if backup is not None:
                found[backup.id] = backup  # a folder counts more than a note
        return list(found.values())

    def _read(self, path: Path, kind: BackupKind, id_: int) -> Backup | None:
        if path.name.endswith(_FAILED):
            try:
                return _decode_backup(path.read_bytes())
            except (OSError, msgspec.MsgspecError):
                return None
        manifest = read_manifest(path)
        if manifest is None or self._database not in manifest.positions:
            now = _now_ms()
            return Backup(kind, id_, BackupState.FAILED, now, now, "Its manifest cannot be read, or names no store")
        return Backup(
            kind,
            id_,
            BackupState.COMPLETED,
            manifest.started_at or manifest.made_at,
            manifest.made_at,
            None,
            manifest.first_positions.get(self._database, manifest.positions[self._database]),
            manifest.positions[self._database],
        )

    def _delete(self, kind: BackupKind, id_: int) -> bool:
        target = self.folder_of(kind, id_)
        note = target.with_name(target.name + _FAILED)
        is_there = target.is_dir() or note.exists()
        if target.is_dir():
            # under another name first, so that half of a backup is never taken for one
            gone = target.with_name(f".{target.name}.deleted{UNFINISHED}")
            target.rename(gone)
            shutil.rmtree(gone)
        note.unlink(missing_ok=True)
        if is_there and kind is BackupKind.RUNTIME:
            state = self._read_state()
            kept = tuple(checkpoint for checkpoint in state.all if checkpoint.id != id_)
            self._write_state(RuntimeState(state.latest, kept))
        return is_there

    def _note_failure(self, backup: Backup) -> None:
        path = self.folder / f"{backup.kind}-{backup.id}{_FAILED}"
        try:
            path.write_bytes(msgspec.json.encode(backup))
        except OSError as error:
            logger.warning("failure of backup cannot be noted id=%d reason=%s", backup.id, error.strerror)

    def _remember(self) -> RuntimeState:
        finished = sorted(
            (b for b in self._read_all(BackupKind.RUNTIME) if b.state is BackupState.COMPLETED), key=lambda b: b.id
        )
        checkpoints = tuple(Checkpoint(b.id, b.position or 0, b.first_position or 0, b.updated_at) for b in finished)
        state = RuntimeState(checkpoints[-1] if checkpoints else None, checkpoints)
        self._write_state(state)
        return state

    def _read_state(self) -> RuntimeState:
        try:
            return _decode_state((self.folder / _STATE).read_bytes())
        except (OSError, msgspec.MsgspecError):
            return RuntimeState()

    def _write_state(self, state: RuntimeState) -> None:
        with self._files:
            new = self.folder / f"{_STATE}.new"
            new.write_bytes(msgspec.json.encode(state))
            new.replace(self.folder / _STATE)


async def _to_the_end(work: Callable[[], T]) -> T:
    """Run in a thread and wait for it, also if the task is cancelled meanwhile: what the thread does cannot be taken back."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
