"""One-task instances through broker, engine and store in one process, without a wire.

    python -m bench.in_process [--count N] [--inflight N] [--store sqlite|memory|both] [--sync-delay-ms N] [--json FILE]

An instance is created, its job is pushed to a stream, the job is completed, and the instance ends: every answer is durable when it comes.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter, process_time

import uvloop
from bench.machine import children_mb, resident_mb, sync_latency_us, table

from kiang.broker.broker import Broker
from kiang.protocol.answers import ActivatedJob
from kiang.protocol.commands import CompleteJob, CreateProcessInstance, Deploy
from kiang.store.memory import MemoryStore
from kiang.store.port import Store
from kiang.store.sqlite import SqliteStore

ONE_TASK = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="bench">
  <bpmn:process id="one" isExecutable="true">
    <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="task"/>
    <bpmn:serviceTask id="task"><bpmn:extensionElements><zeebe:taskDefinition type="work"/></bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:sequenceFlow id="f2" sourceRef="task" targetRef="end"/><bpmn:endEvent id="end"/>
  </bpmn:process>
  <bpmn:process id="waiting" isExecutable="true">
    <bpmn:startEvent id="wstart"/><bpmn:sequenceFlow id="wf1" sourceRef="wstart" targetRef="wtask"/>
    <bpmn:serviceTask id="wtask"><bpmn:extensionElements><zeebe:taskDefinition type="waiting"/></bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:sequenceFlow id="wf2" sourceRef="wtask" targetRef="wend"/><bpmn:endEvent id="wend"/>
  </bpmn:process>
</bpmn:definitions>
"""


class Load:
    """Keeps a number of instances in flight until `count` have ended."""

    job_type = "work"
    worker = "bench"
    timeout_ms = 600_000
    fetch_variables: tuple[str, ...] = ()
    tenant_ids = ("<default>",)
    process_ids = None

    def __init__(self, broker: Broker, count: int, inflight: int) -> None:
        self.broker = broker
        self.to_start = count
        self.to_end = count
        self.inflight = inflight
        self.ended = asyncio.get_running_loop().create_future()

    def capacity(self) -> int:
        return 1_000

    def deliver(self, jobs: Sequence[ActivatedJob]) -> None:
        for job in jobs:
            self.broker.submit(CompleteJob(job.key, {"result": '"done"'}), self.completed)

    def completed(self, answer: object) -> None:  # noqa: ARG002 - the broker gives it
        self.to_end -= 1
        if self.to_end == 0:
            self.ended.set_result(None)
        self.start_one()

    def start_one(self) -> None:
        if self.to_start:
            self.to_start -= 1
            command = CreateProcessInstance("one", variables={"amount": "30", "name": '"somebody"'})
            self.broker.submit(command, self.created)

    def created(self, answer: object) -> None:
        if isinstance(answer, Exception):
            self.ended.set_exception(answer)

    async def run(self) -> float:
        self.broker.add_stream(self)
        started = perf_counter()
        for _ in range(self.inflight):
            self.start_one()
        await self.ended
        self.broker.remove_stream(self)
        return perf_counter() - started


async def run(store: Store, count: int, inflight: int) -> dict[str, object]:
    broker = Broker(store)
    await broker.start()
    await broker.execute(Deploy((("one.bpmn", ONE_TASK),)))
    await Load(broker, min(count, 2_000), inflight).run()
    position, cpu = store.header.position, process_time()
    seconds = await Load(broker, count, inflight).run()
    cpu = process_time() - cpu
    figures: dict[str, object] = {
        "in flight": inflight,
        "instances/s": count / seconds,
        "us/instance": seconds / count * 1e6,
        "own cpu us": cpu / count * 1e6,
        "instances/commit": count / (store.header.position - position),
        "rss MB": resident_mb(),
        "writer MB": children_mb(),
    }
    await broker.stop()
    store.close()
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--inflight", type=int, nargs="*", default=[32, 256])
    parser.add_argument("--store", choices=["sqlite", "memory", "both"], default="both")
    parser.add_argument("--sync-delay-ms", type=float, default=1.0, help="of the last run; 0 to leave it out")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--folder", type=Path, help="where the data goes (a temporary folder)")
    options = parser.parse_args()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)  # as `kiang serve` does
    rows = []
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        median, worst = sync_latency_us(Path(folder))
        print(f"fdatasync {median:.0f} us median, {worst:.0f} us 99th percentile; Python {sys.version.split()[0]}")
        runs = [("memory", 0.0), ("sqlite", 0.0)]
        if options.sync_delay_ms:
            runs.append(("sqlite", options.sync_delay_ms))
        for kind, delay_ms in runs:
            if options.store not in {kind, "both"}:
                continue
            for inflight in options.inflight:
                store: Store = MemoryStore()
                if kind == "sqlite":
                    store = SqliteStore(Path(folder) / f"{inflight}-{delay_ms}", commit_delay_ms=delay_ms)
                name = f"{kind}, syncs {delay_ms:g} ms slower" if delay_ms else kind
                rows.append({"store": name, **uvloop.run(run(store, options.count, inflight))})
    print(table(rows))
    if options.json:
        options.json.write_text(json.dumps({"fdatasync_us": [median, worst], "runs": rows}, indent=1))


if __name__ == "__main__":
    main()
