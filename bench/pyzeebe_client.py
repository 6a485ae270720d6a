"""One-task instances with pyzeebe as the client: it starts them and works on them, in one process, against a durable engine.

python -m bench.pyzeebe_client [--count N] [--json FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path

from bench.in_process import ONE_TASK
from bench.machine import sync_latency_us, table
from pyzeebe import ZeebeClient, ZeebeWorker, create_insecure_channel

from kiang import AsyncClient
from kiang.cli.engine_child import EngineChild

STARTS_AT_ONCE = 32


async def run(address: str, count: int, *, stream: bool) -> dict[str, float]:
    """Start `count` instances and complete their jobs."""
    channel = create_insecure_channel(grpc_address=address)
    client, worker = ZeebeClient(channel), ZeebeWorker(channel, stream_enabled=stream)
    left, started = count, iter(range(count))
    done = asyncio.Event()

    @worker.task(task_type="work", max_jobs_to_activate=64, max_running_jobs=256)
    async def work() -> dict[str, str]:
        nonlocal left
        left -= 1
        if not left:
            done.set()
        return {}

    async def starter() -> None:
        for _ in started:
            await client.run_process("one")

    working = asyncio.create_task(worker.work())
    cpu, begun = time.process_time(), time.perf_counter()
    await asyncio.gather(*(starter() for _ in range(STARTS_AT_ONCE)))
    await done.wait()
    took = time.perf_counter() - begun
    figures = {"instances/s": count / took, "client's CPU µs/instance": (time.process_time() - cpu) / count * 1e6}
    await worker.stop()
    await working
    await channel.close()
    return figures


async def main(count: int) -> dict[str, object]:
    """Streaming and polling, each on a fresh engine."""
    folder = Path(tempfile.mkdtemp(prefix="kiang-bench-"))
    median, late = sync_latency_us(folder)
    rows: list[dict[str, object]] = []
    for stream in (True, False):
        async with EngineChild(folder / f"{len(rows)}") as engine:
            async with AsyncClient(engine.grpc_address) as client:
                await client.deploy_resources({"one.bpmn": ONE_TASK})
            rows.append(
                {
                    "worker": "streaming" if stream else "polling",
                    **await run(engine.grpc_address, count, stream=stream),
                }
            )
    print(f"fdatasync: median {median:.0f} µs, 99th percentile {late:.0f} µs\n")
    print(table(rows))
    return {"fdatasync_us": [median, late], "runs": rows}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--json", default="")
    options = parser.parse_args()
    figures = asyncio.run(main(options.count))
    if options.json:
        Path(options.json).write_text(json.dumps(figures, indent=2))
