"""What the whole server does under load from outside: gRPC, fsync on, one process, beside its client on the same machine.

    python -m bench.load [--seconds N] [--only NAME] [--waiting N] [--json FILE]

The load comes from the generator in `../shared/load` (Go; built into `build/load`). Each run has a fresh engine. The last columns are
what Zeebe 8.5 reached with the same generator on such a machine, where that was measured.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.machine import sync_latency_us, table

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT.parent / "shared" / "load"
BUILT = ROOT / "build" / "load"
START_SECONDS_MAX = 20
RUN_SECONDS_MAX = 300

RUNS: dict[str, tuple[list[str], str, str]] = {
    "one task, streaming": (
        ["throughput", "-inflight", "32", "-max-open", "2000"],
        ">= 1,500/s, far goal 10,000",
        "293/s",
    ),
    "one task, streaming, 64 open": (["throughput", "-inflight", "32", "-max-open", "64"], "", ""),
    "one task, polling, 64 open": (
        ["throughput", "-inflight", "32", "-worker", "poll", "-max-open", "64"],
        "within a fifth of streaming",
        "",
    ),
    "one task, streaming, sync + 1 ms": (["throughput", "-inflight", "32", "-max-open", "2000"], "", ""),
    "chain of ten": (["chain", "-inflight", "32", "-max-open", "64"], ">= 3,000 steps/s", "411 steps/s"),
    "500/s, streaming": (["latency", "-rate", "500"], "to worker p50 < 2 ms, p99 < 10 ms", ""),
    "100/s, streaming": (["latency", "-rate", "100"], "", "to worker 4.3 / 8.1 ms"),
    "100/s, long polling": (["latency", "-rate", "100", "-worker", "poll"], "to worker p99 < 15 ms", ""),
    "overload": (["latency", "-rate", "12000"], "refused at once, completed rate holds", ""),
    "20,000 queued jobs": (["burst", "-n", "20000", "-worker", "poll"], "", "49 s"),
    "from start": (["ready"], "topology < 1,000 ms", "first instance 14,600 ms"),
}
"""Name to arguments of the generator, goal, and what Zeebe 8.5 reached."""

OPEN_ENDED = frozenset({"burst", "ready"})


def generator() -> Path:
    """The load generator, built if need be; ends the program, saying why, where it cannot be."""
    if not SOURCE.is_dir():
        raise SystemExit(
            "The load generator is not there: ../shared/load is not beside this checkout. Nothing was measured."
        )
    go = shutil.which("go")
    if go is None:
        raise SystemExit(
            "The load generator needs Go 1.22 or newer to be built, but `go` is not on the PATH. Nothing was measured."
        )
    binary = BUILT / "load"
    if not binary.exists() or binary.stat().st_mtime < max(file.stat().st_mtime for file in SOURCE.glob("*.go")):
        shutil.copytree(SOURCE, BUILT, dirs_exist_ok=True)
        subprocess.run([go, "build", "-o", "load", "."], cwd=BUILT, check=True, env={**os.environ, "CGO_ENABLED": "0"})
    return binary


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def engine(data: Path, *, sync_delay_ms: float = 0) -> Iterator[tuple[int, int]]:
    """An engine on fresh data: its process and its gRPC port."""
    port = free_port()
    if sync_delay_ms:
        command = ["-m", "bench.slow_disk_server", str(data), str(port), str(sync_delay_ms)]
    else:
        others = [f"--rest-port={free_port()}", f"--management-port={free_port()}"]
        command = ["-m", "kiang", "serve", f"--data={data}", f"--grpc-port={port}", *others]
    with (data.parent / f"{data.name}.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, *command], stdout=log, stderr=log, cwd=ROOT)
    try:
        yield process.pid, port
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(port: int) -> None:
    """Return when somebody listens."""
    end = time.monotonic() + START_SECONDS_MAX
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return


def load(binary: Path, port: int, pid: int, arguments: list[str], seconds: float) -> dict[str, Any]:
    """The generator's report."""
    command = [str(binary), *arguments, "-addr", f"127.0.0.1:{port}", "-server-pid", str(pid), "-drain", "10s"]
    if arguments[0] not in OPEN_ENDED and arguments[0] != "fill":
        command += ["-duration", f"{seconds}s", "-warmup", f"{seconds / 2}s"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=RUN_SECONDS_MAX)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed: {done.stderr.strip()[-500:]}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def figures(report: dict[str, Any]) -> dict[str, object]:
    """What the table shows of a report."""

    def percentiles(name: str) -> str:
        found = report.get(name) or {}
        return f"{found['p50']:.1f} / {found['p99']:.1f}" if "p50" in found else ""

    rate = report.get("completed_jobs_per_s", report.get("drained_per_s", 0))
    cpu_s = report.get("server_cpu_s", 0)
    jobs = rate * report.get("window_s", 0)
    return {
        "jobs/s": float(rate) if rate else "",
        "create ms": percentiles("create_ms"),
        "to worker ms": percentiles("create_to_worker_ms"),
        "to completed ms": percentiles("create_to_completed_ms"),
        "CPU µs/job": float(cpu_s / jobs * 1e6) if jobs else "",
        "RSS MB": float(report.get("server_rss_mb", 0)),
        "refused": sum((report.get("rejected_in_window") or {}).values()) or "",
        "lost": report.get("lost", report.get("unfinished", "")),
        "twice": report.get("jobs_delivered_twice", ""),
        "from start ms": report.get("first_topology_ms", ""),
    }


def main(options: argparse.Namespace) -> None:
    """All runs."""
    binary = generator()
    folder = Path(tempfile.mkdtemp(prefix="kiang-bench-load-"))
    median, late = sync_latency_us(folder)
    print(f"fdatasync: median {median:.0f} µs, 99th percentile {late:.0f} µs\n")
    rows: list[dict[str, object]] = []
    reports: dict[str, Any] = {"fdatasync_us": {"p50": median, "p99": late}, "runs": {}}
    for name, (arguments, goal, zeebe) in RUNS.items():
        if options.only not in name:
            continue
        with engine(folder / f"{len(rows)}", sync_delay_ms=1 if "sync + 1 ms" in name else 0) as (pid, port):
            if arguments[0] != "ready":
                wait_for(port)
            if options.waiting:
                load(binary, port, pid, ["fill", "-n", str(options.waiting), "-inflight", "64"], 0)
            report = load(binary, port, pid, arguments, options.seconds)
        reports["runs"][name] = report
        rows.append({"run": name, **figures(report), "goal": goal, "Zeebe 8.5": zeebe})
        print(f"{name}: done", file=sys.stderr)
    print(table(rows))
    if options.json:
        Path(options.json).write_text(json.dumps(reports, indent=2))
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="measured part of each run")
    parser.add_argument("--only", default="", help="runs whose name contains this")
    parser.add_argument("--waiting", type=int, default=0, help="instances that wait at a job before each run")
    parser.add_argument("--json", default="bench-load.json", help="where all figures go")
    main(parser.parse_args())
