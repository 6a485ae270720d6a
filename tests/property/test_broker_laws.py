"""Laws about a broker whose store fails: whichever commits do, what was acknowledged is there, once, and everything comes to its end."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.broker.conftest import ONE_TASK, Stream

from kiang.broker.broker import Broker
from kiang.engine.state.element_instance import ELEMENT_INSTANCES
from kiang.engine.state.job import JOBS
from kiang.engine.state.process_instance import PROCESS_INSTANCES
from kiang.errors import ClientError, StoreError, StoreFullError
from kiang.protocol.answers import ActivatedJobs, Done, ProcessInstanceCreated
from kiang.protocol.commands import ActivateJobs, CompleteJob, CreateProcessInstance, Deploy
from kiang.protocol.enums import ElementState, JobState
from kiang.store.memory import MemoryStore

INSTANCES = 12
JOB_TIMEOUT_MS = 40


class UnreliableStore(MemoryStore):
    """A store whose commits of the given numbers fail."""

    def __init__(self, failing: set[int]) -> None:
        super().__init__()
        self.failing = failing
        self.count = 0

    def commit(self, commit):
        self.count += 1
        if self.count in self.failing:
            raise (StoreFullError if self.count % 2 else StoreError)("no")
        super().commit(commit)


class Clients:
    """Some who create and some who work, by stream and by poll; they remember what they were told."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.created: list[int] = []
        self.completed: Counter[int] = Counter()

    async def create(self) -> None:
        while True:
            try:
                answer = await self.broker.execute(CreateProcessInstance("one"))
            except ClientError:
                await asyncio.sleep(0.001)
                continue
            assert isinstance(answer, ProcessInstanceCreated)
            self.created.append(answer.key)
            return

    async def complete(self, key: int) -> None:
        try:
            answer = await self.broker.execute(CompleteJob(key))
        except ClientError:
            return
        if isinstance(answer, Done):
            self.completed[key] += 1

    async def poll(self) -> None:
        while True:
            try:
                answer = await self.broker.activate_jobs(
                    ActivateJobs("work", "poller", JOB_TIMEOUT_MS, 2), request_timeout_ms=1_000
                )
            except ClientError:
                await asyncio.sleep(0.001)
                continue
            assert isinstance(answer, ActivatedJobs)
            for job in answer.jobs:
                await self.complete(job.key)

    async def take_from(self, stream: Stream) -> None:
        stream.timeout_ms = JOB_TIMEOUT_MS
        done = 0
        while True:
            await asyncio.sleep(0.001)
            for job in stream.jobs[done:]:
                await self.complete(job.key)
                done += 1
                stream.room += 1
                self.broker.stream_ready(stream)


async def live(failing: set[int]) -> tuple[UnreliableStore, Clients]:
    store = UnreliableStore(set())
    broker = Broker(store)
    await broker.start()
    await broker.execute(Deploy((("one.bpmn", ONE_TASK),)))
    store.failing, store.count = failing, 0
    committed = asyncio.Event()
    broker.on_commit(lambda _: committed.set())
    clients = Clients(broker)
    stream = Stream(room=2)
    broker.add_stream(stream)
    working = [asyncio.ensure_future(clients.poll()), asyncio.ensure_future(clients.take_from(stream))]
    await asyncio.gather(*(clients.create() for _ in range(INSTANCES)))
    async with asyncio.timeout(20):
        while any(row.state < JobState.COMPLETED for row in store.select(JOBS)):
            committed.clear()
            await committed.wait()
    for task in working:
        task.cancel()
    await asyncio.gather(*working, return_exceptions=True)
    await broker.stop()
    return store, clients


def check(store: UnreliableStore, clients: Clients) -> None:
    instances = {row.key: row for row in store.select(PROCESS_INSTANCES)}
    assert set(clients.created) == instances.keys()
    assert len(clients.created) == INSTANCES
    assert all(row.state == ElementState.COMPLETED for row in instances.values())
    assert set(clients.completed.values()) <= {1}
    assert clients.completed.keys() <= {row.key for row in store.select(JOBS)}
    passed = Counter((row.process_instance_key, row.element_id) for row in store.select(ELEMENT_INSTANCES))
    assert len(passed) == 3 * INSTANCES
    assert set(passed.values()) == {1}


@pytest.fixture(autouse=True, scope="module")
def quick_recovery():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kiang.broker.broker.RECOVERY_DELAY_S", 0.002)
        yield


@pytest.mark.parametrize("failing", range(1, 13))
def test_whichever_commit_fails_what_was_acknowledged_is_there_once(failing):
    check(*asyncio.run(live({failing})))


@settings(max_examples=15, deadline=None)
@given(st.sets(st.integers(1, 40), min_size=2, max_size=25))
def test_however_many_commits_fail_what_was_acknowledged_is_there_once(failing):
    check(*asyncio.run(live(failing)))
