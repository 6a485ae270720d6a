"""Large numbers of one thing: does each still cost the same when there are ten times as many?

    python -m bench.scale [--only NAME] [--part N] [--json FILE]

Three runs, each at a tenth and at the full size, on the store with every commit on the disk, in process:

    multi-instance   one parallel multi-instance of 10,000 children, start to end, with an output collection
    computed         the same with input and output that are expressions
    messages         messages correlated to instances of which 1,000,000 wait
    timers           100,000 timers that are due in the same second, to the end of their instances

`--part 10` makes everything a tenth. "growth" is the cost per item at the full size over that at a tenth: 1 is linear.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import uvloop
from bench.machine import resident_mb, sync_latency_us, table

from kiang.broker.broker import Broker
from kiang.broker.clock import ControlledClock
from kiang.engine.state.process_instance import PROCESS_INSTANCES
from kiang.protocol.commands import Command, CreateProcessInstance, Deploy, PublishMessage
from kiang.protocol.enums import ElementState
from kiang.store.sqlite import SqliteStore

OPEN_MAX = 1_000
MESSAGES = 5_000
"""Of the waiting instances get theirs."""

HOUR_MS = 3_600_000

HEAD = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="bench">
"""
MULTI_INSTANCE = """
  <bpmn:process id="many" isExecutable="true">
    <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="each"/>
    <bpmn:manualTask id="each"><bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>
      <zeebe:loopCharacteristics inputCollection="{items}" inputElement="item" outputCollection="results" outputElement="{result}"/>
    </bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics></bpmn:manualTask>
    <bpmn:sequenceFlow id="f2" sourceRef="each" targetRef="end"/><bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>"""
MESSAGE = b"""
  <bpmn:message id="m" name="paid"><bpmn:extensionElements>
    <zeebe:subscription correlationKey="=order"/></bpmn:extensionElements></bpmn:message>
  <bpmn:process id="waits" isExecutable="true">
    <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="catch"/>
    <bpmn:intermediateCatchEvent id="catch"><bpmn:messageEventDefinition messageRef="m"/></bpmn:intermediateCatchEvent>
    <bpmn:sequenceFlow id="f2" sourceRef="catch" targetRef="end"/><bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>"""
TIMER = b"""
  <bpmn:process id="sleeps" isExecutable="true">
    <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="catch"/>
    <bpmn:intermediateCatchEvent id="catch"><bpmn:timerEventDefinition>
      <bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>
    <bpmn:sequenceFlow id="f2" sourceRef="catch" targetRef="end"/><bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>"""


async def execute_all(broker: Broker, count: int, command: Callable[[int], Command]) -> None:
    """Execute commands, `OPEN_MAX` at a time; one that is refused ends the program."""
    done = asyncio.get_running_loop().create_future()
    started = ended = 0

    def answered(answer: object) -> None:
        nonlocal ended
        ended += 1
        if isinstance(answer, Exception):
            done.set_exception(answer)
        elif ended == count:
            done.set_result(None)
        else:
            start()

    def start() -> None:
        nonlocal started
        if started < count:
            started += 1
            broker.submit(command(started - 1), answered)

    for _ in range(min(OPEN_MAX, count)):
        start()
    await done


def active(broker: Broker) -> list[Any]:
    """At most one instance that has not ended."""
    return broker.store.select(PROCESS_INSTANCES, [("state", "<", int(ElementState.COMPLETED))], limit=1)


async def multi_instance(broker: Broker, count: int, items: str, result: str) -> float:
    model = HEAD + MULTI_INSTANCE.format(items=items, result=result).encode()
    await broker.execute(Deploy((("many.bpmn", model),)))
    variables = {"list": json.dumps(list(range(count))), "count": str(count)}
    began = perf_counter()
    answer: Any = await broker.execute(CreateProcessInstance("many", variables=variables, awaits_result=True))
    seconds = perf_counter() - began
    assert len(json.loads(answer.variables["results"])) == count
    return seconds / count


async def plain(broker: Broker, _: ControlledClock, count: int) -> float:
    return await multi_instance(broker, count, "=list", "=item")


async def computed(broker: Broker, _: ControlledClock, count: int) -> float:
    return await multi_instance(broker, count, "=for i in 1..count return i * 2", "={n: item + 1}")


async def messages(broker: Broker, _: ControlledClock, count: int) -> float:
    await broker.execute(Deploy((("waits.bpmn", HEAD + MESSAGE),)))
    await execute_all(broker, count, lambda n: CreateProcessInstance("waits", variables={"order": f'"{n}"'}))
    step = count // min(MESSAGES, count)
    meant = list(range(0, count, step))[:MESSAGES]
    began = perf_counter()
    await execute_all(broker, len(meant), lambda n: PublishMessage("paid", str(meant[n]), 0, "", {}))
    seconds = perf_counter() - began
    ended = broker.store.select(PROCESS_INSTANCES, [("state", "=", int(ElementState.COMPLETED))])
    assert len(ended) == len(meant), f"{len(ended)} of {len(meant)} instances have ended"
    return seconds / len(meant)


async def timers(broker: Broker, clock: ControlledClock, count: int) -> float:
    await broker.execute(Deploy((("sleeps.bpmn", HEAD + TIMER),)))
    await execute_all(broker, count, lambda _: CreateProcessInstance("sleeps"))
    began = perf_counter()
    clock.advance(2 * HOUR_MS)
    while not broker.is_idle or active(broker):  # noqa: ASYNC110 - nothing tells of the last timer
        await asyncio.sleep(0.02)
    return (perf_counter() - began) / count


RUNS: dict[str, tuple[Callable[[Broker, ControlledClock, int], Awaitable[float]], int]] = {
    "multi-instance": (plain, 10_000),
    "computed": (computed, 10_000),
    "messages": (messages, 1_000_000),
    "timers": (timers, 100_000),
}


async def measure(run: Callable[[Broker, ControlledClock, int], Awaitable[float]], count: int) -> float:
    """Seconds per item, on a new store."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "data")
        clock = ControlledClock(pinned_at_ms=1_700_000_000_000)
        broker = Broker(store, clock=clock)
        await broker.start()
        try:
            return await run(broker, clock, count)
        finally:
            await broker.stop()
            store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=RUNS, help="one of the runs")
    parser.add_argument("--part", type=int, default=1, help="everything by so much smaller")
    parser.add_argument("--json", type=Path, help="where all figures go")
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    for name, (run, count) in RUNS.items():
        if options.only not in {None, name}:
            continue
        size = count // options.part
        small = uvloop.run(measure(run, size // 10))
        large = uvloop.run(measure(run, size))
        rows.append(
            {
                "run": name,
                "items": size,
                "µs/item at a tenth": small * 1e6,
                "µs/item": large * 1e6,
                "growth": large / small,
                "RSS MB": resident_mb(),
            }
        )
        print(f"{name}: done", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        median, p99 = sync_latency_us(Path(folder))
    print(f"fdatasync: median {median:.0f} µs, 99th percentile {p99:.0f} µs\n")
    print(table(rows))
    if options.json is not None:
        options.json.write_text(json.dumps({"fdatasync_us": [median, p99], "rows": rows}, indent=2))


if __name__ == "__main__":
    main()
