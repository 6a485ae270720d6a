"""Searches over many finished and some active instances, from outside: time of each kind of search over REST, at rest and while
instances run, and time of those instances without and beside the searches.

    python -m bench.searches --folder build/bench-searches --finished 1000000 --active 100000

The store is filled once and kept in the folder; the rows are those that a process with one task leaves. Then `kiang serve` opens
it. One connection searches without a pause; the instances are started and finished by another process, over gRPC.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sqlite3
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import uvloop
from bench.rest import Http
from tests.integration.running_engine import RunningEngine, running_engine

from kiang import AsyncClient
from kiang.engine.state.element_instance import ELEMENT_INSTANCES, ElementInstance
from kiang.engine.state.job import JOBS, Job
from kiang.engine.state.process_definition import PROCESS_DEFINITIONS, RESOURCES, ProcessDefinition, Resource
from kiang.engine.state.process_instance import PROCESS_INSTANCES, ProcessInstance
from kiang.engine.state.unit_of_work import Commit, UnitOfWork
from kiang.engine.state.variable import VARIABLES, Variable
from kiang.protocol.enums import ElementState, ElementType, JobState
from kiang.search.variable_index import TAIL_MAX
from kiang.store.sqlite import SqliteStore

FILE = """<?xml version="1.0"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  targetNamespace="bench" id="d"><process id="{}" isExecutable="true"><startEvent id="s"/>
  <serviceTask id="task"><extensionElements><zeebe:taskDefinition type="pay"/></extensionElements></serviceTask>
  <endEvent id="e"/><sequenceFlow id="s-task" sourceRef="s" targetRef="task"/>
  <sequenceFlow id="task-e" sourceRef="task" targetRef="e"/></process></definitions>"""
RUNNING = FILE.format("running").replace('type="pay"', 'type="work"')
"""The process whose instances run beside the searches."""

WARM_S = 4.0
"""Until the process that runs instances has begun, and what is cached is there."""

WINDOW_S = 3.0
"""With and without searches in turns."""

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


def searches(filler_key: int, finished: int) -> dict[str, tuple[str, Any]]:
    """Name to what is searched and a maker of requests."""
    chance = random.Random(2)
    first_key = (1 << 51) + 8

    def some_key() -> str:
        return str(chance.randrange(first_key, filler_key))

    def some_order() -> str:
        return f'"o-{chance.randrange(finished)}"'

    def some_minute() -> dict[str, str]:
        begin = datetime.fromtimestamp(STARTED_AT / 1000 + chance.randrange(finished // 200), tz=UTC)
        return {"$gte": begin.isoformat(), "$lt": (begin + timedelta(minutes=1)).isoformat()}

    desc = [{"field": "processInstanceKey", "order": "DESC"}]
    return {
        "by key": ("process-instances", lambda: {"filter": {"processInstanceKey": some_key()}}),
        "all, first page": ("process-instances", dict),
        "all, newest first": ("process-instances", lambda: {"sort": desc}),
        "all, hundredth page": ("process-instances", lambda: {"page": {"from": 9900, "limit": 100}}),
        "process and state": (
            "process-instances",
            lambda: {"filter": {"processDefinitionId": "order", "state": "COMPLETED"}},
        ),
        "process and state, newest first": (
            "process-instances",
            lambda: {
                "filter": {"processDefinitionId": "order", "state": "COMPLETED"},
                "sort": [{"field": "startDate", "order": "DESC"}],
            },
        ),
        "process and state, hundredth page": (
            "process-instances",
            lambda: {
                "filter": {"processDefinitionId": "order", "state": "COMPLETED"},
                "page": {"from": 9900, "limit": 100},
            },
        ),
        "process and state ACTIVE": (
            "process-instances",
            lambda: {"filter": {"processDefinitionId": "order", "state": "ACTIVE"}},
        ),
        "process and state, latest end": (
            "process-instances",
            lambda: {
                "filter": {"processDefinitionId": "order", "state": "COMPLETED"},
                "sort": [{"field": "endDate", "order": "DESC"}],
            },
        ),
        "all, latest end": ("process-instances", lambda: {"sort": [{"field": "endDate", "order": "DESC"}]}),
        "ended in one minute": (
            "process-instances",
            lambda: {"filter": {"endDate": some_minute()}},
        ),
        "state ACTIVE": ("process-instances", lambda: {"filter": {"state": "ACTIVE"}}),
        "with incident": ("process-instances", lambda: {"filter": {"hasIncident": True}}),
        "variable, one match": (
            "process-instances",
            lambda: {"filter": {"variables": [{"name": "orderId", "value": some_order()}]}},
        ),
        "variable, hundred matches": (
            "process-instances",
            lambda: {"filter": {"variables": [{"name": "amount", "value": str(chance.randrange(10_000))}]}},
        ),
        "variable, every one matches": (
            "process-instances",
            lambda: {"filter": {"variables": [{"name": "status", "value": '"ok"'}]}},
        ),
        "variable and state": (
            "process-instances",
            lambda: {
                "filter": {"state": "ACTIVE", "variables": [{"name": "amount", "value": str(chance.randrange(10_000))}]}
            },
        ),
        "variable, hundredth page": (
            "process-instances",
            lambda: {
                "filter": {"variables": [{"name": "status", "value": '"ok"'}]},
                "page": {"from": 9900, "limit": 100},
            },
        ),
        "variables by value": ("variables", lambda: {"filter": {"name": "orderId", "value": some_order()}}),
        "elements of an instance": ("element-instances", lambda: {"filter": {"processInstanceKey": some_key()}}),
        "jobs of an instance": ("jobs", lambda: {"filter": {"processInstanceKey": some_key()}}),
        "jobs by type and state": ("jobs", lambda: {"filter": {"type": "pay", "state": "CREATED"}}),
        "variables of an instance": ("variables", lambda: {"filter": {"processInstanceKey": some_key()}}),
        "open incidents": ("incidents", lambda: {"filter": {"state": "ACTIVE"}}),
    }


async def measure(engine: RunningEngine, kinds: dict[str, tuple[str, Any]], seconds: float) -> dict[str, list[float]]:
    """All kinds in turns, without a pause."""
    times: dict[str, list[float]] = {name: [] for name in kinds}
    host, _, port = engine.rest_url.removeprefix("http://").partition(":")
    end = time.perf_counter() + seconds
    async with Http(host, int(port)) as http:
        while time.perf_counter() < end:
            for name, (path, make) in kinds.items():
                request = json.dumps(make()).encode()
                started = time.perf_counter()
                await http.post(f"/v2/{path}/search", request)
                times[name].append(time.perf_counter() - started)
    return times


async def run_instances(engine: RunningEngine, rate: int, seconds: float) -> list[tuple[float, float]]:
    """Have another process run instances; when each was started, by the clock of this machine, and its time in seconds."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.searches",
        "--instances",
        engine.grpc_address,
        "--rate",
        str(rate),
        "--seconds",
        str(seconds),
        stdout=subprocess.PIPE,
    )
    output, _ = await process.communicate()
    return [(started, seconds) for started, seconds in json.loads(output)]


async def instances(address: str, rate: int, seconds: float) -> list[tuple[float, float]]:
    """Start and finish instances at a rate; when each was started, and the time from its start to its end."""
    loop = asyncio.get_running_loop()
    times: list[tuple[float, float]] = []
    pending: set[asyncio.Task[None]] = set()

    async def one(client: AsyncClient, number: int) -> None:
        before = time.perf_counter()
        await client.create_process_instance("running", {"amount": number})
        for job in await client.activate_jobs("work", max_jobs=1, timeout=timedelta(minutes=1)):
            await client.complete_job(job)
        times.append((before, time.perf_counter() - before))

    async with AsyncClient(address) as client:
        for number in range(rate):  # warm
            await one(client, number)
        times.clear()
        started = loop.time()
        for number in range(int(rate * seconds)):
            task = asyncio.create_task(one(client, number))
            pending.add(task)
            task.add_done_callback(pending.discard)
            delay = started + (number + 1) / rate - loop.time()
            if delay > 0:
                await asyncio.sleep(delay)
        await asyncio.gather(*pending)
    return times


def in_windows(windows: list[tuple[float, bool]], timed: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Times of what was started while there were no searches, and while there were; windows begin where the last ended."""
    times: dict[bool, list[float]] = {False: [], True: []}
    for (begin, has_searches), (end, _) in pairwise(windows):
        times[has_searches] += [seconds for started, seconds in timed if begin <= started < end]
    return times[False], times[True]


def table(title: str, times: dict[str, list[float]]) -> dict[str, Any]:
    print(f"\n{title}\n{'search':<36}{'median ms':>12}{'p99 ms':>10}{'n':>6}")
    figures = {}
    for name, values in times.items():
        figures[name] = spread(values)
        print(f"{name:<36}{figures[name]['median_ms']:>12.2f}{figures[name]['p99_ms']:>10.2f}{len(values):>6}")
    return figures


def spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return {"median_ms": round(statistics.median(ordered) * 1000, 2), "p99_ms": round(p99 * 1000, 2)}


def fill(folder: Path, finished: int, active: int) -> int:
    """Fill the store if it is new; its last key."""
    is_new = not (folder / "partition-1.db").exists()
    store = SqliteStore(folder)
    try:
        if is_new:
            started = time.perf_counter()
            Filler(store).fill(finished, active)
            print(f"filled in {time.perf_counter() - started:.0f} s")
        return store.header.last_key
    finally:
        store.close()


async def until_indexed(folder: Path) -> None:
    """Wait for the index of variables."""
    while True:
        with sqlite3.connect(f"file:{folder / 'partition-1.db'}?mode=ro", uri=True) as db:
            db.execute("ATTACH ? AS side", (f"file:{folder / 'partition-1-search.db'}?mode=ro",))
            (last,) = db.execute("SELECT COALESCE(MAX(last_key), 0) FROM side.segment").fetchone()
            behind = db.execute("SELECT COUNT(*) FROM variable WHERE key > ?", (last,)).fetchone()[0]
        if behind <= TAIL_MAX:
            return
        await asyncio.sleep(1)


async def compare(args: argparse.Namespace) -> dict[str, Any]:
    last_key = fill(args.folder, args.finished, args.active)
    print(f"database: {(args.folder / 'partition-1.db').stat().st_size / 1e6:.0f} MB")
    kinds = searches(last_key, args.finished)
    figures: dict[str, Any] = {}
    with running_engine(args.folder) as engine:
        async with AsyncClient(engine.grpc_address) as client:
            await client.deploy_resources({"running.bpmn": RUNNING.encode()})
        await until_indexed(args.folder)
        await measure(engine, kinds, 1)
        figures["at rest"] = table("at rest", await measure(engine, kinds, args.seconds))
        running = asyncio.create_task(run_instances(engine, args.rate, 2 * args.seconds + WARM_S))
        await asyncio.sleep(WARM_S)
        times: dict[str, list[float]] = {name: [] for name in kinds}
        windows = []
        for _ in range(round(args.seconds / WINDOW_S)):  # in turns, so that whatever else the machine does meets both
            windows.append((time.perf_counter(), False))
            await asyncio.sleep(WINDOW_S)
            windows.append((time.perf_counter(), True))
            for name, more in (await measure(engine, kinds, WINDOW_S)).items():
                times[name] += more
        windows.append((time.perf_counter(), False))
        alone, beside = in_windows(windows, await running)
        figures["while instances run"] = table(f"while {args.rate} instances/s run", times)
    figures["instances"] = {"alone": spread(alone), "beside searches": spread(beside)}
    for name, one in figures["instances"].items():
        print(f"instances, {name}: median {one['median_ms']:.2f} ms, p99 {one['p99_ms']:.2f} ms")
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/bench-searches"))
    parser.add_argument("--finished", type=int, default=1_000_000)
    parser.add_argument("--active", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--instances", help="address of an engine: only run instances there")
    args = parser.parse_args()
    if args.instances:
        print(json.dumps(uvloop.run(instances(args.instances, args.rate, args.seconds))))
        return
    figures = uvloop.run(compare(args))
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
