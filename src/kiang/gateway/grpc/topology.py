"""Topology: one broker with one partition."""

from __future__ import annotations

from kiang.gateway.grpc.broker_port import BrokerPort
from kiang.gateway.grpc.rpc import SERVICE
from kiang.wire.gateway_pb2 import BrokerInfo, Partition, TopologyRequest, TopologyResponse
from kiang.wire.http2.server import Method, ServerCall

GATEWAY_VERSION = "8.8.0"
"""The version of the gateway protocol that clients are told: they choose by it what they may ask for."""

BROKER_HOST = "0.0.0.0"  # noqa: S104 - what the originals report
BROKER_PORT = 26501
"""What the originals report for their internal port; nothing listens there."""


class TopologyRpc:
    """The rpc."""

    name = "Topology"

    def method(self, broker: BrokerPort) -> Method:
        """What the wire calls."""

        def handle(request: TopologyRequest, call: ServerCall) -> None:  # noqa: ARG001 - it says nothing
            health = Partition.HEALTHY if broker.health.is_ready else Partition.UNHEALTHY
            partition = Partition(partitionId=broker.partition_id, role=Partition.LEADER, health=health)
            node = BrokerInfo(
                nodeId=0, host=BROKER_HOST, port=BROKER_PORT, partitions=[partition], version=GATEWAY_VERSION
            )
            response = TopologyResponse(
                brokers=[node], clusterSize=1, partitionsCount=1, replicationFactor=1, gatewayVersion=GATEWAY_VERSION
            )
            call.reply(response.SerializeToString())

        return Method(f"/{SERVICE}/{self.name}", TopologyRequest.FromString, handle)


RPC = TopologyRpc()
