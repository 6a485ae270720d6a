"""What all rpcs have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from google.protobuf.message import Message

from kiang.errors import ClientError, InvalidArgument, PermissionDenied, Unavailable
from kiang.gateway.auth.tenancy import is_multi_tenant, tenant_fault
from kiang.gateway.grpc.broker_port import BrokerPort
from kiang.gateway.rejection import refusal_of
from kiang.protocol.answers import Rejection
from kiang.protocol.commands import DEFAULT_TENANT, Command
from kiang.protocol.keys import partition_of
from kiang.wire.http2.server import Method, ServerCall

SERVICE = "gateway_protocol.Gateway"

REQUEST_TIMEOUT_MS = 15_000
"""How long a command may wait for its turn, and an instance's result be waited for, when the request does not say."""

TENANT_TEXT = "Expected to handle gRPC request {rpc} with tenant identifier '{tenant_id}', but {reason}"
TENANTS_TEXT = (
    "Expected to handle gRPC request {rpc} with tenant identifiers '[]', but no tenant identifiers were provided."
)
PARTITION_TEXT = "Expected to execute command on partition {partition}, but either it does not exist, or the gateway is not yet aware of it"

RequestT = TypeVar("RequestT", bound=Message)


class Rpc(Protocol):
    """One rpc of the service."""

    @property
    def name(self) -> str:
        """As in the service's definition."""
        ...

    def method(self, broker: BrokerPort) -> Method:
        """What the wire calls."""
        ...


@dataclass(frozen=True)
class UnaryRpc(Generic[RequestT]):
    """An rpc that is one command.

    Attributes:
        name: As in the service's definition.
        request_type: Its message.
        command: Makes the command; raises ClientError if the request cannot be right.
        response: Makes the serialised response of the answer.
        key: The key in the request that says on which partition the command runs; None if it says nothing about that.
        timeout_ms: How long to wait; 0 for the default.
        begins: The command, if it is one that begins work: while too many wait it is refused before its request is read at length.
    """

    name: str
    request_type: type[RequestT]
    command: Callable[[RequestT], Command]
    response: Callable[[Any], bytes]
    key: Callable[[RequestT], int] | None = None
    timeout_ms: Callable[[RequestT], int] | None = None
    begins: type[Command] | None = None

    def method(self, broker: BrokerPort) -> Method:
        """What the wire calls: no task, no waiting, the answer goes out from within the broker's call."""
        submit = broker.submit
        make_command, make_response = self.command, self.response
        key_of, timeout_of, begins = self.key, self.timeout_ms, self.begins
        refusal = broker.refusal

        def handle(request: RequestT, call: ServerCall) -> None:
            if begins is not None and (refused := refusal(begins)) is not None:
                refuse(call, refused)
                return
            try:
                command = make_command(request)
                if key_of is not None:
                    check_partition(broker, key_of(request))
            except ClientError as error:
                refuse(call, error)
                return

            def settle(answer: Any) -> None:
                if isinstance(answer, Rejection | ClientError):
                    refuse(call, answer)
                else:
                    call.reply(make_response(answer))

            timeout_ms = (timeout_of(request) if timeout_of is not None else 0) or REQUEST_TIMEOUT_MS
            submit(command, settle, timeout_ms=timeout_ms)

        return Method(f"/{SERVICE}/{self.name}", self.request_type.FromString, handle)


def refuse(call: ServerCall, cause: Rejection | ClientError) -> None:
    """End a call as the table of refusals says."""
    refusal, text = refusal_of(cause)
    call.fail(refusal.grpc_status, text)


def check_partition(broker: BrokerPort, key: int) -> None:
    """Check that a key is one of the partition's.

    Raises:
        Unavailable: Its upper bits name another partition, which does not exist.
    """
    partition = partition_of(key)
    if partition != broker.partition_id:
        raise Unavailable(PARTITION_TEXT.format(partition=partition))


def tenant(rpc: str, tenant_id: str) -> str:
    """The tenant that a request means.

    Raises:
        InvalidArgument: It names none that there can be.
        PermissionDenied: It names one that is not the caller's.
    """
    fault = tenant_fault(tenant_id)
    if fault is not None:
        text = TENANT_TEXT.format(rpc=rpc, tenant_id=tenant_id, reason=fault.reason)
        raise PermissionDenied(text) if fault.is_forbidden else InvalidArgument(text)
    return tenant_id or DEFAULT_TENANT


def tenants(rpc: str, tenant_ids: list[str]) -> tuple[str, ...]:
    """The same for requests that may name several."""
    if not tenant_ids:
        if is_multi_tenant():
            raise InvalidArgument(TENANTS_TEXT.format(rpc=rpc))
        return (DEFAULT_TENANT,)
    return tuple(dict.fromkeys([tenant(rpc, tenant_id) for tenant_id in tenant_ids]))


def no_content(answer: object) -> bytes:  # noqa: ARG001 - there is nothing in it for the client
    """The response of rpcs whose message is empty."""
    return b""
