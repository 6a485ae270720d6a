"""The server's role against the reference client."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import grpc
import grpc.aio
import pytest
from tests.unit.wire.grpcio_twin import SERVICE

from kiang.wire import gateway_pb2 as pb
from kiang.wire.http2.listener import Listener
from kiang.wire.http2.server import Method
from kiang.wire.status import StatusCode

UNARY = SERVICE + "SetVariables"
STREAM = SERVICE + "StreamActivatedJobs"


@asynccontextmanager
async def serving(handle_unary=None, handle_stream=None, options=(), **keywords):
    methods = [
        Method(UNARY, pb.SetVariablesRequest.FromString, handle_unary),
        Method(STREAM, pb.StreamActivatedJobsRequest.FromString, handle_stream),
    ]
    listener = Listener(methods)
    await listener.start("127.0.0.1", 0)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{listener.port}", options=list(options), **keywords) as channel:
        yield listener, channel
    await listener.stop()


def unary(channel):
    return channel.unary_unary(UNARY, pb.SetVariablesRequest.SerializeToString, pb.SetVariablesResponse.FromString)


def stream(channel):
    return channel.unary_stream(STREAM, pb.StreamActivatedJobsRequest.SerializeToString, pb.ActivatedJob.FromString)


def answer(key: int) -> bytes:
    return pb.SetVariablesResponse(key=key).SerializeToString()


async def test_a_call_is_answered_at_once():
    async with serving(lambda request, call: call.reply(answer(request.elementInstanceKey + 1))) as (_, channel):
        response = await unary(channel)(pb.SetVariablesRequest(elementInstanceKey=41))

    assert response.key == 42


async def test_calls_are_answered_later_and_in_any_order():
    calls = []

    def handle(request, call):
        calls.append((request.elementInstanceKey, call))
        if len(calls) == 50:
            for key, waiting in reversed(calls):
                waiting.reply(answer(key))

    async with serving(handle) as (_, channel):
        responses = await asyncio.gather(
            *(unary(channel)(pb.SetVariablesRequest(elementInstanceKey=n)) for n in range(50))
        )

    assert [response.key for response in responses] == list(range(50))


@pytest.mark.parametrize("size", [0, 1, 16_379, 16_380, 70_000, 4_000_000])
async def test_messages_of_any_size_go_both_ways(size):
    def handle(request, call):
        call.send(pb.ActivatedJob(variables=request.type).SerializeToString())
        call.finish()

    options = [("grpc.max_receive_message_length", -1)]
    async with serving(handle_stream=handle, options=options) as (_, channel):
        jobs = [job async for job in stream(channel)(pb.StreamActivatedJobsRequest(type="x" * size))]

    assert [len(job.variables) for job in jobs] == [size]


async def test_a_request_over_the_limit_is_refused_and_the_connection_goes_on():
    async with serving(lambda request, call: call.reply(answer(1))) as (_, channel):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await unary(channel)(pb.SetVariablesRequest(variables="x" * (4 * 1024 * 1024)))
        response = await unary(channel)(pb.SetVariablesRequest())

    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert caught.value.details() == "gRPC message exceeds maximum size 4194304: 4194309"
    assert response.key == 1


async def test_compressed_requests_are_read():
    def handle(request, call):
        call.reply(answer(len(request.variables)))

    async with serving(handle, compression=grpc.Compression.Gzip) as (_, channel):
        small = await unary(channel)(pb.SetVariablesRequest(variables="x"))
        large = await unary(channel)(pb.SetVariablesRequest(variables="x" * 1_000_000))

    assert (small.key, large.key) == (1, 1_000_000)


async def test_a_compressed_request_that_grows_over_the_limit_is_refused():
    async with serving(lambda request, call: call.reply(answer(1)), compression=grpc.Compression.Gzip) as (_, channel):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await unary(channel)(pb.SetVariablesRequest(variables="x" * 50_000_000))

    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert caught.value.details() == "Decompressed gRPC message exceeds maximum size 4194304"


@pytest.mark.parametrize("text", ["", "no such job", "100 % kein Auftrag 取消\nzweite Zeile", "x" * 6_000])
async def test_a_status_arrives_with_its_text(text):
    async with serving(lambda request, call: call.fail(StatusCode.NOT_FOUND, text)) as (_, channel):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await unary(channel)(pb.SetVariablesRequest())

    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert caught.value.details() == text


async def test_a_status_after_messages_arrives_too():
    def handle(request, call):
        call.send(pb.ActivatedJob(key=1).SerializeToString())
        call.fail(StatusCode.UNAVAILABLE, "gone")

    async with serving(handle_stream=handle) as (_, channel):
        reading = stream(channel)(pb.StreamActivatedJobsRequest())
        first = await reading.read()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await reading.read()

    assert first.key == 1
    assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.UNAVAILABLE, "gone")


async def test_an_unknown_method_is_unimplemented_by_name():
    async with serving() as (_, channel):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary("/gateway_protocol.Gateway/Nothing")(b"")

    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert caught.value.details() == "Method not found: gateway_protocol.Gateway/Nothing"


async def test_a_request_that_is_no_message_is_refused():
    async with serving(lambda request, call: call.reply(answer(1))) as (_, channel):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary(UNARY)(b"\xff\xff")

    assert caught.value.code() is grpc.StatusCode.INTERNAL


async def test_a_handler_that_fails_is_internal_and_tells_no_values(caplog):
    def handle(request, call):
        raise KeyError(request.variables)

    async with serving(handle) as (_, channel):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await unary(channel)(pb.SetVariablesRequest(variables="secret"))

    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert caught.value.details() == "Unexpected error occurred during the request processing: KeyError"


async def test_the_handler_hears_of_a_client_that_has_cancelled():
    begun, cancelled = asyncio.Event(), asyncio.Event()

    def handle(request, call):
        call.on_cancel = cancelled.set
        begun.set()

    async with serving(handle) as (_, channel):
        call = unary(channel)(pb.SetVariablesRequest())
        await begun.wait()
        call.cancel()
        await asyncio.wait_for(cancelled.wait(), 5)


async def test_the_handler_hears_of_a_client_that_is_gone():
    cancelled = asyncio.Event()

    def handle(request, call):
        call.on_cancel = cancelled.set
        call.send_head()

    async with serving(handle_stream=handle) as (listener, channel):
        call = stream(channel)(pb.StreamActivatedJobsRequest())
        await call.initial_metadata()
        await channel.close()
        await asyncio.wait_for(cancelled.wait(), 5)


async def test_a_deadline_ends_the_call_on_the_server_too():
    cancelled = asyncio.Event()

    def handle(request, call):
        call.on_cancel = cancelled.set

    async with serving(handle) as (_, channel):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await unary(channel)(pb.SetVariablesRequest(), timeout=0.1)
        await asyncio.wait_for(cancelled.wait(), 5)

    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_slow_reader_closes_the_window_and_opens_it_again():
    calls = []
    writable = asyncio.Event()

    def handle(request, call):
        call.send_head()
        call.on_writable = writable.set
        calls.append(call)

    message = pb.ActivatedJob(variables="x" * 1000).SerializeToString()
    options = [("grpc.http2.lookahead_bytes", 65_535), ("grpc.http2.bdp_probe", 0)]
    async with serving(handle_stream=handle, options=options) as (_, channel):
        reading = stream(channel)(pb.StreamActivatedJobsRequest())
        await reading.initial_metadata()
        (call,) = calls
        sent = 0
        while call.writable_bytes() > len(message) + 5:
            call.send(message)
            sent += 1
        call.await_writable()
        is_open_again = writable.is_set()
        for _ in range(sent):
            await reading.read()
        await asyncio.wait_for(writable.wait(), 5)
        room = call.writable_bytes()
        reading.cancel()

    assert not is_open_again
    assert 0 < sent < 1000
    assert room > 0
    assert call.queued_bytes == 0


async def test_a_graceful_stop_lets_open_calls_end():
    calls = []
    begun = asyncio.Event()

    def handle(request, call):
        calls.append(call)
        begun.set()

    async with serving(handle) as (listener, channel):
        call = asyncio.ensure_future(unary(channel)(pb.SetVariablesRequest()))
        await begun.wait()
        stopping = asyncio.create_task(listener.stop(5))
        await asyncio.sleep(0)
        calls[0].reply(answer(7))
        response = await call
        await asyncio.wait_for(stopping, 4)

    assert response.key == 7
    assert listener.connection_count == 0


async def test_a_stop_without_grace_ends_open_calls_as_unavailable():
    begun = asyncio.Event()

    async with serving(lambda request, call: begun.set()) as (listener, channel):
        call = unary(channel)(pb.SetVariablesRequest())
        await begun.wait()
        await listener.stop(0)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call

    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_clients_that_ping_too_often_are_sent_away():
    gone = asyncio.Event()

    def handle(request, call):
        call.on_cancel = gone.set

    options = [
        ("grpc.keepalive_time_ms", 50),
        ("grpc.keepalive_timeout_ms", 5_000),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.http2.min_ping_interval_without_data_ms", 50),
    ]
    async with serving(handle, options=options) as (_, channel):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await unary(channel)(pb.SetVariablesRequest(), timeout=10)
        await asyncio.wait_for(gone.wait(), 5)

    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert "too_many_pings" in caught.value.details() or "Too many pings" in caught.value.details()
