"""Jobs over REST and over gRPC in one run: activated by the dozen, completed one by one, against one server process.

    python -m bench.rest [--jobs N] [--connections N] [--json FILE]

The REST side is a bare HTTP/1.1 client with keep-alive, the gRPC side is our own client: what is measured is the server.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Self

import uvloop
from tests.integration.running_engine import RunningEngine, running_engine

from kiang import AsyncClient

JOBS_AT_ONCE = 32
PROCESS = """<?xml version="1.0"?><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="bench" id="d"><process id="one" isExecutable="true">
  <startEvent id="s"/><serviceTask id="task"><extensionElements><zeebe:taskDefinition type="work"/></extensionElements>
  </serviceTask><endEvent id="e"/><sequenceFlow id="f1" sourceRef="s" targetRef="task"/>
  <sequenceFlow id="f2" sourceRef="task" targetRef="e"/></process></definitions>"""


class Http:
    """One connection that is kept."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self.writer.close()

    async def post(self, path: str, body: bytes) -> bytes:
        head = (
            f"POST {path} HTTP/1.1\r\nhost: {self.host}:{self.port}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        self.writer.write(head.encode() + body)
        answer = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        status = int(answer[9:12])
        if status == 204:
            return b""
        start = answer.index(b"content-length:") + 15
        content = await self.reader.readexactly(int(answer[start : answer.index(b"\r\n", start)]))
        if status >= 300:
            raise RuntimeError(content.decode())
        return content


def cpu_s(engine: RunningEngine) -> float:
    fields = Path(f"/proc/{engine.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def over_rest(engine: RunningEngine, connections: int) -> int:
    host, _, port = engine.rest_url.removeprefix("http://").partition(":")
    body = {
        "type": "work",
        "worker": "bench",
        "timeout": 60_000,
        "maxJobsToActivate": JOBS_AT_ONCE,
        "requestTimeout": -1,
    }
    request = json.dumps(body).encode()

    async def lane() -> int:
        count = 0
        async with Http(host, int(port)) as http:
            while jobs := json.loads(await http.post("/v2/jobs/activation", request))["jobs"]:
                for job in jobs:
                    await http.post(f"/v2/jobs/{job['jobKey']}/completion", b"")
                count += len(jobs)
        return count

    return sum(await asyncio.gather(*(lane() for _ in range(connections))))


async def over_grpc(engine: RunningEngine, connections: int) -> int:
    async def lane(client: AsyncClient) -> int:
        count = 0
        while jobs := await client.activate_jobs(
            "work", max_jobs=JOBS_AT_ONCE, timeout=timedelta(minutes=1), request_timeout=timedelta(seconds=-1)
        ):
            for job in jobs:
                await client.complete_job(job)
            count += len(jobs)
        return count

    async with AsyncClient(engine.grpc_address, rest_address=engine.rest_url) as client:
        return sum(await asyncio.gather(*(lane(client) for _ in range(connections))))


async def fill(engine: RunningEngine, jobs: int) -> None:
    async with AsyncClient(engine.grpc_address, rest_address=engine.rest_url) as client:
        for start in range(0, jobs, 200):
            count = min(200, jobs - start)
            await asyncio.gather(*(client.create_process_instance("one", {"amount": 30}) for _ in range(count)))


async def measure(jobs: int, connections: int) -> dict[str, dict[str, float]]:
    figures = {}
    with tempfile.TemporaryDirectory() as folder, running_engine(Path(folder) / "data") as engine:
        async with AsyncClient(engine.grpc_address, rest_address=engine.rest_url) as client:
            await client.deploy_resources({"one.bpmn": PROCESS.encode()})
        for name, drain in (("gRPC", over_grpc), ("REST", over_rest)):
            await fill(engine, jobs)
            started, cpu = perf_counter(), cpu_s(engine)
            count = await drain(engine, connections)
            elapsed = perf_counter() - started
            figures[name] = {
                "jobs_per_s": round(count / elapsed),
                "server_cpu_us_per_job": round((cpu_s(engine) - cpu) / count * 1e6),
                "jobs": count,
            }
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    figures = uvloop.run(measure(args.jobs, args.connections))
    print(f"{'':<6}{'jobs/s':>10}{'server µs CPU/job':>20}")
    for name, one in figures.items():
        print(f"{name:<6}{one['jobs_per_s']:>10}{one['server_cpu_us_per_job']:>20}")
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
