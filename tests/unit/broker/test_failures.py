"""What happens when the store or the engine fails: nobody is told anything that is not true, and it goes on afterwards."""

import asyncio

import pytest
from tests.unit.broker.conftest import Driver, Stream, until

from kiang.broker.broker import Broker
from kiang.broker.clock import SystemClock
from kiang.broker.health import HealthState
from kiang.engine.engine import Engine
from kiang.errors import (
    CorruptStoreError,
    FencedError,
    InternalError,
    ResourceExhausted,
    StoreError,
    StoreFullError,
    Unavailable,
)
from kiang.protocol.answers import Done, ProcessInstanceCreated, ProcessInstanceResult
from kiang.protocol.commands import CompleteJob, CreateProcessInstance
from kiang.store.memory import MemoryStore


class FailingStore(MemoryStore):
    """A store whose next commits fail with the given errors."""

    def __init__(self):
        super().__init__()
        self.failures = []

    def commit(self, commit):
        if self.failures and (failure := self.failures.pop(0)) is not None:
            raise failure
        super().commit(commit)


@pytest.fixture
def store():
    return FailingStore()


@pytest.fixture(autouse=True)
def quick_recovery(monkeypatch):
    monkeypatch.setattr("kiang.broker.broker.RECOVERY_DELAY_S", 0.02)


async def healthy(broker):
    for _ in range(500):
        try:
            await broker.execute(CompleteJob(1))
        except (Unavailable, ResourceExhausted):
            await asyncio.sleep(0.005)
        else:
            return
    raise AssertionError(broker.health)


async def test_a_full_disk_refuses_with_its_name_and_nothing_has_happened(driver, broker, store):
    (before,) = await driver.create()
    store.failures = [StoreFullError("full")]

    with pytest.raises(ResourceExhausted, match="Cannot accept requests for partition 1. Broker is out of disk space"):
        await broker.execute(CreateProcessInstance("one"))
    assert broker.health.state is HealthState.DEGRADED
    with pytest.raises(ResourceExhausted, match="out of disk space"):
        await broker.execute(CreateProcessInstance("one"))

    await healthy(broker)
    jobs = await driver.activate()
    assert [job.process_instance_key for job in jobs] == [before]
    assert broker.health.state is HealthState.HEALTHY


async def test_everyone_who_waits_is_told_when_a_commit_fails(driver, broker, store):
    store.failures = [StoreError("no")]
    answers = []
    for _ in range(10):
        broker.submit(CreateProcessInstance("one"), answers.append)
    await driver.committing()
    for _ in range(10):
        broker.submit(CreateProcessInstance("one"), answers.append)

    await driver.settled()

    assert len(answers) == 20
    assert all(isinstance(answer, Unavailable) for answer in answers)
    await healthy(broker)
    assert await driver.activate() == []


async def test_keys_of_a_failed_batch_are_not_lost_to_the_next_one(driver, broker, store):
    (first,) = await driver.create()
    store.failures = [StoreError("no")]
    with pytest.raises(Unavailable):
        await broker.execute(CreateProcessInstance("one"))
    await healthy(broker)

    (second,) = await driver.create()

    jobs = await driver.activate()
    assert [job.process_instance_key for job in jobs] == [first, second]


async def test_polls_that_wait_survive_a_failed_commit(driver, broker, store):
    poll = asyncio.ensure_future(driver.activate(wait_ms=60_000))
    await driver.settled()
    store.failures = [StoreError("no")]
    with pytest.raises(Unavailable):
        await broker.execute(CreateProcessInstance("one"))
    await healthy(broker)

    (key,) = await driver.create()

    assert [job.process_instance_key for job in await poll] == [key]


async def test_streams_survive_a_failed_commit_and_get_only_what_is_durable(driver, broker, store):
    stream = Stream(room=2)
    broker.add_stream(stream)
    store.failures = [StoreError("no")]
    with pytest.raises(Unavailable):
        await broker.execute(CreateProcessInstance("one"))
    await healthy(broker)
    assert stream.jobs == []

    keys = await driver.create(2)
    await driver.settled()

    assert [job.process_instance_key for job in stream.jobs] == keys


async def test_who_awaits_the_result_of_a_durable_instance_goes_on_waiting_through_a_failed_commit(
    driver, broker, store
):
    waiting = asyncio.ensure_future(broker.execute(CreateProcessInstance("one", awaits_result=True)))
    (job,) = await driver.activate(wait_ms=1000)
    store.failures = [StoreError("no")]
    with pytest.raises(Unavailable):
        await broker.execute(CreateProcessInstance("one"))
    await healthy(broker)
    assert not waiting.done()

    await broker.execute(CompleteJob(job.key))

    assert isinstance(await waiting, ProcessInstanceResult)


async def test_who_awaits_the_result_of_an_instance_that_was_not_durable_is_told(driver, broker, store):
    store.failures = [StoreError("no")]

    with pytest.raises(Unavailable):
        await broker.execute(CreateProcessInstance("one", awaits_result=True))
    assert broker._awaited == {}


async def test_a_result_whose_commit_fails_is_not_told(driver, broker, store):
    waiting = asyncio.ensure_future(broker.execute(CreateProcessInstance("one", awaits_result=True)))
    (job,) = await driver.activate(wait_ms=1000)
    store.failures = [StoreError("no")]

    with pytest.raises(Unavailable):
        await broker.execute(CompleteJob(job.key))
    with pytest.raises(Unavailable):
        await waiting

    await healthy(broker)
    assert await broker.execute(CompleteJob(job.key)) == Done(job.key)


async def test_a_read_that_fails_while_a_commit_is_under_way_leaves_that_commit_alone(
    driver, broker, store, monkeypatch
):
    answers = []
    broker.submit(CreateProcessInstance("one"), answers.append)
    await driver.committing()
    process = Engine.process

    def fail(engine, command, now):
        monkeypatch.setattr(Engine, "process", process)
        raise StoreError("cannot be read")

    monkeypatch.setattr(Engine, "process", fail)
    broker.submit(CreateProcessInstance("one"), answers.append)

    await until(lambda: len(answers) == 2)
    await healthy(broker)

    assert sorted(type(answer).__name__ for answer in answers) == ["ProcessInstanceCreated", "Unavailable"]
    assert len(await driver.activate()) == 1
    assert len(await driver.create(2)) == 2


@pytest.mark.parametrize("error", [FencedError("taken over"), CorruptStoreError("damaged")])
async def test_a_store_that_is_gone_for_good_stops_the_partition(driver, broker, store, error):
    poll = asyncio.ensure_future(driver.activate(wait_ms=60_000))
    await driver.settled()
    store.failures = [error]

    with pytest.raises(Unavailable):
        await broker.execute(CreateProcessInstance("one"))
    with pytest.raises(Unavailable):
        await poll
    await asyncio.sleep(0.05)
    with pytest.raises(Unavailable):
        await broker.execute(CreateProcessInstance("one"))
    assert broker.health.state is HealthState.DEAD
    assert not broker.health.is_live


async def test_stopping_while_the_store_fails_comes_to_an_end(clock, store):
    broker = Broker(store, clock=clock)
    await broker.start()
    await Driver(broker, clock).deploy()
    store.failures = [StoreError("no")] * 10
    answers = []
    broker.submit(CreateProcessInstance("one"), answers.append)

    await asyncio.wait_for(broker.stop(), 5)

    assert isinstance(answers[0], Unavailable)


async def test_a_command_that_breaks_the_engine_stands_alone(driver, broker, monkeypatch):
    """The others of its batch are executed once, in their order."""
    process = Engine.process

    def break_at(engine, command, now):
        outcome = process(engine, command, now)
        if getattr(command, "variables", None) == {"poison": "1"}:
            raise RuntimeError("half done")
        return outcome

    monkeypatch.setattr(Engine, "process", break_at)
    answers = []
    for number in range(10):
        variables = {"poison": "1"} if number == 4 else {"number": str(number)}
        broker.submit(CreateProcessInstance("one", variables=variables), answers.append)

    await driver.settled()

    assert isinstance(answers[0], InternalError)
    assert [type(answer) for answer in answers[1:]] == [ProcessInstanceCreated] * 9
    jobs = await driver.activate(max_jobs=100)
    assert [job.variables for job in jobs] == [f'{{"number":{n}}}' for n in range(10) if n != 4]
    assert [job.process_instance_key for job in jobs] == [answer.key for answer in answers[1:]]


async def test_a_command_that_breaks_the_engine_while_a_commit_is_under_way(driver, broker, monkeypatch):
    process = Engine.process

    def break_at(engine, command, now):
        if getattr(command, "variables", None) == {"poison": "1"}:
            raise RuntimeError
        return process(engine, command, now)

    monkeypatch.setattr(Engine, "process", break_at)
    answers = []
    broker.submit(CreateProcessInstance("one"), answers.append)
    await driver.committing()
    broker.submit(CreateProcessInstance("one", variables={"poison": "1"}), answers.append)
    broker.submit(CreateProcessInstance("one"), answers.append)

    await driver.settled()
    await until(lambda: len(answers) == 3)

    assert sorted(type(answer).__name__ for answer in answers) == ["InternalError"] + ["ProcessInstanceCreated"] * 2
    assert len(await driver.activate()) == 2


async def test_a_batch_that_cannot_be_frozen_is_refused_and_the_next_one_goes_on(driver, broker, monkeypatch):
    begin = Engine.begin_commit

    def fail(engine):
        monkeypatch.setattr(Engine, "begin_commit", begin)
        raise TypeError("no such row")

    monkeypatch.setattr(Engine, "begin_commit", fail)
    with pytest.raises(Unavailable):
        await broker.execute(CreateProcessInstance("one"))

    await healthy(broker)
    assert await driver.activate() == []
    assert len(await driver.create(2)) == 2


async def test_a_due_date_that_breaks_the_engine_does_not_stop_commands(driver, broker, clock, monkeypatch):
    await driver.create()
    await driver.activate(max_jobs=1)

    def fail(engine, now):
        raise RuntimeError

    monkeypatch.setattr(Engine, "run_due", fail)
    clock.advance(120_000)
    await driver.settled()

    assert len(await driver.create(3)) == 3


async def test_the_system_clock_drives_time_outs(store):
    broker = Broker(store, clock=SystemClock())
    await broker.start()
    driver = Driver(broker, None)
    await driver.deploy()
    await driver.create()
    (job,) = (await broker.activate_jobs(driver.activation(timeout_ms=30))).jobs

    (again,) = await driver.activate(wait_ms=5_000)

    assert again.key == job.key
    await broker.stop()
