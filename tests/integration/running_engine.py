"""A real engine process for tests: `kiang serve` on free ports, with its data in a folder of the test."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 20


@dataclass(frozen=True)
class RunningEngine:
    """Where it listens."""

    grpc_address: str
    rest_url: str
    management_url: str
    process: subprocess.Popen[bytes]
    data: Path


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_engine(data: Path, *options: str, grpc_port: int = 0, rest_port: int = 0) -> Iterator[RunningEngine]:
    """An engine that is up, on free ports unless some are given; stopped at the end."""
    grpc_port, rest_port, management_port = grpc_port or free_port(), rest_port or free_port(), free_port()
    command = [
        str(Path(sys.executable).with_name("kiang")),
        "serve",
        f"--data={data}",
        f"--grpc-port={grpc_port}",
        f"--rest-port={rest_port}",
        f"--management-port={management_port}",
        *options,
    ]
    log = data.parent / f"{data.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        rest_url = f"http://127.0.0.1:{rest_port}"
        _wait_until_up(process, rest_url, log)
        yield RunningEngine(f"127.0.0.1:{grpc_port}", rest_url, f"http://127.0.0.1:{management_port}", process, data)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_up(process: subprocess.Popen[bytes], rest_url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"the engine has ended with {process.returncode}:\n{log.read_text()[-2_000:]}")
        try:
            if httpx.get(f"{rest_url}/v2/topology", timeout=1).status_code < 500:
                return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise AssertionError(f"the engine is not up after {START_SECONDS_MAX} s:\n{log.read_text()[-2_000:]}")
