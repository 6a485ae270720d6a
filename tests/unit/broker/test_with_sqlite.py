"""The broker on the durable store: with its writer in a process of its own, in a thread, and when the writer dies."""

import asyncio
import os
import signal

import pytest
from tests.unit.broker.conftest import Driver, Stream

from kiang.broker.broker import Broker
from kiang.errors import Unavailable
from kiang.protocol.answers import Done
from kiang.protocol.commands import CompleteJob
from kiang.store.sqlite import SqliteStore


@pytest.fixture(params=[True, False], ids=["writer apart", "writer in a thread"])
async def opened(tmp_path, request, monkeypatch):
    monkeypatch.setattr("kiang.broker.broker.RECOVERY_DELAY_S", 0.02)
    store = SqliteStore(tmp_path / "data", writes_apart=request.param)
    broker = Broker(store)
    await broker.start()
    yield Driver(broker, None)
    await broker.stop()
    store.close()


async def test_instances_go_through(opened):
    await opened.deploy()
    stream = Stream(room=1000)
    opened.broker.add_stream(stream)

    await asyncio.gather(*(opened.create() for _ in range(200)))
    await asyncio.gather(*(opened.broker.execute(CompleteJob(job.key)) for job in stream.jobs))

    assert len(set(stream.keys)) == 200
    assert await opened.activate() == []


async def test_a_restart_finds_everything(tmp_path):
    store = SqliteStore(tmp_path / "data")
    broker = Broker(store)
    await broker.start()
    await Driver(broker, None).deploy()
    keys = await Driver(broker, None).create(10)
    await broker.stop()
    store.close()

    store = SqliteStore(tmp_path / "data")
    broker = Broker(store)
    await broker.start()
    jobs = await Driver(broker, None).activate(max_jobs=100)
    assert [job.process_instance_key for job in jobs] == keys
    assert all([await broker.execute(CompleteJob(job.key)) == Done(job.key) for job in jobs])
    await broker.stop()
    store.close()


async def test_a_writer_that_is_killed_costs_a_refusal_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr("kiang.broker.broker.RECOVERY_DELAY_S", 0.02)
    store = SqliteStore(tmp_path / "data")
    broker = Broker(store)
    await broker.start()
    driver = Driver(broker, None)
    await driver.deploy()
    keys = []
    for number in range(200):
        if number % 40 == 20:
            os.kill(store._writer.pid, signal.SIGKILL)
        try:
            keys += await driver.create()
        except Unavailable:
            await asyncio.sleep(0.03)

    found = []
    while jobs := await driver.activate(max_jobs=1000):
        found += [job.process_instance_key for job in jobs]

    assert len(keys) >= 150
    assert set(keys) <= set(found)
    assert len(found) == len(set(found)) <= 200
    await broker.stop()
    store.close()
