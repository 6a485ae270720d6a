"""Law: whatever message a client sends, the gateway answers with a response or a status of the table, and goes on."""

from __future__ import annotations

import asyncio

import grpc
import grpc.aio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.gateway_grpc.conftest import SERVICE, process

from kiang.broker.broker import Broker
from kiang.gateway.grpc.server import GrpcServer
from kiang.store.memory import MemoryStore
from kiang.wire import gateway_pb2 as pb

FIRST_KEY = 2251799813685249
KEYS = st.one_of(st.integers(FIRST_KEY, FIRST_KEY + 60), st.integers(-(2**63), 2**63 - 1))
TEXTS = st.one_of(
    st.sampled_from(
        ["order", "pay", "a.bpmn", "", " ", "<default>", "{}", '{"a":1}', '{"a":', "[1]", "null", '{"a":1e999}']
    ),
    st.text(max_size=20).map(lambda text: text.encode("utf-8", "replace").decode()),
)
CONTENTS = st.one_of(
    st.sampled_from([process("order", "pay"), process("p", "x", retries="=1/0"), b"", b"<a>"]), st.binary(max_size=50)
)

SCALARS = {
    "int64": KEYS,
    "int32": st.integers(-5, 2**31 - 1),
    "uint64": st.integers(0, 2**64 - 1),
    "bool": st.booleans(),
    "string": TEXTS,
    "bytes": CONTENTS,
}
TYPE_NAMES = {3: "int64", 5: "int32", 4: "uint64", 8: "bool", 9: "string", 12: "bytes"}
LONG_WAITS = frozenset({"requestTimeout"})


def messages(descriptor, depth: int = 3):
    """Messages of a type, with any of their fields."""
    fields = {}
    for field in descriptor.fields:
        if field.name in LONG_WAITS:
            strategy = st.sampled_from([-1, 1])
        elif field.message_type is not None:
            if not depth:
                continue
            strategy = messages(field.message_type, depth - 1)
        else:
            strategy = SCALARS[TYPE_NAMES[field.type]]
        if field.is_repeated:
            strategy = st.lists(strategy, max_size=3)
        fields[field.name] = strategy
    return st.fixed_dictionaries({}, optional=fields)


CALLS = st.lists(
    st.one_of([st.tuples(st.just(method), messages(method.input_type)) for method in SERVICE.methods]),
    min_size=1,
    max_size=12,
)


async def outcome(channel, method, fields) -> str:
    request_type = getattr(pb, method.input_type.name)
    make = channel.unary_stream if method.server_streaming else channel.unary_unary
    call = make(
        f"/{SERVICE.full_name}/{method.name}",
        request_type.SerializeToString,
        getattr(pb, method.output_type.name).FromString,
    )(request_type(**fields), timeout=0.05 if method.name == "StreamActivatedJobs" else 2)
    try:
        if method.server_streaming:
            async for _ in call:
                pass
        else:
            await call
    except grpc.aio.AioRpcError as error:
        return f"{method.name}: {error.details()}" if "Unexpected" in (error.details() or "") else error.code().name
    return "OK"


async def conversation(calls) -> list[str]:
    broker = Broker(MemoryStore())
    await broker.start()
    server = GrpcServer(broker, port=0)
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        deploy = SERVICE.methods_by_name["DeployResource"]
        resource = pb.Resource(name="order.bpmn", content=process("order", "pay"))
        assert await outcome(channel, deploy, {"resources": [resource]}) == "OK"
        outcomes = [await outcome(channel, method, fields) for method, fields in calls]
        assert await outcome(channel, SERVICE.methods_by_name["Topology"], {}) == "OK"
    await server.stop(0)
    await broker.stop()
    return outcomes


EXPECTED = frozenset({
    "OK", "INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "FAILED_PRECONDITION", "UNAVAILABLE", "UNIMPLEMENTED", "DEADLINE_EXCEEDED",
})  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(calls=CALLS)
def test_the_gateway_survives(calls):
    outcomes = asyncio.run(conversation(calls))

    assert set(outcomes) <= EXPECTED
