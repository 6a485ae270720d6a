"""What the rows of a one-task instance cost in each store, by the size of the batch.

    python -m bench.store [--count N] [--batch N ...] [--json FILE]

The batches are what the engine makes of one-task instances: one batch that starts them and hands their jobs out, one that completes them.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
from pathlib import Path
from time import perf_counter, process_time

from bench.in_process import ONE_TASK
from bench.machine import children_mb, sync_latency_us, table

from kiang.engine.engine import Engine
from kiang.engine.state.unit_of_work import Commit
from kiang.protocol.commands import ActivateJobs, CompleteJob, CreateProcessInstance, Deploy
from kiang.store.memory import MemoryStore
from kiang.store.port import Store
from kiang.store.sqlite import SqliteStore


def commits_of(count: int, batch: int) -> list[Commit]:
    """The commits of `count` instances."""
    store, commits = MemoryStore(), []
    engine = Engine(store, is_new=True)

    def commit() -> None:
        made = engine.begin_commit()
        assert made is not None
        commits.append(made)
        store.commit(made)
        engine.end_commit()

    engine.process(Deploy((("one.bpmn", ONE_TASK),)), 1)
    commit()
    for start in range(0, count, batch):
        size = min(batch, count - start)
        for _ in range(size):
            engine.process(CreateProcessInstance("one", variables={"amount": "30", "name": '"somebody"'}), 1)
        jobs = engine.process(ActivateJobs("work", "bench", 600_000, size), 1).answer.jobs  # type: ignore[union-attr]
        commit()
        for job in jobs:
            engine.process(CompleteJob(job.key, {"result": '"done"'}), 1)
        commit()
    return commits


def write(store: Store, commits: list[Commit]) -> list[float]:
    """Commit all in a thread of its own, as the broker does; the time of each in milliseconds."""
    times = []

    def run() -> None:
        for commit in commits:
            started = perf_counter()
            store.commit(commit)
            times.append((perf_counter() - started) * 1e3)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return sorted(times)


def run(name: str, store: Store, count: int, batch: int, folder: Path | None) -> dict[str, object]:
    """One row of the table."""
    commits = commits_of(count, batch)
    store.commit(commits[0])
    cpu, started = process_time(), perf_counter()
    times = write(store, commits[1:])
    seconds, cpu = perf_counter() - started, process_time() - cpu
    writer_mb = children_mb()
    log_bytes = sum(len(commit.records) for commit in commits)
    store.close()
    disk = 0 if folder is None else sum(file.stat().st_size for file in folder.iterdir())
    return {
        "store": name,
        "instances/commit": batch,
        "us/instance": seconds / count * 1e6,
        "own cpu us": cpu / count * 1e6,
        "commit ms p50": times[len(times) // 2],
        "p99": times[len(times) * 99 // 100],
        "max": times[-1],
        "kept B/instance": disk // count,
        "of it log": log_bytes // count,
        "writer MB": writer_mb,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--batch", type=int, nargs="*", default=[1, 10, 50, 200])
    parser.add_argument("--folder", type=Path, help="where the data goes (a temporary folder)")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
        median, worst = sync_latency_us(Path(temporary))
        print(f"fdatasync {median:.0f} us median, {worst:.0f} us 99th percentile; Python {sys.version.split()[0]}")
        for batch in options.batch:
            count = min(options.count, batch * 1_000)
            rows.append(run("memory", MemoryStore(), count, batch, None))
            for name, apart in (("sqlite in process", False), ("sqlite", True)):
                folder = Path(temporary) / f"{batch}-{apart}"
                rows.append(run(name, SqliteStore(folder, writes_apart=apart), count, batch, folder))
    print(table(rows))
    if options.json:
        options.json.write_text(json.dumps({"fdatasync_us": [median, worst], "runs": rows}, indent=1))


if __name__ == "__main__":
    main()
