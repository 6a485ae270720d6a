"""Searches over many finished and some active instances: time of each kind of search, at rest and while instances run.

    python bench/searches.py --folder build/bench-searches --finished 1000000 --active 100000

The store is filled once and kept in the folder; the rows are those that a process with one task leaves.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import time
from pathlib import Path
from typing import Any

from kiang.broker.broker import Broker
from kiang.engine.state.element_instance import ELEMENT_INSTANCES, ElementInstance
from kiang.engine.state.job import JOBS, Job
from kiang.engine.state.process_definition import PROCESS_DEFINITIONS, RESOURCES, ProcessDefinition, Resource
from kiang.engine.state.process_instance import PROCESS_INSTANCES, ProcessInstance
from kiang.engine.state.unit_of_work import Commit, UnitOfWork
from kiang.engine.state.variable import VARIABLES, Variable
from kiang.protocol.commands import ActivateJobs, CompleteJob, CreateProcessInstance
from kiang.protocol.enums import ElementState, ElementType, JobState
from kiang.search.resources.element_instance import ELEMENT_INSTANCES as SEARCH_ELEMENTS
from kiang.search.resources.incident import INCIDENTS as SEARCH_INCIDENTS
from kiang.search.resources.job import JOBS as SEARCH_JOBS
from kiang.search.resources.process_instance import PROCESS_INSTANCES as SEARCH_INSTANCES
from kiang.search.resources.variable import VARIABLES as SEARCH_VARIABLES
from kiang.search.search import Search
from kiang.store.sqlite import SqliteStore

FILE = """<?xml version="1.0"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  targetNamespace="bench" id="d"><process id="{}" isExecutable="true"><startEvent id="s"/>
  <serviceTask id="task"><extensionElements><zeebe:taskDefinition type="pay"/></extensionElements></serviceTask>
  <endEvent id="e"/><sequenceFlow id="s-task" sourceRef="s" targetRef="task"/>
  <sequenceFlow id="task-e" sourceRef="task" targetRef="e"/></process></definitions>"""
VERSIONS = 4
BATCH = 500
STARTED_AT = 1_700_000_000_000


class Filler:
    def __init__(self, store: SqliteStore) -> None:
        self.store, self.chance = store, random.Random(1)
        self.key, self.now = (1 << 51) + 1, STARTED_AT
        self.definitions: list[ProcessDefinition] = []

    def next_key(self) -> int:
        self.key += 1
        return self.key

    def commit(self, work: UnitOfWork) -> None:
        position = self.store.header.position + 1
        self.store.commit(Commit(position, self.key, work.freeze(), b"", self.now))

    def define(self) -> None:
        work = UnitOfWork()
        for process_id, versions in (("order", VERSIONS), ("other", 1)):
            content = FILE.format(process_id).encode()
            resource = Resource(self.next_key(), f"{process_id}.bpmn", content, "x", self.key, self.now)
            work.insert(RESOURCES, resource.key, resource)
            for version in range(1, versions + 1):
                row = ProcessDefinition(
                    self.next_key(), process_id, version, "Order", "", resource.key, resource.name, "x", 1
                )
                self.definitions.append(row)
                work.insert(PROCESS_DEFINITIONS, row.key, row)
        self.commit(work)

    def fill(self, finished: int, active: int) -> None:
        self.define()
        for start in range(0, finished + active, BATCH):
            work = UnitOfWork()
            for number in range(start, min(start + BATCH, finished + active)):
                self.instance(work, number, is_finished=number < finished)
            self.commit(work)
            if start % 100_000 == 0:
                print(f"{start:>9,} instances", flush=True)

    def instance(self, work: UnitOfWork, number: int, *, is_finished: bool) -> None:
        self.now += 5
        definition = self.chance.choice(self.definitions)
        state = ElementState.COMPLETED if is_finished else ElementState.ACTIVATED
        if is_finished and self.chance.random() < 0.05:
            state = ElementState.TERMINATED
        ended_at = self.now + 1000 if is_finished else None
        process = ProcessInstance(
            self.next_key(),
            definition.key,
            definition.process_id,
            definition.version,
            state,
            self.now,
            ended_at=ended_at,
        )
        process.root_process_instance_key = process.key
        work.insert(PROCESS_INSTANCES, process.key, process)
        for name, value in (
            ("orderId", f'"o-{number}"'),
            ("amount", str(self.chance.randrange(10_000))),
            ("status", '"ok"'),
        ):
            variable = Variable(self.next_key(), process.key, process.key, name, value)
            work.insert(VARIABLES, variable.key, variable)
        for id_, type_ in (
            ("s", ElementType.START_EVENT),
            ("task", ElementType.SERVICE_TASK),
            ("e", ElementType.END_EVENT),
        ):
            is_over = is_finished or id_ == "s"
            element = ElementInstance(
                self.next_key(),
                process.key,
                definition.key,
                id_,
                type_,
                process.key,
                ElementState.COMPLETED if is_over else ElementState.ACTIVATED,
                self.now,
                ended_at=self.now if is_over else None,
            )
            work.insert(ELEMENT_INSTANCES, element.key, element)
            if id_ == "task":
                job_state = JobState.COMPLETED if is_finished else JobState.ACTIVATABLE
                job = Job(
                    self.next_key(), process.key, definition.key, id_, element.key, "pay", job_state, 3, "{}", self.now
                )
                element.job_key = 0 if is_finished else job.key
                work.insert(JOBS, job.key, job)
                if not is_finished:
                    break


def searches(filler_key: int, finished: int) -> dict[str, tuple[Any, Any]]:
    """Name to resource and a maker of requests."""
    chance = random.Random(2)
    first_key = (1 << 51) + 8

    def some_key() -> str:
        return str(chance.randrange(first_key, filler_key))

    def some_order() -> str:
        return f'"o-{chance.randrange(finished)}"'

    desc = [{"field": "processInstanceKey", "order": "DESC"}]
    return {
        "by key": (SEARCH_INSTANCES, lambda: {"filter": {"processInstanceKey": some_key()}}),
        "all, first page": (SEARCH_INSTANCES, dict),
        "all, newest first": (SEARCH_INSTANCES, lambda: {"sort": desc}),
        "all, hundredth page": (SEARCH_INSTANCES, lambda: {"page": {"from": 9900, "limit": 100}}),
        "process and state": (
            SEARCH_INSTANCES,
            lambda: {"filter": {"processDefinitionId": "order", "state": "COMPLETED"}},
        ),
        "process and state, newest first": (
            SEARCH_INSTANCES,
            lambda: {
                "filter": {"processDefinitionId": "order", "state": "COMPLETED"},
                "sort": [{"field": "startDate", "order": "DESC"}],
            },
        ),
        "process and state, hundredth page": (
            SEARCH_INSTANCES,
            lambda: {
                "filter": {"processDefinitionId": "order", "state": "COMPLETED"},
                "page": {"from": 9900, "limit": 100},
            },
        ),
        "process and state ACTIVE": (
            SEARCH_INSTANCES,
            lambda: {"filter": {"processDefinitionId": "order", "state": "ACTIVE"}},
        ),
        "state ACTIVE": (SEARCH_INSTANCES, lambda: {"filter": {"state": "ACTIVE"}}),
        "with incident": (SEARCH_INSTANCES, lambda: {"filter": {"hasIncident": True}}),
        "variable, one match": (
            SEARCH_INSTANCES,
            lambda: {"filter": {"variables": [{"name": "orderId", "value": some_order()}]}},
        ),
        "variable, hundred matches": (
            SEARCH_INSTANCES,
            lambda: {"filter": {"variables": [{"name": "amount", "value": str(chance.randrange(10_000))}]}},
        ),
        "variable, every one matches": (
            SEARCH_INSTANCES,
            lambda: {"filter": {"variables": [{"name": "status", "value": '"ok"'}]}},
        ),
        "variable and state": (
            SEARCH_INSTANCES,
            lambda: {
                "filter": {"state": "ACTIVE", "variables": [{"name": "amount", "value": str(chance.randrange(10_000))}]}
            },
        ),
        "variables by value": (SEARCH_VARIABLES, lambda: {"filter": {"name": "orderId", "value": some_order()}}),
        "elements of an instance": (SEARCH_ELEMENTS, lambda: {"filter": {"processInstanceKey": some_key()}}),
        "jobs of an instance": (SEARCH_JOBS, lambda: {"filter": {"processInstanceKey": some_key()}}),
        "jobs by type and state": (SEARCH_JOBS, lambda: {"filter": {"type": "pay", "state": "CREATED"}}),
        "variables of an instance": (SEARCH_VARIABLES, lambda: {"filter": {"processInstanceKey": some_key()}}),
        "open incidents": (SEARCH_INCIDENTS, lambda: {"filter": {"state": "ACTIVE"}}),
    }


async def measure(search: Search, kinds: dict[str, tuple[Any, Any]], rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, (resource, make) in kinds.items():
            if sum(times[name]) > 5:
                continue
            request = make()
            started = time.perf_counter()
            await search.find(resource, request)
            times[name].append(time.perf_counter() - started)
    return times


async def run_instances(broker: Broker, rate: int, stop: asyncio.Event) -> tuple[int, list[float]]:
    """Start and finish instances at a rate until told to stop; how many, and their times."""
    loop, times, count = asyncio.get_running_loop(), [], 0
    pending: set[asyncio.Task[None]] = set()
    started = loop.time()

    async def one(number: int) -> None:
        before = time.perf_counter()
        created = await broker.execute(CreateProcessInstance(process_id="order", variables={"amount": str(number)}))
        jobs = await broker.execute(ActivateJobs("pay", "bench", 60_000, 1))
        for job in jobs.jobs:  # type: ignore[union-attr]
            await broker.execute(CompleteJob(job.key))
        assert created
        times.append(time.perf_counter() - before)

    while not stop.is_set():
        task = asyncio.create_task(one(count))
        pending.add(task)
        task.add_done_callback(pending.discard)
        count += 1
        delay = started + count / rate - loop.time()
        if delay > 0:
            await asyncio.sleep(delay)
    await asyncio.gather(*pending)
    return round(count / (loop.time() - started)), times


def table(title: str, times: dict[str, list[float]]) -> dict[str, Any]:
    print(f"\n{title}\n{'search':<36}{'median ms':>12}{'p99 ms':>10}{'n':>6}")
    figures = {}
    for name, values in times.items():
        ordered = sorted(values)
        p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
        figures[name] = {"median_ms": round(statistics.median(ordered) * 1000, 2), "p99_ms": round(p99 * 1000, 2)}
        print(f"{name:<36}{figures[name]['median_ms']:>12.2f}{figures[name]['p99_ms']:>10.2f}{len(values):>6}")
    return figures


def spread(title: str, values: list[float]) -> None:
    ordered = sorted(values)
    p99 = ordered[int(len(ordered) * 0.99)] * 1000
    print(f"{title}: median {statistics.median(ordered) * 1000:.2f} ms, p99 {p99:.2f} ms")


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/bench-searches"))
    parser.add_argument("--finished", type=int, default=1_000_000)
    parser.add_argument("--active", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--rate", type=int, default=200)
    args = parser.parse_args()
    is_new = not (args.folder / "partition-1.db").exists()
    store = SqliteStore(args.folder)
    if is_new:
        started = time.perf_counter()
        Filler(store).fill(args.finished, args.active)
        print(f"filled in {time.perf_counter() - started:.0f} s")
    print(f"database: {(args.folder / 'partition-1.db').stat().st_size / 1e6:.0f} MB")
    search = Search(store)
    started = time.perf_counter()
    index = search._reader._index
    while index is not None and index.grow():
        pass
    print(f"variables indexed in {time.perf_counter() - started:.1f} s")
    kinds = searches(store.header.last_key, args.finished)
    figures = {"at rest": table("at rest", await measure(search, kinds, args.rounds))}
    broker = Broker(store)
    await broker.start()
    stop = asyncio.Event()
    instances = asyncio.create_task(run_instances(broker, args.rate, stop))
    await asyncio.sleep(5)
    stop.set()
    rate, alone = await instances
    print(f"\n{rate} instances/s without searches")
    spread("instance", alone)
    stop = asyncio.Event()
    instances = asyncio.create_task(run_instances(broker, args.rate, stop))
    figures["while instances run"] = table(
        f"while {args.rate} instances/s run", await measure(search, kinds, args.rounds)
    )
    stop.set()
    rate, beside = await instances
    print(f"\n{rate} instances/s beside searches")
    spread("instance", beside)
    print(json.dumps(figures))
    search.close()
    await broker.stop()
    store.close()


if __name__ == "__main__":
    asyncio.run(main())
