"""The connector runtime: jobs a second of the REST connector in one process, its memory, and how soon it is ready.

    python -m bench.connectors [--count N] [--json FILE]

A durable engine, the runtime (`kiang connectors run`, everything that is installed) and an HTTP server that answers after 50 ms are three
processes. First the idle runtime is looked at: time from its start until its health is UP, and its resident memory. Then instances of a
process with one REST task are started as fast as the engine takes them; counted is what the engine has acknowledged as ended, and how long
one instance takes from its start to its end while others run beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import uvloop
from bench.machine import resident_mb, sync_latency_us, table

from kiang import AsyncClient
from kiang.cli.engine_child import EngineChild

ANSWER_SECONDS = 0.05
IN_FLIGHT = 100
"""Instances that wait for their end at once."""
GOALS = {"jobs a second": 400.0, "idle MB": 150.0, "ready s": 2.0}

PROCESS = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="bench">
  <process id="rest" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="a" sourceRef="start" targetRef="task"/>
    <serviceTask id="task"><extensionElements>
      <zeebe:taskDefinition type="io.camunda:http-json:1" retries="3"/>
      <zeebe:ioMapping>
        <zeebe:input source="GET" target="method"/>
        <zeebe:input source="{url}" target="url"/>
      </zeebe:ioMapping>
      <zeebe:taskHeaders><zeebe:header key="resultExpression" value="={{answer: body.answer}}"/></zeebe:taskHeaders>
    </extensionElements></serviceTask>
    <sequenceFlow id="b" sourceRef="task" targetRef="end"/><endEvent id="end"/>
  </process></definitions>"""

PEER = """
import asyncio, sys
async def serve(reader, writer):
    try:
        while True:
            await reader.readuntil(b"\\r\\n\\r\\n")
            await asyncio.sleep({seconds})
            writer.write(b'HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: 13\\r\\n\\r\\n{{"answer":42}}')
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Runtime:
    """`kiang connectors run` in a process of its own."""

    def __init__(self, grpc: str, rest: str) -> None:
        port = free_port()
        where = ["--address", grpc, "--rest-address", rest, "--port", str(port), "--log-level", "ERROR"]
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kiang", "connectors", "run", *where],
            stdout=subprocess.DEVNULL,
            env=dict(os.environ),
        )
        self._health = f"http://127.0.0.1:{port}/actuator/health/readiness"
        while not self._is_up():
            if self.process.poll() is not None:
                raise SystemExit("The runtime has ended.")
            time.sleep(0.01)
        self.ready_s = time.perf_counter() - began

    def _is_up(self) -> bool:
        try:
            with urllib.request.urlopen(self._health, timeout=1) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    @property
    def resident_mb(self) -> float:
        return resident_mb(self.process.pid)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(40)


async def measure(client: AsyncClient, runtime: Runtime, count: int) -> dict[str, Any]:
    """Throughput, latency and memory under load."""
    left, times = iter(range(count)), []

    async def one_after_the_other() -> None:
        for _ in left:
            began = time.perf_counter()
            result = await client.create_process_instance_with_result("rest", {})
            times.append((time.perf_counter() - began) * 1000)
            assert result.variables == {"answer": 42}, result.variables

    began = time.perf_counter()
    await asyncio.gather(*(one_after_the_other() for _ in range(IN_FLIGHT)))
    seconds = time.perf_counter() - began
    times.sort()
    return {
        "jobs": count,
        "jobs a second": count / seconds,
        "p50 ms": times[count // 2],
        "p99 ms": times[count * 99 // 100],
        "MB under load": runtime.resident_mb,
    }


async def bench(count: int) -> dict[str, Any]:
    """All figures."""
    peer = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs yet
        [sys.executable, "-c", PEER.format(seconds=ANSWER_SECONDS)], stdout=subprocess.PIPE, text=True
    )
    assert peer.stdout is not None
    url = f"http://127.0.0.1:{peer.stdout.readline().strip()}/"
    runtime = None
    with tempfile.TemporaryDirectory(dir=".") as folder:
        median, worst = sync_latency_us(Path(folder))
        async with EngineChild(Path(folder) / "data") as engine:
            try:
                async with AsyncClient(engine.grpc_address, rest_address=engine.rest_address) as client:
                    await client.deploy_resources({"rest.bpmn": PROCESS.format(url=url).encode()})
                    runtime = await asyncio.to_thread(Runtime, engine.grpc_address, engine.rest_address)
                    await asyncio.sleep(1)
                    idle = {"ready s": runtime.ready_s, "idle MB": runtime.resident_mb}
                    await measure(client, runtime, IN_FLIGHT)
                    figures = await measure(client, runtime, count)
            finally:
                if runtime is not None:
                    await asyncio.to_thread(runtime.stop)
                peer.terminate()
                peer.wait()
    return {**idle, **figures, "sync µs (p50)": median, "sync µs (p99)": worst}


def main() -> None:
    parser = argparse.ArgumentParser(description="Benchmark of the connector runtime")
    parser.add_argument("--count", type=int, default=10_000, help="jobs")
    parser.add_argument("--json", type=Path, help="where figures go")
    arguments = parser.parse_args()
    uvloop.install()
    figures = asyncio.run(bench(arguments.count))
    rows: list[dict[str, object]] = [
        {
            "figure": name,
            "value": value,
            "goal": f"{'≥' if name == 'jobs a second' else '<'} {GOALS[name]:g}" if name in GOALS else "",
        }
        for name, value in figures.items()
    ]
    print(table(rows))
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
