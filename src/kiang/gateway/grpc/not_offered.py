"""Rpcs of the service that the engine does not offer: refused by name."""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.message import Message

from kiang.errors import Unimplemented
from kiang.gateway.grpc.broker_port import BrokerPort
from kiang.gateway.grpc.rpc import SERVICE, refuse
from kiang.wire.http2.server import Method, ServerCall


@dataclass(frozen=True)
class NotOfferedRpc:
    """One of them."""

    name: str
    request_type: type[Message]

    def method(self, broker: BrokerPort) -> Method:  # noqa: ARG002 - it is not asked
        """What the wire calls."""
        refusal = Unimplemented(f"Expected to handle gRPC request {self.name}, but this engine does not offer it")

        def handle(request: Message, call: ServerCall) -> None:  # noqa: ARG001 - it is not looked at
            refuse(call, refusal)

        return Method(f"/{SERVICE}/{self.name}", self.request_type.FromString, handle)
