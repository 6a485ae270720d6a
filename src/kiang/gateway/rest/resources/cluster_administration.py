"""What administrators of a whole cluster ask: here it has one broker, one partition and one physical tenant.

There are no credentials of cluster administrators: whoever may do a thing below `/v2` may do it here.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from kiang.broker.health import HealthState
from kiang.errors import AlreadyExists
from kiang.gateway.backups.backup import BackupKind
from kiang.gateway.rest.body import Answer, Int32, Int64, Request
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Parameter, Raw, Resource
from kiang.gateway.rest.problem import invalid, not_found
from kiang.gateway.rest.resources import backups, exporting, recovery
from kiang.gateway.rest.resources.cluster import API_VERSION, BROKER_PORT, Partition, partition_of
from kiang.gateway.rest.resources.exporting import ExportingStatusResponse
from kiang.gateway.rest.resources.recovery import DRY_RUN, MODE, PHYSICAL_TENANT
from kiang.gateway.rest.shapes import DateTime
from kiang.gateway.rest.validation import Violations

CLUSTER_ADMINISTRATION = Resource("Cluster administration")

TENANT = Parameter("physicalTenantId", {"type": "string"})

_encode = msgspec.json.Encoder().encode
_DURATION = re.compile(r"P(?=.)(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?")
_ZERO = re.compile(r"[^1-9]*")


class ClusterBrokerInfo(Answer, frozen=True):
    """A broker."""

    broker_id: str
    host: str
    port: int
    version: str


class PhysicalTenantBrokerTopology(Answer, frozen=True):
    """What of a physical tenant lies on a broker."""

    broker_id: str
    partitions: list[Partition]


class PhysicalTenantTopology(Answer, frozen=True):
    """Where a physical tenant lies."""

    physical_tenant_id: str
    partitions_count: int
    replication_factor: int
    last_completed_change_id: str
    brokers: list[PhysicalTenantBrokerTopology]


class ClusterTopologyResponse(Answer, frozen=True):
    """The cluster."""

    brokers: list[ClusterBrokerInfo]
    cluster_id: str | None
    cluster_size: int
    gateway_version: str | None
    physical_tenants: list[PhysicalTenantTopology]


class ClusterStatusResponse(Answer, frozen=True):
    """HEALTHY or DOWN."""

    status: str


class ClusterUpgradeStatusResponse(Answer, frozen=True):
    """MIGRATED: a store is brought up to date before it is used."""

    status: str


class ClusterRebalanceRequest(Request, frozen=True):
    """How careful to be. There is nothing to move, so none of it matters."""

    replication_lag_threshold: Int64 | None = None
    replication_timeout: str | None = None
    max_transfer_attempts: Int32 | None = None
    leader_wait_timeout: str | None = None


class ClusterRebalancePartition(Answer, frozen=True):
    """Who leads a partition and who should."""

    partition_id: int
    physical_tenant_id: str
    current_leader: str | None
    desired_leader: str
    state: str


class ClusterRebalance(Answer, frozen=True):
    """A rebalance: there is never one."""

    rebalance_id: int
    partitions: list[ClusterRebalancePartition]
    started_at: DateTime


class ClusterBalanceResponse(Answer, frozen=True):
    """Whether every partition is led by whom it should be."""

    state: str
    partitions: list[ClusterRebalancePartition]
    running_rebalance: ClusterRebalance | None
    last_completed_rebalance: ClusterRebalance | None


class RebalanceCancellationResponse(Answer, frozen=True):
    """Whether there was anything to cancel."""

    was_running: bool


class ClusterRuntimeBackupTenantInfo(Answer, frozen=True):
    """How far the backup of a physical tenant is."""

    physical_tenant_id: str
    state: str
    failure_reason: str | None
    details: list[backups.PartitionBackupInfo]


class ClusterRuntimeBackupInfo(Answer, frozen=True):
    """How far a runtime backup is."""

    backup_id: int
    state: str
    failure_reason: str | None
    physical_tenants: list[ClusterRuntimeBackupTenantInfo]


class ClusterRuntimeBackupTakeResult(Answer, frozen=True):
    """What became of the request on a physical tenant."""

    physical_tenant_id: str
    backup_id: int | None
    outcome: str
    reason: str | None


class ClusterTakeRuntimeBackupResponse(Answer, frozen=True):
    """What became of the request."""

    physical_tenants: list[ClusterRuntimeBackupTakeResult]


class ClusterRuntimeBackupTenantState(Answer, frozen=True):
    """What a physical tenant remembers about runtime backups."""

    physical_tenant_id: str
    state: backups.RuntimeBackupState


class ClusterRuntimeBackupState(Answer, frozen=True):
    """What is remembered about runtime backups."""

    physical_tenants: list[ClusterRuntimeBackupTenantState]


class ClusterHistoryBackupTenantInfo(Answer, frozen=True):
    """How far the history backup of a physical tenant is."""

    physical_tenant_id: str
    state: str
    failure_reason: str | None
    details: list[backups.HistoryBackupSnapshotInfo]


class ClusterHistoryBackupInfo(Answer, frozen=True):
    """How far a history backup is."""

    backup_id: int
    physical_tenants: list[ClusterHistoryBackupTenantInfo]


class ClusterHistoryBackupTakeResult(Answer, frozen=True):
    """What was begun on a physical tenant."""

    physical_tenant_id: str
    scheduled_snapshots: list[str]


class ClusterTakeHistoryBackupResponse(Answer, frozen=True):
    """What was begun."""

    backup_id: int
    physical_tenants: list[ClusterHistoryBackupTakeResult]


class ClusterRestoreRequest(recovery.RestoreRequest, frozen=True):
    """Which backup, for all physical tenants or for each."""

    overrides: Annotated[
        dict[str, recovery.RestoreRequest] | None, msgspec.Meta(description="By the id of the physical tenant")
    ] = None


@CLUSTER_ADMINISTRATION.get("/cluster/v2/topology", "getClusterTopology", since="8.10", answer=ClusterTopologyResponse)
async def get_cluster_topology(call: Call) -> ClusterTopologyResponse:
    """Get the brokers and partitions of the cluster."""
    node = str(backups.NODE_ID)
    return ClusterTopologyResponse(
        brokers=[
            ClusterBrokerInfo(
                broker_id=node,
                host="0.0.0.0",  # noqa: S104 - what the originals report
                port=BROKER_PORT,
                version=API_VERSION,
            )
        ],
        cluster_id=None,
        cluster_size=1,
        gateway_version=API_VERSION,
        physical_tenants=[
            PhysicalTenantTopology(
                physical_tenant_id=PHYSICAL_TENANT,
                partitions_count=1,
                replication_factor=1,
                last_completed_change_id=str(recovery.recovery_of(call).last_change_id),
                brokers=[PhysicalTenantBrokerTopology(broker_id=node, partitions=[partition_of(call)])],
            )
        ],
    )


@CLUSTER_ADMINISTRATION.get("/cluster/v2/status", "getClusterStatus", since="8.10", answer=ClusterStatusResponse)
async def get_cluster_status(call: Call) -> Raw:
    """Tell whether commands can be processed."""
    is_ready = call.broker.health.is_ready
    answer = ClusterStatusResponse(status="HEALTHY" if is_ready else "DOWN")
    return Raw(_encode(answer), status=200 if is_ready else 503)


@CLUSTER_ADMINISTRATION.get(
    "/cluster/v2/status/upgrade", "getClusterUpgradeStatus", since="8.10", answer=ClusterUpgradeStatusResponse
)
async def get_cluster_upgrade_status(call: Call) -> ClusterUpgradeStatusResponse:
    """Tell whether the data is in the form of this version."""
    is_open = call.broker.health.state is not HealthState.STARTING
    return ClusterUpgradeStatusResponse(status="MIGRATED" if is_open else "UNKNOWN")


@CLUSTER_ADMINISTRATION.get("/cluster/v2/rebalance", "getClusterRebalance", since="8.10", answer=ClusterBalanceResponse)
async def get_cluster_rebalance(call: Call) -> ClusterBalanceResponse:
    """Get who leads which partition."""
    return _balance(call)


@CLUSTER_ADMINISTRATION.post(
    "/cluster/v2/rebalance",
    "triggerClusterRebalance",
    since="8.10",
    body=ClusterRebalanceRequest,
    body_required=False,
    answer=ClusterBalanceResponse,
    parameters=(DRY_RUN,),
    status=202,
)
async def trigger_cluster_rebalance(call: Call) -> ClusterBalanceResponse:
    """Have every partition led by whom it should be: it is, always."""
    body: ClusterRebalanceRequest = call.body
    violations = Violations()
    for name, number in (
        ("replicationLagThreshold", body.replication_lag_threshold),
        ("maxTransferAttempts", body.max_transfer_attempts),
    ):
        if number is not None and number <= 0:
            violations.add(f"The value for {name} is '{number}' but must be greater than 0")
    for name, text in (
        ("replicationTimeout", body.replication_timeout),
        ("leaderWaitTimeout", body.leader_wait_timeout),
    ):
        if text is not None and (_DURATION.fullmatch(text) is None or _ZERO.fullmatch(text)):
            violations.add(f"The value for {name} is '{text[:100]}' but must be a positive ISO-8601 duration")
    violations.check()
    call.flag("dryRun", default=False)
    return _balance(call)


@CLUSTER_ADMINISTRATION.delete(
    "/cluster/v2/rebalance", "cancelClusterRebalance", since="8.10", answer=RebalanceCancellationResponse
)
async def cancel_cluster_rebalance(call: Call) -> RebalanceCancellationResponse:  # noqa: ARG001 - every handler takes a call
    """Stop moving partitions: none ever moves."""
    return RebalanceCancellationResponse(was_running=False)


@CLUSTER_ADMINISTRATION.get(
    "/cluster/v2/exporting", "getClusterExportingStatus", since="8.10", answer=ExportingStatusResponse
)
async def get_cluster_exporting_status(call: Call) -> ExportingStatusResponse:
    """Whether the record log is being exported."""
    return exporting.status(call)


@CLUSTER_ADMINISTRATION.post(
    "/cluster/v2/exporting/pause", "pauseClusterExporting", since="8.10", parameters=(exporting.SOFT,)
)
async def pause_cluster_exporting(call: Call) -> None:
    """Have all exporters rest until they are resumed."""
    await exporting.pause_exporting(call)


@CLUSTER_ADMINISTRATION.post("/cluster/v2/exporting/resume", "resumeClusterExporting", since="8.10")
async def resume_cluster_exporting(call: Call) -> None:
    """Have all exporters go on from where they were."""
    await exporting.resume_exporting(call)


@CLUSTER_ADMINISTRATION.patch(
    "/cluster/v2/mode",
    "changeClusterModeAsClusterAdmin",
    since="8.10",
    answer=recovery.ClusterModeChangeResponse,
    parameters=(MODE, TENANT, DRY_RUN),
)
async def change_cluster_mode(call: Call) -> recovery.ClusterModeChangeResponse:
    """Have the engine rest, so that a backup can be restored, or process again."""
    _check_tenant(call)
    return await recovery.change_mode(call)


@CLUSTER_ADMINISTRATION.post(
    "/cluster/v2/restore",
    "restoreAsClusterAdmin",
    since="8.10",
    body=ClusterRestoreRequest,
    answer=recovery.ClusterRestoreResponse,
    parameters=(TENANT, DRY_RUN),
    status=202,
)
async def restore(call: Call) -> recovery.ClusterRestoreResponse:
    """Restart the engine on a backup."""
    is_one = _check_tenant(call)
    body: ClusterRestoreRequest = call.body
    chosen: recovery.RestoreRequest = body
    if body.overrides:
        if is_one:
            raise invalid("The attribute 'overrides' may only be used without 'physicalTenantId'")
        if unknown := sorted(set(body.overrides) - {PHYSICAL_TENANT}):
            raise not_found(f"Physical tenant with id '{unknown[0][:100]}' not found")
        chosen = body.overrides[PHYSICAL_TENANT]
    return await recovery.begin_restore(call, chosen.backup_ids, chosen.from_, chosen.to)


@CLUSTER_ADMINISTRATION.post(
    "/cluster/v2/backups/runtime",
    "takeRuntimeBackupAsClusterAdmin",
    since="8.10",
    body=backups.TakeRuntimeBackupRequest,
    body_required=False,
    answer=ClusterTakeRuntimeBackupResponse,
    parameters=(TENANT,),
    status=202,
)
async def take_runtime_backup(call: Call) -> Raw | ClusterTakeRuntimeBackupResponse:
    """Begin a backup of everything, while the engine goes on working."""
    _check_tenant(call)
    try:
        id_: int | None = await backups.take(call, BackupKind.RUNTIME)
    except AlreadyExists as error:
        return Raw(_encode(_taken(None, "FAILED", str(error))), status=409)
    return _taken(id_, "TRIGGERED", None)


@CLUSTER_ADMINISTRATION.get(
    "/cluster/v2/backups/runtime",
    "listRuntimeBackupsAsClusterAdmin",
    since="8.10",
    answer=list[ClusterRuntimeBackupInfo],
    parameters=(TENANT, backups.PREFIX),
)
async def list_runtime_backups(call: Call) -> list[ClusterRuntimeBackupInfo]:
    """List the runtime backups, the newest first."""
    _check_tenant(call)
    return [_runtime_info(info) for info in await backups.list_runtime_backups(call)]


@CLUSTER_ADMINISTRATION.get(
    "/cluster/v2/backups/runtime/{backupId}",
    "getRuntimeBackupAsClusterAdmin",
    since="8.10",
    answer=ClusterRuntimeBackupInfo,
    parameters=(TENANT,),
)
async def get_runtime_backup(call: Call) -> ClusterRuntimeBackupInfo:
    """Get how far a runtime backup is."""
    _check_tenant(call)
    return _runtime_info(await backups.get_runtime_backup(call))


@CLUSTER_ADMINISTRATION.delete(
    "/cluster/v2/backups/runtime/{backupId}",
    "deleteRuntimeBackupAsClusterAdmin",
    since="8.10",
    parameters=(TENANT,),
)
async def delete_runtime_backup(call: Call) -> None:
    """Delete a runtime backup; one that is not there is deleted already."""
    _check_tenant(call)
    await backups.delete_runtime_backup(call)


@CLUSTER_ADMINISTRATION.get(
    "/cluster/v2/backups/runtime/state",
    "getRuntimeBackupStateAsClusterAdmin",
    since="8.10",
    answer=ClusterRuntimeBackupState,
    parameters=(TENANT,),
)
async def get_runtime_backup_state(call: Call) -> ClusterRuntimeBackupState:
    """Get what is remembered about runtime backups."""
    _check_tenant(call)
    return _runtime_state(await backups.get_runtime_backup_state(call))


@CLUSTER_ADMINISTRATION.delete(
    "/cluster/v2/backups/runtime/state",
    "deleteRuntimeBackupStateAsClusterAdmin",
    since="8.10",
    parameters=(TENANT,),
)
async def delete_runtime_backup_state(call: Call) -> None:
    """Remember nothing about runtime backups: they stay, and the next one may have any free id."""
    _check_tenant(call)
    await backups.delete_runtime_backup_state(call)


@CLUSTER_ADMINISTRATION.post(
    "/cluster/v2/backups/runtime/state/sync",
    "syncRuntimeBackupStateAsClusterAdmin",
    since="8.10",
    answer=ClusterRuntimeBackupState,
    parameters=(TENANT,),
)
async def sync_runtime_backup_state(call: Call) -> ClusterRuntimeBackupState:
    """Remember the runtime backups that are in the folder."""
    _check_tenant(call)
    return _runtime_state(await backups.sync_runtime_backup_state(call))


@CLUSTER_ADMINISTRATION.post(
    "/cluster/v2/backups/history",
    "takeHistoryBackupAsClusterAdmin",
    since="8.10",
    body=backups.TakeHistoryBackupRequest,
    answer=ClusterTakeHistoryBackupResponse,
    parameters=(TENANT,),
    status=202,
)
async def take_history_backup(call: Call) -> ClusterTakeHistoryBackupResponse:
    """Begin a backup of the history; it holds everything."""
    _check_tenant(call)
    taken = await backups.take_history_backup(call)
    result = ClusterHistoryBackupTakeResult(
        physical_tenant_id=PHYSICAL_TENANT, scheduled_snapshots=taken.scheduled_snapshots
    )
    return ClusterTakeHistoryBackupResponse(backup_id=taken.backup_id, physical_tenants=[result])


@CLUSTER_ADMINISTRATION.get(
    "/cluster/v2/backups/history",
    "listHistoryBackupsAsClusterAdmin",
    since="8.10",
    answer=list[ClusterHistoryBackupInfo],
    parameters=(TENANT, backups.PREFIX, backups.VERBOSE),
)
async def list_history_backups(call: Call) -> list[ClusterHistoryBackupInfo]:
    """List the history backups, the newest first."""
    _check_tenant(call)
    return [_history_info(info) for info in await backups.list_history_backups(call)]


@CLUSTER_ADMINISTRATION.get(
    "/cluster/v2/backups/history/{backupId}",
    "getHistoryBackupAsClusterAdmin",
    since="8.10",
    answer=ClusterHistoryBackupInfo,
    parameters=(TENANT,),
)
async def get_history_backup(call: Call) -> ClusterHistoryBackupInfo:
    """Get how far a history backup is."""
    _check_tenant(call)
    return _history_info(await backups.get_history_backup(call))


@CLUSTER_ADMINISTRATION.delete(
    "/cluster/v2/backups/history/{backupId}",
    "deleteHistoryBackupAsClusterAdmin",
    since="8.10",
    parameters=(TENANT,),
)
async def delete_history_backup(call: Call) -> None:
    """Delete a history backup."""
    _check_tenant(call)
    await backups.delete_history(call)


def _check_tenant(call: Call) -> bool:
    """Whether the query names the physical tenant.

    Raises:
        Problem: It names another.
    """
    asked = call.query.get("physicalTenantId")
    if asked is not None and asked != PHYSICAL_TENANT:
        raise not_found(f"Physical tenant with id '{asked[:100]}' not found")
    return asked is not None


def _balance(call: Call) -> ClusterBalanceResponse:
    node = str(backups.NODE_ID)
    partition = ClusterRebalancePartition(
        partition_id=call.broker.partition_id,
        physical_tenant_id=PHYSICAL_TENANT,
        current_leader=node,
        desired_leader=node,
        state="BALANCED",
    )
    return ClusterBalanceResponse(
        state="BALANCED", partitions=[partition], running_rebalance=None, last_completed_rebalance=None
    )


def _taken(id_: int | None, outcome: str, reason: str | None) -> ClusterTakeRuntimeBackupResponse:
    result = ClusterRuntimeBackupTakeResult(
        physical_tenant_id=PHYSICAL_TENANT, backup_id=id_, outcome=outcome, reason=reason
    )
    return ClusterTakeRuntimeBackupResponse(physical_tenants=[result])


def _runtime_info(info: backups.BackupInfo) -> ClusterRuntimeBackupInfo:
    tenant = ClusterRuntimeBackupTenantInfo(
        physical_tenant_id=PHYSICAL_TENANT,
        state=info.state,
        failure_reason=info.failure_reason,
        details=info.details,
    )
    return ClusterRuntimeBackupInfo(
        backup_id=info.backup_id, state=info.state, failure_reason=info.failure_reason, physical_tenants=[tenant]
    )


def _runtime_state(state: backups.RuntimeBackupState) -> ClusterRuntimeBackupState:
    tenant = ClusterRuntimeBackupTenantState(physical_tenant_id=PHYSICAL_TENANT, state=state)
    return ClusterRuntimeBackupState(physical_tenants=[tenant])


def _history_info(info: backups.HistoryBackupInfo) -> ClusterHistoryBackupInfo:
    tenant = ClusterHistoryBackupTenantInfo(
        physical_tenant_id=PHYSICAL_TENANT,
        state=info.state,
        failure_reason=info.failure_reason,
        details=info.details,
    )
    return ClusterHistoryBackupInfo(backup_id=info.backup_id, physical_tenants=[tenant])
