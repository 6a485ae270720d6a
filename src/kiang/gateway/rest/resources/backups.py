"""Backups over REST: of the state (runtime) and of the history. Here each holds both."""

from __future__ import annotations

import re
from collections.abc import Callable

from kiang.gateway.backups.backup import Backup, BackupKind, Checkpoint, RuntimeState
from kiang.gateway.backups.backups import Backups
from kiang.gateway.rest.body import Answer, Int64, Request
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Parameter, Resource
from kiang.gateway.rest.problem import Problem, invalid, not_found
from kiang.gateway.rest.resources.cluster import API_VERSION
from kiang.gateway.rest.shapes import DateTime
from kiang.search.value import print_date

BACKUPS = Resource("Backup")

PREFIX = Parameter("prefix", {"type": "string", "pattern": r"^[0-9]*\*?$", "maxLength": 20})
VERBOSE = Parameter("verbose", {"type": "boolean", "default": True})

NODE_ID = 0
"""Of the only broker."""

CHECKPOINT_TYPE = "MANUAL_BACKUP"
"""Somebody has asked for it: there is no schedule."""

_PREFIX = re.compile(r"([0-9]*)(\*?)")


class TakeRuntimeBackupRequest(Request, frozen=True):
    """The id of the backup, higher than all before."""

    backup_id: Int64 | None = None


class TakeRuntimeBackupResponse(Answer, frozen=True):
    """The backup that was begun."""

    backup_id: int


class PartitionBackupInfo(Answer, frozen=True):
    """How far the backup of a partition is."""

    partition_id: int
    state: str
    failure_reason: str | None
    created_at: DateTime | None
    last_updated_at: DateTime | None
    snapshot_id: str | None
    first_log_position: int | None
    checkpoint_position: int | None
    broker_id: int | None
    broker_version: str | None


class BackupInfo(Answer, frozen=True):
    """How far a runtime backup is."""

    backup_id: int
    state: str
    failure_reason: str | None
    details: list[PartitionBackupInfo]


class PartitionCheckpointState(Answer, frozen=True):
    """The latest checkpoint of a partition."""

    checkpoint_id: int
    checkpoint_type: str
    partition_id: int
    checkpoint_position: int
    checkpoint_timestamp: DateTime


class PartitionBackupState(Answer, frozen=True):
    """The latest backup of a partition."""

    checkpoint_id: int
    checkpoint_type: str
    partition_id: int | None
    checkpoint_position: int
    first_log_position: int
    checkpoint_timestamp: DateTime


class PartitionBackupRange(Answer, frozen=True):
    """Backups that follow each other without a gap; here each stands for itself."""

    partition_id: int
    start: PartitionBackupState | None
    end: PartitionBackupState | None


class RuntimeBackupState(Answer, frozen=True):
    """What is remembered about runtime backups."""

    checkpoint_states: list[PartitionCheckpointState]
    backup_states: list[PartitionBackupState]
    ranges: list[PartitionBackupRange]


class TakeHistoryBackupRequest(Request, frozen=True):
    """The id of the backup."""

    REQUIRED = ("backupId",)
    backup_id: Int64 | None = None


class TakeHistoryBackupResponse(Answer, frozen=True):
    """The backup that was begun."""

    backup_id: int
    scheduled_snapshots: list[str]


class HistoryBackupSnapshotInfo(Answer, frozen=True):
    """A part of a history backup; here the only one."""

    snapshot_name: str
    state: str | None
    start_time: DateTime | None
    failures: list[str]


class HistoryBackupInfo(Answer, frozen=True):
    """How far a history backup is."""

    backup_id: int
    state: str
    failure_reason: str | None
    details: list[HistoryBackupSnapshotInfo]


@BACKUPS.post(
    "/backups/runtime",
    "takeRuntimeBackup",
    since="8.10",
    body=TakeRuntimeBackupRequest,
    body_required=False,
    answer=TakeRuntimeBackupResponse,
    status=202,
)
async def take_runtime_backup(call: Call) -> TakeRuntimeBackupResponse:
    """Begin a backup of everything, while the engine goes on working."""
    id_ = await take(call, BackupKind.RUNTIME)
    return TakeRuntimeBackupResponse(backup_id=id_)


@BACKUPS.get("/backups/runtime", "listRuntimeBackups", since="8.10", answer=list[BackupInfo], parameters=(PREFIX,))
async def list_runtime_backups(call: Call) -> list[BackupInfo]:
    """List the runtime backups, the newest first."""
    return [backup_info(call, backup) for backup in await listed(call, BackupKind.RUNTIME)]


@BACKUPS.get("/backups/runtime/{backupId}", "getRuntimeBackup", since="8.10", answer=BackupInfo)
async def get_runtime_backup(call: Call) -> BackupInfo:
    """Get how far a runtime backup is."""
    return backup_info(call, await existing(call, BackupKind.RUNTIME))


@BACKUPS.delete("/backups/runtime/{backupId}", "deleteRuntimeBackup", since="8.10")
async def delete_runtime_backup(call: Call) -> None:
    """Delete a runtime backup; one that is not there is deleted already."""
    await backups_of(call).delete(BackupKind.RUNTIME, backup_id(call))


@BACKUPS.get("/backups/runtime/state", "getRuntimeBackupState", since="8.10", answer=RuntimeBackupState)
async def get_runtime_backup_state(call: Call) -> RuntimeBackupState:
    """Get what is remembered about runtime backups."""
    return runtime_state(call, await backups_of(call).state())


@BACKUPS.delete("/backups/runtime/state", "deleteRuntimeBackupState", since="8.10")
async def delete_runtime_backup_state(call: Call) -> None:
    """Remember nothing about runtime backups: they stay, and the next one may have any free id."""
    await backups_of(call).forget()


@BACKUPS.post("/backups/runtime/state/sync", "syncRuntimeBackupState", since="8.10", answer=RuntimeBackupState)
async def sync_runtime_backup_state(call: Call) -> RuntimeBackupState:
    """Remember the runtime backups that are in the folder."""
    return runtime_state(call, await backups_of(call).sync())


@BACKUPS.post(
    "/backups/history",
    "takeHistoryBackup",
    since="8.10",
    body=TakeHistoryBackupRequest,
    answer=TakeHistoryBackupResponse,
    status=202,
)
async def take_history_backup(call: Call) -> TakeHistoryBackupResponse:
    """Begin a backup of the history; it holds everything, because state and history are rows of one database."""
    id_ = await take(call, BackupKind.HISTORY)
    return TakeHistoryBackupResponse(backup_id=id_, scheduled_snapshots=[snapshot_name(id_)])


@BACKUPS.get(
    "/backups/history",
    "listHistoryBackups",
    since="8.10",
    answer=list[HistoryBackupInfo],
    parameters=(PREFIX, VERBOSE),
)
async def list_history_backups(call: Call) -> list[HistoryBackupInfo]:
    """List the history backups, the newest first."""
    is_verbose = call.flag("verbose", default=True)
    found = sorted(await listed(call, BackupKind.HISTORY), key=lambda backup: -backup.started_at)
    return [history_info(backup, is_verbose=is_verbose) for backup in found]


@BACKUPS.get("/backups/history/{backupId}", "getHistoryBackup", since="8.10", answer=HistoryBackupInfo)
async def get_history_backup(call: Call) -> HistoryBackupInfo:
    """Get how far a history backup is."""
    return history_info(await existing(call, BackupKind.HISTORY))


@BACKUPS.delete("/backups/history/{backupId}", "deleteHistoryBackup", since="8.10")
async def delete_history_backup(call: Call) -> None:
    """Delete a history backup."""
    await delete_history(call)


async def take(call: Call, kind: BackupKind) -> int:
    """Begin a backup with the id that the request names."""
    backups, id_ = backups_of(call), call.body.backup_id
    if id_ is None:
        raise invalid("No backupId provided. Ids are not generated here, because there is no schedule for backups.")
    if id_ <= 0:
        raise invalid(f"The value for backupId is '{id_}' but must be greater than 0.")
    await backups.take(kind, id_)
    return int(id_)


async def delete_history(call: Call) -> None:
    """Delete the history backup of the path.

    Raises:
        Problem: There is none.
    """
    id_ = backup_id(call)
    if not await backups_of(call).delete(BackupKind.HISTORY, id_):
        raise _unknown(id_)


async def listed(call: Call, kind: BackupKind) -> list[Backup]:
    """The backups whose id fits the query's prefix, the highest id first."""
    backups, prefix = backups_of(call), call.query.get("prefix", "*")
    parts = _PREFIX.fullmatch(prefix)
    if parts is None or not prefix:
        raise invalid(f"The provided prefix '{prefix[:100]}' must be the beginning of a backup id, followed by '*'")
    fits: Callable[[str], bool] = (lambda id_: id_.startswith(parts[1])) if parts[2] else parts[1].__eq__
    return [backup for backup in await backups.all_of(kind) if fits(str(backup.id))]


async def existing(call: Call, kind: BackupKind) -> Backup:
    """The backup that the path names.

    Raises:
        Problem: There is none.
    """
    id_ = backup_id(call)
    found = await backups_of(call).find(kind, id_)
    if found is None:
        raise _unknown(id_)
    return found


def backup_id(call: Call) -> int:
    """The id in the path.

    Raises:
        Problem: It cannot be one.
    """
    id_ = call.key("backupId")
    if id_ <= 0:
        raise invalid(f"The value for backupId is '{id_}' but must be greater than 0.")
    return id_


def backups_of(call: Call) -> Backups:
    """The backups of this engine.

    Raises:
        Problem: It keeps none.
    """
    backups = call.services.backups
    if backups is None:
        is_cluster = call.path.startswith("/cluster/")  # whose operations announce no 403
        raise Problem(
            404 if is_cluster else 403,
            "NOT_FOUND" if is_cluster else "FORBIDDEN",
            "Expected an engine with a folder for backups, but this one has none. Start it with --backups FOLDER, or use"
            " `kiang backup`.",
        )
    return backups


def backup_info(call: Call, backup: Backup) -> BackupInfo:
    """A runtime backup as an answer."""
    return BackupInfo(
        backup_id=backup.id,
        state=backup.state,
        failure_reason=backup.failure,
        details=[
            PartitionBackupInfo(
                partition_id=call.broker.partition_id,
                state=backup.state,
                failure_reason=backup.failure,
                created_at=print_date(backup.started_at),
                last_updated_at=print_date(backup.updated_at),
                snapshot_id=None,
                first_log_position=backup.first_position,
                checkpoint_position=backup.position,
                broker_id=NODE_ID,
                broker_version=API_VERSION,
            )
        ],
    )


def history_info(backup: Backup, *, is_verbose: bool = True) -> HistoryBackupInfo:
    """A history backup as an answer."""
    snapshot = HistoryBackupSnapshotInfo(
        snapshot_name=snapshot_name(backup.id),
        state=_SNAPSHOT_STATES[backup.state] if is_verbose else None,
        start_time=print_date(backup.started_at) if is_verbose else None,
        failures=[backup.failure] if backup.failure and is_verbose else [],
    )
    return HistoryBackupInfo(backup_id=backup.id, state=backup.state, failure_reason=backup.failure, details=[snapshot])


_SNAPSHOT_STATES: dict[str, str] = {"COMPLETED": "SUCCESS", "FAILED": "FAILED", "IN_PROGRESS": "IN_PROGRESS"}
"""In the words of the originals' store."""


def snapshot_name(id_: int) -> str:
    """The name of a history backup's only part."""
    return f"kiang_history_{id_}_part_1_of_1"


def runtime_state(call: Call, state: RuntimeState) -> RuntimeBackupState:
    """What is remembered as an answer."""
    partition_id = call.broker.partition_id
    latest = state.latest
    return RuntimeBackupState(
        checkpoint_states=[]
        if latest is None
        else [
            PartitionCheckpointState(
                checkpoint_id=latest.id,
                checkpoint_type=CHECKPOINT_TYPE,
                partition_id=partition_id,
                checkpoint_position=latest.position,
                checkpoint_timestamp=print_date(latest.made_at),
            )
        ],
        backup_states=[] if latest is None else [_backup_state(latest, partition_id)],
        ranges=[
            PartitionBackupRange(
                partition_id=partition_id, start=_backup_state(one, None), end=_backup_state(one, None)
            )
            for one in state.all
        ],
    )


def _backup_state(checkpoint: Checkpoint, partition_id: int | None) -> PartitionBackupState:
    return PartitionBackupState(
        checkpoint_id=checkpoint.id,
        checkpoint_type=CHECKPOINT_TYPE,
        partition_id=partition_id,
        checkpoint_position=checkpoint.position,
        first_log_position=checkpoint.first_position,
        checkpoint_timestamp=print_date(checkpoint.made_at),
    )


def _unknown(id_: int) -> Problem:
    return not_found(f"Backup with id '{id_}' not found")
