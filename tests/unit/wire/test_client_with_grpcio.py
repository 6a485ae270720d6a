"""The client's role against the reference server."""

from __future__ import annotations

import asyncio
import gzip

import grpc
import pytest
from tests.unit.wire.grpcio_twin import SERVICE, reference_server

from kiang.wire import gateway_pb2 as pb
from kiang.wire.channel import RpcError
from kiang.wire.http2.client import GrpcChannel
from kiang.wire.status import StatusCode

SET = SERVICE + "SetVariables"
STREAM = SERVICE + "StreamActivatedJobs"


async def connected(port: int, **options) -> GrpcChannel:
    channel = GrpcChannel("127.0.0.1", port, **options)
    await channel.connect()
    return channel


async def test_a_call_brings_the_answer_of_the_server():
    async def answer(request, context):
        return pb.SetVariablesResponse(key=request.elementInstanceKey + 1)

    async with reference_server(unary=answer) as port:
        channel = await connected(port)
        response = await channel.unary(
            SET, pb.SetVariablesRequest(elementInstanceKey=41), pb.SetVariablesResponse, timeout_s=5
        )
        await channel.close()

    assert response.key == 42
    assert not channel.is_open


async def test_many_calls_share_a_connection_and_each_gets_its_own_answer():
    async def answer(request, context):
        await asyncio.sleep(0.001 * (request.elementInstanceKey % 7))
        return pb.SetVariablesResponse(key=request.elementInstanceKey)

    async with reference_server(unary=answer, options=[("grpc.max_concurrent_streams", 16)]) as port:
        channel = await connected(port)
        responses = await asyncio.gather(
            *(
                channel.unary(SET, pb.SetVariablesRequest(elementInstanceKey=n), pb.SetVariablesResponse)
                for n in range(300)
            )
        )
        await channel.close()

    assert [response.key for response in responses] == list(range(300))


async def test_a_refusal_has_its_status_and_its_text_in_any_script():
    async def answer(request, context):
        await context.abort(grpc.StatusCode.NOT_FOUND, "kein Auftrag: 100 % 取消\nzweite Zeile")

    async with reference_server(unary=answer) as port:
        channel = await connected(port)
        with pytest.raises(RpcError) as caught:
            await channel.unary(SET, pb.SetVariablesRequest(), pb.SetVariablesResponse)
        await channel.close()

    assert caught.value.code is StatusCode.NOT_FOUND
    assert caught.value.message == "kein Auftrag: 100 % 取消\nzweite Zeile"
    assert not caught.value.not_processed


async def test_metadata_of_channel_and_call_reach_the_server():
    seen = {}

    async def answer(request, context):
        seen.update(context.invocation_metadata())
        return pb.SetVariablesResponse()

    async with reference_server(unary=answer) as port:
        channel = await connected(port, metadata=[("authorization", "Bearer x")])
        await channel.unary(SET, pb.SetVariablesRequest(), pb.SetVariablesResponse, metadata=[("trace", "1")])
        await channel.close()

    assert seen["authorization"] == "Bearer x"
    assert seen["trace"] == "1"
    assert seen["user-agent"].startswith("kiang-python")


async def test_a_call_ends_at_its_deadline_and_the_server_hears_of_it():
    cancelled = asyncio.Event()

    async def answer(request, context):
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with reference_server(unary=answer) as port:
        channel = await connected(port)
        with pytest.raises(RpcError) as caught:
            await channel.unary(SET, pb.SetVariablesRequest(), pb.SetVariablesResponse, timeout_s=0.1)
        await asyncio.wait_for(cancelled.wait(), 5)
        await channel.close()

    assert caught.value.code is StatusCode.DEADLINE_EXCEEDED


async def test_cancelling_the_waiting_task_cancels_the_call():
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def answer(request, context):
        begun.set()
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with reference_server(unary=answer) as port:
        channel = await connected(port)
        task = asyncio.create_task(channel.unary(SET, pb.SetVariablesRequest(), pb.SetVariablesResponse))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(cancelled.wait(), 5)
        await channel.close()


@pytest.mark.parametrize("size", [0, 1, 16_379, 16_380, 70_000, 3_900_000])
async def test_messages_of_any_size_go_both_ways(size):
    async def answer(request, context):
        return pb.SetVariablesResponse(key=len(request.variables))

    async def jobs(request, context):
        yield pb.ActivatedJob(variables=request.type)

    async with reference_server(unary=answer, stream=jobs) as port:
        channel = await connected(port)
        response = await channel.unary(SET, pb.SetVariablesRequest(variables="x" * size), pb.SetVariablesResponse)
        received = [
            job
            async for job in channel.server_stream(
                STREAM, pb.StreamActivatedJobsRequest(type="y" * size), pb.ActivatedJob
            )
        ]
        await channel.close()

    assert response.key == size
    assert [len(job.variables) for job in received] == [size]


async def test_a_compressed_answer_is_read():
    async def answer(request, context):
        context.set_compression(grpc.Compression.Gzip)
        return pb.SetVariablesResponse(key=len(gzip.compress(request.variables.encode(), mtime=0)))

    async with reference_server(unary=answer) as port:
        channel = await connected(port)
        response = await channel.unary(SET, pb.SetVariablesRequest(variables="x" * 1000), pb.SetVariablesResponse)
        await channel.close()

    assert response.key > 0


async def test_a_stream_gives_its_messages_and_ends():
    async def jobs(request, context):
        for key in range(1000):
            yield pb.ActivatedJob(key=key, type=request.type)

    async with reference_server(stream=jobs) as port:
        channel = await connected(port)
        stream = channel.server_stream(STREAM, pb.StreamActivatedJobsRequest(type="pay"), pb.ActivatedJob)
        keys = [job.key async for job in stream]
        await channel.close()

    assert keys == list(range(1000))


async def test_a_stream_that_nobody_reads_holds_the_server_back():
    sent = 0

    async def jobs(request, context):
        nonlocal sent
        while True:
            await context.write(pb.ActivatedJob(key=sent, variables="x" * 1000))
            sent += 1

    async with reference_server(stream=jobs) as port:
        channel = await connected(port)
        stream = channel.server_stream(STREAM, pb.StreamActivatedJobsRequest(type="pay"), pb.ActivatedJob)
        before = -1
        while sent != before:
            before = sent
            await asyncio.sleep(0.2)
        held_at = sent
        taken = [(await anext(stream)).key for _ in range(500)]
        stream.cancel()
        await channel.close()

    assert held_at < 500
    assert taken == list(range(500))


async def test_a_cancelled_stream_ends_and_the_server_hears_of_it():
    cancelled = asyncio.Event()

    async def jobs(request, context):
        try:
            yield pb.ActivatedJob(key=1)
            await asyncio.sleep(30)
        finally:
            cancelled.set()

    async with reference_server(stream=jobs) as port:
        channel = await connected(port)
        async with channel.server_stream(STREAM, pb.StreamActivatedJobsRequest(), pb.ActivatedJob) as stream:
            first = await anext(stream)
        rest = [job async for job in stream]
        await asyncio.wait_for(cancelled.wait(), 5)
        await channel.close()

    assert first.key == 1
    assert rest == []


async def test_a_server_that_goes_ends_open_calls_and_refuses_later_ones():
    begun = asyncio.Event()

    async def answer(request, context):
        begun.set()
        await asyncio.sleep(30)

    async with reference_server(unary=answer) as port:
        channel = await connected(port)
        call = asyncio.create_task(channel.unary(SET, pb.SetVariablesRequest(), pb.SetVariablesResponse))
        await begun.wait()
    with pytest.raises(RpcError) as caught:
        await call
    await asyncio.wait_for(channel.wait_closed(), 5)
    with pytest.raises(RpcError) as later:
        await channel.unary(SET, pb.SetVariablesRequest(), pb.SetVariablesResponse)
    await channel.close()

    assert caught.value.code in {StatusCode.UNAVAILABLE, StatusCode.CANCELLED}
    assert later.value.code is StatusCode.UNAVAILABLE
    assert later.value.not_processed


async def test_nobody_at_the_address_is_unavailable():
    channel = GrpcChannel("127.0.0.1", 1)

    with pytest.raises(RpcError) as caught:
        await channel.connect()

    assert caught.value.code is StatusCode.UNAVAILABLE
    assert caught.value.not_processed


async def test_an_unknown_method_is_unimplemented():
    async with reference_server() as port:
        channel = await connected(port)
        with pytest.raises(RpcError) as caught:
            await channel.unary(SET, pb.SetVariablesRequest(), pb.SetVariablesResponse)
        await channel.close()

    assert caught.value.code is StatusCode.UNIMPLEMENTED
