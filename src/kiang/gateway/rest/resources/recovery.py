"""The mode of the engine, and restoring a backup."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from kiang.gateway.backups.recovery import Mode, Recovery
from kiang.gateway.rest.body import Answer, Int64, Request
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Parameter, Resource
from kiang.gateway.rest.problem import Problem, invalid, not_found
from kiang.gateway.rest.resources.backups import NODE_ID
from kiang.gateway.rest.shapes import DateTime
from kiang.gateway.rest.validation import Violations
from kiang.search.value import print_date

RECOVERY = Resource("Recovery")

PHYSICAL_TENANT = "default"
"""The only one."""

MODE = Parameter("mode", {"type": "string", "enum": [str(mode) for mode in Mode]}, required=True)
DRY_RUN = Parameter("dryRun", {"type": "boolean", "default": False})


class ClusterModeChangeOperation(Answer, frozen=True):
    """A step of a change."""

    operation: str
    mode: str | None


class ClusterModeChangePlannedChange(Answer, frozen=True):
    """The steps of a change."""

    physical_tenant_id: str | None
    operations: list[ClusterModeChangeOperation]


class ClusterModeChangeResponse(Answer, frozen=True):
    """A change of the mode."""

    change_id: str
    planned_changes: list[ClusterModeChangePlannedChange]


class RestoreRequest(Request, frozen=True):
    """Which backup: by its id, or the newest of a time."""

    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None
    backup_ids: list[Int64] | None = None


class ClusterRestorePlannedChange(Answer, frozen=True):
    """The steps of a restore."""

    physical_tenant_id: str | None
    operations: Annotated[list[dict[str, Any]], msgspec.Meta(description="In the order in which they are carried out")]


class ClusterRestoreResponse(Answer, frozen=True):
    """A restore."""

    change_id: str
    planned_changes: list[ClusterRestorePlannedChange]


class RestorePartitionStatus(Answer, frozen=True):
    """How far a partition is."""

    partition_id: int
    state: str
    backup_ids: list[int]
    completed_at: DateTime | None


class RestoreBrokerStatus(Answer, frozen=True):
    """How far a broker is."""

    broker_id: str
    partitions_restored: int
    partitions_to_restore: int
    partitions: list[RestorePartitionStatus]


class RestoreStatusResponse(Answer, frozen=True):
    """How far a restore is."""

    status: str
    change_id: str
    started_at: DateTime | None
    brokers: list[RestoreBrokerStatus]


@RECOVERY.patch(
    "/mode", "changeClusterMode", since="8.10", answer=ClusterModeChangeResponse, parameters=(MODE, DRY_RUN)
)
async def change_cluster_mode(call: Call) -> ClusterModeChangeResponse:
    """Have the engine rest, so that a backup can be restored, or process again. It processes after every start."""
    return await change_mode(call)


@RECOVERY.post(
    "/restore",
    "restore",
    since="8.10",
    body=RestoreRequest,
    answer=ClusterRestoreResponse,
    parameters=(DRY_RUN,),
    status=202,
)
async def restore(call: Call) -> ClusterRestoreResponse:
    """Restart the engine on a backup. What was there before stays beside it in the data folder."""
    body: RestoreRequest = call.body
    return await begin_restore(call, body.backup_ids, body.from_, body.to)


@RECOVERY.get("/restore", "getRestoreStatus", since="8.10", answer=RestoreStatusResponse)
async def get_restore_status(call: Call) -> RestoreStatusResponse:
    """Get how far the restore is that is under way."""
    recovery = recovery_of(call)
    under_way = recovery.under_way
    if under_way is None:
        failure = "" if recovery.failure is None else f". The last one failed: {recovery.failure}"
        raise not_found(f"No restore is in progress{failure}")
    partition = RestorePartitionStatus(
        partition_id=call.broker.partition_id, state="RESTORING", backup_ids=[under_way.backup_id], completed_at=None
    )
    broker = RestoreBrokerStatus(
        broker_id=str(NODE_ID), partitions_restored=0, partitions_to_restore=1, partitions=[partition]
    )
    return RestoreStatusResponse(
        status="IN_PROGRESS",
        change_id=str(under_way.change_id),
        started_at=print_date(under_way.started_at),
        brokers=[broker],
    )


async def change_mode(call: Call) -> ClusterModeChangeResponse:
    """Change the mode as the query says."""
    recovery, asked = recovery_of(call), call.query.get("mode")
    if asked is None:
        raise invalid("Required parameter 'mode' is not present.")
    if asked not in set(Mode):
        raise invalid(
            f"Unexpected value '{asked[:100]}' for enum field 'mode'. Use any of the following values: {list(map(str, Mode))}"
        )
    mode = Mode(asked)
    is_change = mode is not recovery.mode
    if call.flag("dryRun", default=False):
        change_id = recovery.last_change_id + is_change
    else:
        await recovery.change_mode(mode)
        change_id = recovery.last_change_id
    operation = ClusterModeChangeOperation(operation="ModeChangeOperation", mode=mode)
    change = ClusterModeChangePlannedChange(physical_tenant_id=PHYSICAL_TENANT, operations=[operation])
    return ClusterModeChangeResponse(change_id=str(change_id), planned_changes=[change] if is_change else [])


async def begin_restore(call: Call, ids: list[int] | None, from_: str | None, to: str | None) -> ClusterRestoreResponse:
    """Begin a restore, or tell what it would do."""
    violations = Violations()
    from_ms, to_ms = violations.date(from_, "from"), violations.date(to, "to")
    violations.check()
    recovery = recovery_of(call)
    if not recovery.can_restore:
        raise Problem(
            403,
            "FORBIDDEN",
            "Expected an engine that keeps its state and its backups in folders, but this one does not. Start it with --data and"
            " --backups, or use `kiang restore`.",
        )
    recovery.check_can_begin()
    backup = await recovery.choose(ids, from_ms, to_ms)
    is_dry = call.flag("dryRun", default=False)
    change_id = recovery.last_change_id + 1 if is_dry else recovery.begin(backup).change_id
    node = {"brokerId": str(NODE_ID)}
    partition = {**node, "partitionId": call.broker.partition_id}
    operations: list[dict[str, Any]] = [
        {"operation": "PartitionPreRestoreOperation", **partition},
        {"operation": "PartitionRestoreOperation", **partition, "backupIds": [backup.id]},
        {"operation": "ModeChangeOperation", **node, "mode": str(Mode.PROCESSING)},
    ]
    change = ClusterRestorePlannedChange(physical_tenant_id=PHYSICAL_TENANT, operations=operations)
    return ClusterRestoreResponse(change_id=str(change_id), planned_changes=[change])


def recovery_of(call: Call) -> Recovery:
    """The mode of this engine."""
    recovery = call.services.recovery
    assert recovery is not None
    return recovery
