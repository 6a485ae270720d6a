"""Recovery mode: what was taken becomes durable, nothing new happens, and afterwards everything goes on."""

import asyncio

import pytest
from tests.unit.broker.conftest import Driver, Stream, until

from kiang.broker.health import HealthState
from kiang.engine.state.job import JOBS
from kiang.errors import Unavailable
from kiang.protocol.answers import ActivatedJobs, ProcessInstanceCreated
from kiang.protocol.commands import CreateProcessInstance


async def test_what_was_taken_is_answered_and_what_comes_later_is_refused(driver: Driver, broker):
    await driver.deploy()
    taken = [asyncio.ensure_future(broker.execute(CreateProcessInstance("one"))) for _ in range(20)]
    await asyncio.sleep(0)

    await broker.enter_recovery()

    assert all(isinstance(one.result(), ProcessInstanceCreated) for one in taken)
    assert broker.is_idle
    assert (broker.health.state, broker.health.is_ready, broker.health.is_live) == (HealthState.RECOVERING, False, True)
    position = broker.store.header.position
    for command in (CreateProcessInstance("one"), driver.activation()):
        with pytest.raises(Unavailable, match="in recovery mode"):
            await broker.execute(command)
    with pytest.raises(Unavailable, match="in recovery mode"):
        await broker.activate_jobs(driver.activation())
    assert broker.store.header.position == position


async def test_who_waits_for_jobs_is_told_that_there_are_none(driver: Driver, broker):
    await driver.deploy()
    waiting = asyncio.ensure_future(broker.activate_jobs(driver.activation(), request_timeout_ms=60_000))
    await until(lambda: broker._polls.count)

    await broker.enter_recovery()

    assert await waiting == ActivatedJobs([])


async def test_what_is_due_waits_for_the_end_of_it(driver: Driver, broker, clock):
    await driver.deploy()
    await driver.create()
    stream = Stream()
    broker.add_stream(stream)
    await until(lambda: stream.jobs)
    await broker.enter_recovery()
    await broker.enter_recovery()

    clock.advance(120_000)
    for _ in range(20):
        await asyncio.sleep(0)
    meanwhile = broker.store.select(JOBS)
    broker.leave_recovery()
    await until(lambda: len(stream.jobs) == 2)

    assert meanwhile[0].deadline < clock.now_ms(), "nobody has taken the job back"
    assert broker.health.state is HealthState.HEALTHY
    assert await driver.create()


async def test_a_broker_in_recovery_mode_can_stop(broker):
    await broker.enter_recovery()

    await broker.stop()
    broker.leave_recovery()
    await broker.enter_recovery()

    assert broker.health.state is HealthState.STOPPED


async def test_who_waits_for_the_beginning_of_it_does_not_wait_longer_than_it_lasts(driver: Driver, broker):
    await driver.deploy()
    taken = asyncio.ensure_future(broker.execute(CreateProcessInstance("one")))
    await asyncio.sleep(0)
    first, second = (asyncio.ensure_future(broker.enter_recovery()) for _ in range(2))
    await asyncio.sleep(0)
    assert not first.done(), "what was taken is not yet durable"
    assert not second.done()

    broker.leave_recovery()

    await asyncio.gather(first, second)
    assert isinstance(await taken, ProcessInstanceCreated)
    assert broker.health.state is HealthState.HEALTHY
