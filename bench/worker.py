"""What one worker process does with default settings, against a durable engine in another process.

    python -m bench.worker [--count N] [--json FILE]

Three kinds of handlers: one that does nothing, one that waits 100 ms on the event loop, one that blocks a thread for 100 ms. Each once
with jobs that wait already (`backlog`), and once while others are made, through the stream (`live`). Counted is what the engine has
acknowledged as completed. The handler that waits is also run over REST, where jobs are polled.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import uvloop
from bench.in_process import ONE_TASK
from bench.machine import resident_mb, sync_latency_us, table

from kiang import AsyncClient, Worker
from kiang.cli.engine_child import EngineChild
from kiang.worker import Completed, SilentObserver

STARTS_AT_ONCE = 64


class Count(SilentObserver):
    """Counts completions and tells when enough have come."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.first_at = 0.0
        self.done = asyncio.Event()

    def job_started(self, job: Any) -> None:  # noqa: ARG002 - the observer's signature
        if not self.first_at:
            self.first_at = time.perf_counter()

    def job_ended(self, job: Any, outcome: Any, seconds: float) -> None:  # noqa: ARG002 - as above
        if isinstance(outcome, Completed):
            self.wanted -= 1
            if not self.wanted:
                self.done.set()


async def nothing() -> None:
    """The fastest handler."""


async def wait() -> None:
    """Most handlers: they ask somebody and wait."""
    await asyncio.sleep(0.1)


def block() -> None:
    """The same with a library that knows no event loop."""
    time.sleep(0.1)


KINDS: dict[str, tuple[Callable[[], Any], int, int]] = {
    "nothing": (nothing, 20_000, 5_000),
    "async, waits 100 ms": (wait, 10_000, 1_000),
    "blocks 100 ms, 64 threads": (block, 3_000, 500),
}
"""Name to handler, jobs, and the goal in jobs a second."""


async def start(client: AsyncClient, count: int) -> None:
    """Start instances of the one-task process."""
    left = iter(range(count))

    async def starter() -> None:
        for _ in left:
            await client.create_process_instance("one")

    await asyncio.gather(*(starter() for _ in range(STARTS_AT_ONCE)))


async def measure(
    engine: EngineChild, handler: Callable[[], Any], count: int, *, live: bool, wire: str = "grpc"
) -> dict[str, float]:
    """One run."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            AsyncClient(engine.grpc_address, rest_address=engine.rest_address, wire=wire)
        )
        if not live:
            await start(client, count)
        tally = Count(count)
        worker = Worker(client, observer=tally)
        worker.add("work", handler)
        cpu = time.process_time()
        begun = time.perf_counter()
        await stack.enter_async_context(worker)
        if live:
            begun = time.perf_counter()
            await start(client, count)
        await tally.done.wait()
        took = time.perf_counter() - begun
        return {"jobs/s": count / took, "CPU µs/job": (time.process_time() - cpu) / count * 1e6}


async def main(arguments: argparse.Namespace) -> None:
    """All runs, each on a fresh engine."""
    rows: list[dict[str, object]] = []
    folder = Path(tempfile.mkdtemp(prefix="kiang-bench-"))
    median, late = sync_latency_us(folder)
    for name, (handler, count, goal) in KINDS.items():
        if arguments.only and arguments.only not in name:
            continue
        ways = [("backlog", False, "grpc"), ("live", True, "grpc")]
        if handler is wait:
            ways.append(("backlog, REST", False, "rest"))
        for way, live, wire in ways:
            async with EngineChild(folder / f"{len(rows)}") as engine:
                async with AsyncClient(engine.grpc_address) as client:
                    await client.deploy_resources({"one.bpmn": ONE_TASK})
                figures = await measure(engine, handler, arguments.count or count, live=live, wire=wire)
            rows.append(
                {
                    "handler": name,
                    "jobs": way,
                    **figures,
                    "goal": float(goal),
                    "RSS MB": resident_mb(),
                }
            )
    print(f"fdatasync: median {median:.0f} µs, 99th percentile {late:.0f} µs\n")
    print(table(rows))
    print("\nlive: the same process starts the instances, so its time is shared by both.")
    if arguments.json:
        Path(arguments.json).write_text(  # noqa: ASYNC240 - nothing else runs
            json.dumps({"fdatasync_us": [median, late], "runs": rows}, indent=2)
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--only", default="")
    parser.add_argument("--json", default="")
    uvloop.run(main(parser.parse_args()))
