"""What instances that wait cost those that run: throughput, memory and restart with more and more of them.

    python -m bench.growth [--waiting 1000 100000 1000000] [--count N] [--json FILE]

For each number the store is filled with instances that wait at a job; then one-task instances run beside them; then the engine is started
anew in a process of its own, and the first job of those that wait is handed out.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import uvloop
from bench.in_process import ONE_TASK, Load
from bench.machine import children_mb, resident_mb, sync_latency_us, table

from kiang.broker.broker import Broker
from kiang.protocol.commands import ActivateJobs, CreateProcessInstance, Deploy
from kiang.store.sqlite import SqliteStore

INFLIGHT = 256

RESTART = """
import time
began = time.perf_counter()
import asyncio, sys
from kiang.broker.broker import Broker
from kiang.protocol.commands import ActivateJobs
from kiang.store.sqlite import SqliteStore

async def run():
    imported = time.perf_counter()
    store = SqliteStore(sys.argv[1])
    broker = Broker(store)
    await broker.start()
    answer = await broker.activate_jobs(ActivateJobs("waiting", "bench", 60_000, 1))
    assert len(answer.jobs) == 1
    print(imported - began, time.perf_counter() - imported)
    await broker.stop()
    store.close()

asyncio.run(run())
"""


async def fill(broker: Broker, count: int) -> float:
    """Start instances that wait."""
    started = perf_counter()
    done = asyncio.get_running_loop().create_future()
    left = to_start = count

    def answered(answer: object) -> None:
        nonlocal left
        left -= 1
        if isinstance(answer, Exception):
            done.set_exception(answer)
        elif left == 0:
            done.set_result(None)
        else:
            start()

    def start() -> None:
        nonlocal to_start
        if to_start:
            to_start -= 1
            command = CreateProcessInstance("waiting", variables={"amount": "30", "name": '"somebody"'})
            broker.submit(command, answered)

    for _ in range(min(1_000, count)):
        start()
    if count:
        await done
    return perf_counter() - started


async def run(folder: Path, add: int, count: int) -> dict[str, object]:
    store = SqliteStore(folder)
    broker = Broker(store)
    await broker.start()
    if store.header.position == 0:
        await broker.execute(Deploy((("one.bpmn", ONE_TASK),)))
    fill_s = await fill(broker, add)
    await broker.activate_jobs(ActivateJobs("waiting", "bench", 1, 1), request_timeout_ms=-1)
    await Load(broker, min(count, 3_000), INFLIGHT).run()
    seconds = await Load(broker, count, INFLIGHT).run()
    figures: dict[str, object] = {
        "filled/s": add / fill_s if add else 0.0,
        "instances/s": count / seconds,
        "rss MB": resident_mb(),
        "writer MB": children_mb(),
    }
    await broker.stop()
    store.close()
    return figures


def restart(folder: Path) -> tuple[float, float]:
    """Seconds for imports, and from there to the first job."""
    done = subprocess.run([sys.executable, "-c", RESTART, str(folder)], check=True, capture_output=True, text=True)
    imports_s, first_job_s = map(float, done.stdout.split())
    return imports_s, first_job_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--waiting", type=int, nargs="*", default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--count", type=int, default=30_000)
    parser.add_argument("--folder", type=Path, help="where the data goes (a temporary folder)")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
        folder, waiting = Path(temporary) / "data", 0
        for number in sorted(options.waiting):
            median, worst = sync_latency_us(Path(temporary))
            figures = uvloop.run(run(folder, number - waiting, options.count))
            waiting = number
            imports_s, first_job_s = restart(folder)
            size_mb = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
            row = {"waiting": number, **figures, "imports s": imports_s, "restart to job s": first_job_s}
            rows.append({**row, "data MB": size_mb, "fdatasync us p50": median, "p99": worst})
            print(table(rows[-1:]), flush=True)
    print(f"\n{table(rows)}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
