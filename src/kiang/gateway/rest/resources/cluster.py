"""What the cluster is and whether it works."""

from __future__ import annotations

from typing import Any

import msgspec

from kiang.broker.health import HealthState
from kiang.gateway.rest.body import Answer
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Resource
from kiang.gateway.rest.problem import Problem
from kiang.gateway.rest.shapes import DateTime

CLUSTER = Resource("Cluster")

API_VERSION = "8.8.0"
"""The version of the gateway protocol that clients are told: they choose by it what they may ask for."""

BROKER_PORT = 26501
"""What the originals report for their internal port; nothing listens there."""


class Partition(Answer, frozen=True):
    """One partition as one broker sees it."""

    partition_id: int
    role: str
    health: str
    state: str


class BrokerInfo(Answer, frozen=True):
    """One broker."""

    node_id: int
    broker_id: str
    host: str
    port: int
    partitions: list[Partition]
    version: str


class TopologyResponse(Answer, frozen=True):
    """The cluster."""

    brokers: list[BrokerInfo]
    cluster_id: str | None
    cluster_size: int
    partitions_count: int
    replication_factor: int
    gateway_version: str
    last_completed_change_id: str


class LicenseResponse(Answer, frozen=True):
    """The licence that the software runs under."""

    valid_license: bool
    license_type: str
    is_commercial: bool
    expires_at: DateTime | None


@CLUSTER.get("/topology", "getTopology", since="8.5", answer=TopologyResponse, aliases=("GET /v1/topology",))
async def get_topology(call: Call) -> TopologyResponse | dict[str, Any]:
    """Get the brokers and partitions of the cluster."""
    broker = BrokerInfo(
        node_id=0,
        broker_id="0",
        host="0.0.0.0",  # noqa: S104 - what the originals report
        port=BROKER_PORT,
        partitions=[partition_of(call)],
        version=API_VERSION,
    )
    topology = TopologyResponse(
        brokers=[broker],
        cluster_id=None,
        cluster_size=1,
        partitions_count=1,
        replication_factor=1,
        gateway_version=API_VERSION,
        last_completed_change_id="",
    )
    return _in_v1(msgspec.to_builtins(topology)) if call.path.startswith("/v1/") else topology


def partition_of(call: Call) -> Partition:
    """How the partition is."""
    health = call.broker.health
    return Partition(
        partition_id=call.broker.partition_id,
        role="leader",
        health="healthy" if health.is_ready else "unhealthy",
        state="recovering" if health.state is HealthState.RECOVERING else "active",
    )


_SINCE_V2 = frozenset({"brokerId", "state", "clusterId", "lastCompletedChangeId"})


def _in_v1(value: Any) -> Any:
    """Without what came later: the Java client of 8.5 refuses an answer with a field that it does not know."""
    if isinstance(value, list):
        return [_in_v1(item) for item in value]
    if isinstance(value, dict):
        return {name: _in_v1(item) for name, item in value.items() if name not in _SINCE_V2}
    return value


@CLUSTER.get("/status", "getStatus", since="8.8", status=204)
async def get_status(call: Call) -> None:
    """Tell whether commands can be processed."""
    if not call.broker.health.is_ready:
        raise Problem(503, "UNAVAILABLE", "Expected a partition with a healthy leader, but there is none")


@CLUSTER.get("/license", "getLicense", answer=LicenseResponse)
async def get_license(call: Call) -> LicenseResponse:  # noqa: ARG001 - every handler takes a call
    """Get the licence: open source, never expires."""
    return LicenseResponse(valid_license=True, license_type="unknown", is_commercial=False, expires_at=None)
