"""Job streams whose workers are slow or gone: no job is lost, and nothing piles up."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import grpc
import grpc.aio
from tests.unit.gateway_grpc.conftest import Stub
from tests.unit.gateway_grpc.test_rpcs import activate, create, deploy, until

from kiang.gateway.grpc.stream_activated_jobs import QUEUED_BYTES_MAX

WINDOW_BYTES = 65_535
OPTIONS = [("grpc.http2.lookahead_bytes", WINDOW_BYTES), ("grpc.http2.bdp_probe", 0)]


@asynccontextmanager
async def slow_worker(server, timeout=600_000):
    """A stream that nobody reads, on a connection of its own."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}", options=OPTIONS) as channel:
        stream = Stub(channel).StreamActivatedJobs(type="pay", worker="slow", timeout=timeout)
        await stream.initial_metadata()
        yield stream


def calls_of(server):
    return [call for socket in server._listener._sockets for call in socket.connection.streams.values()]


async def test_a_worker_that_does_not_read_gets_no_more_than_its_window(server, stub):
    await deploy(stub, "pay")
    async with slow_worker(server):
        await asyncio.gather(*(create(stub, variables='{"x":"' + "v" * 1000 + '"}') for _ in range(300)))
        rest = await activate(stub, maxJobsToActivate=1000)
        (call,) = calls_of(server)

        assert 100 < len(rest) < 300
        assert call.queued_bytes < QUEUED_BYTES_MAX
    assert {job.worker for job in rest} == {"w"}


async def test_a_slow_worker_gets_its_backlog_as_it_reads(server, stub):
    await deploy(stub, "pay")
    async with slow_worker(server) as stream:
        created = await asyncio.gather(*(create(stub, variables='{"x":"' + "v" * 1000 + '"}') for _ in range(300)))
        keys = [(await stream.read()).processInstanceKey for _ in range(300)]

    assert sorted(keys) == sorted(instance.processInstanceKey for instance in created)


async def test_what_could_not_be_written_goes_back_when_the_worker_leaves(server, stub):
    await deploy(stub, "pay")
    large = '{"x":"' + "v" * 60_000 + '"}'
    async with slow_worker(server):
        await asyncio.gather(*(create(stub, variables=large) for _ in range(50)))
        await until(lambda: any(call.queued_bytes for call in calls_of(server)))
        queued = sum(call.queued_bytes for call in calls_of(server))
    rest = await activate(stub, maxJobsToActivate=1000, fetchVariable=["nothing"])
    await until(lambda: not calls_of(server))

    assert 0 < queued < QUEUED_BYTES_MAX + 100_000
    assert len(rest) >= 48


async def test_two_workers_share_the_jobs_and_each_job_comes_once(stub):
    await deploy(stub, "pay")
    first = stub.StreamActivatedJobs(type="pay", worker="a", timeout=60_000)
    second = stub.StreamActivatedJobs(type="pay", worker="b", timeout=60_000)
    await asyncio.gather(first.initial_metadata(), second.initial_metadata())
    received = []

    async def read(stream):
        async for job in stream:
            received.append(job)
            await stub.CompleteJob(jobKey=job.key)

    readers = [asyncio.create_task(read(stream)) for stream in (first, second)]
    await asyncio.gather(*(create(stub) for _ in range(200)))
    await until(lambda: len(received) == 200)
    first.cancel()
    second.cancel()
    await asyncio.gather(*readers, return_exceptions=True)

    assert len({job.key for job in received}) == 200
    assert {job.worker for job in received} == {"a", "b"}


async def test_a_stream_ends_when_the_server_stops(server, stub):
    stream = stub.StreamActivatedJobs(type="pay", worker="s", timeout=60_000)
    await stream.initial_metadata()
    await asyncio.wait_for(server.stop(30), 5)
    end = await stream.code()

    assert end is grpc.StatusCode.UNAVAILABLE


async def test_a_long_poll_ends_empty_when_the_server_stops(server, broker, stub):
    poll = asyncio.create_task(activate(stub))
    await until(lambda: broker._polls.count == 1)
    await asyncio.wait_for(server.stop(30), 5)

    assert await poll == []
