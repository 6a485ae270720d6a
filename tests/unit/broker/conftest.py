"""A broker on a memory store, a process with one job, and a stream that counts."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from kiang.broker.broker import Broker
from kiang.broker.clock import ControlledClock
from kiang.broker.limits import Limits
from kiang.protocol.answers import ActivatedJob
from kiang.protocol.commands import ActivateJobs, CreateProcessInstance, Deploy
from kiang.store.memory import MemoryStore

ONE_TASK = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:process id="one" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="task"/>
    <bpmn:serviceTask id="task"><bpmn:extensionElements><zeebe:taskDefinition type="work"/></bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:sequenceFlow id="f2" sourceRef="task" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"""

START_MS = 1_700_000_000_000


class Stream:
    """A stream with room for some jobs."""

    def __init__(self, room: int = 100, job_type: str = "work", tenant_ids: tuple[str, ...] = ("<default>",)) -> None:
        self.job_type = job_type
        self.worker = "streamer"
        self.timeout_ms = 60_000
        self.fetch_variables: tuple[str, ...] = ()
        self.tenant_ids = tenant_ids
        self.process_ids: frozenset[str] | None = None
        self.room = room
        self.jobs: list[ActivatedJob] = []
        self.largest = 0

    def capacity(self) -> int:
        return self.room

    def deliver(self, jobs: Sequence[ActivatedJob]) -> None:
        self.largest = max(self.largest, len(jobs))
        self.room -= len(jobs)
        self.jobs += jobs

    @property
    def keys(self) -> list[int]:
        return [job.key for job in self.jobs]


async def until(condition: Callable[[], object]) -> None:
    """The loop has turned until the condition holds: no time passes."""
    while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
        await asyncio.sleep(0)


class Driver:
    """Shorthands for what most tests do."""

    def __init__(self, broker: Broker, clock: ControlledClock) -> None:
        self.broker = broker
        self.clock = clock

    async def deploy(self, content: bytes = ONE_TASK) -> None:
        await self.broker.execute(Deploy((("one.bpmn", content),)))

    async def create(self, count: int = 1, process_id: str = "one", **variables: str) -> list[int]:
        return [
            (await self.broker.execute(CreateProcessInstance(process_id, variables=variables))).key
            for _ in range(count)
        ]

    def activation(self, max_jobs: int = 10, worker: str = "poller", timeout_ms: int = 60_000) -> ActivateJobs:
        return ActivateJobs("work", worker, timeout_ms, max_jobs)

    async def activate(self, max_jobs: int = 10, wait_ms: int = -1, worker: str = "poller") -> list[ActivatedJob]:
        answer = await self.broker.activate_jobs(self.activation(max_jobs, worker), request_timeout_ms=wait_ms)
        return answer.jobs

    async def settled(self) -> None:
        """Everything that the broker has been asked is done."""
        await asyncio.sleep(0)
        await until(lambda: self.broker.is_idle)

    async def committing(self) -> None:
        """A commit is under way."""
        await until(lambda: self.broker._committing is not None)


@pytest.fixture
def clock() -> ControlledClock:
    return ControlledClock(pinned_at_ms=START_MS)


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def limits() -> Limits:
    return Limits()


@pytest.fixture
async def driver(store, clock, limits):
    broker = Broker(store, clock=clock, limits=limits)
    await broker.start()
    driver = Driver(broker, clock)
    await driver.deploy()
    yield driver
    await broker.stop()


@pytest.fixture
def broker(driver) -> Broker:
    return driver.broker
