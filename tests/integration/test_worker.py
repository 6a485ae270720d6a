"""Workers against a real engine that is stopped, killed and started again, and workers that are killed themselves."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from tests.bpmn_builder import BpmnFile, listeners
from tests.integration.running_engine import RunningEngine, free_port, running_engine

from kiang import AsyncClient, Client, Job, JobError, Worker
from kiang.client import Corrections, FoundJob, FoundProcessInstance, UserTaskResult
from kiang.worker import SilentObserver


def process(process_id: str, *job_types: str) -> bytes:
    b = BpmnFile(process_id)
    b.start("s")
    for number, job_type in enumerate(job_types):
        b.service_task(f"task-{number}", job_type=job_type)
    b.end("e").chain("s", *(f"task-{number}" for number in range(len(job_types))), "e")
    xml = b.xml()
    return xml.encode() if isinstance(xml, str) else xml


async def completed(client: AsyncClient, process_id: str) -> int:
    wanted = {"processDefinitionId": process_id, "state": "COMPLETED"}
    return (await client.search(FoundProcessInstance, wanted, limit=1)).total_items


async def until_completed(client: AsyncClient, process_id: str, count: int) -> None:
    async with asyncio.timeout(60):
        while await completed(client, process_id) < count:  # noqa: ASYNC110 - the engine has no event for it
            await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def engine(tmp_path_factory) -> Iterator[RunningEngine]:
    with running_engine(tmp_path_factory.mktemp("engine") / "data") as running:
        yield running


@pytest.mark.parametrize(
    ("wire", "stream"), [("grpc", True), ("grpc", False), ("rest", False)], ids=["streaming", "polling", "rest"]
)
async def test_jobs_made_before_and_after_the_worker_are_done_once_each(engine: RunningEngine, wire, stream) -> None:
    name = f"flow-{wire}-{stream}"
    done: Counter[int] = Counter()
    async with AsyncClient(engine.grpc_address, rest_address=engine.rest_url, wire=wire) as client:
        await client.deploy_resources({"a.bpmn": process(name, f"{name}-1", f"{name}-2")})
        worker = Worker(client, stream=stream)

        @worker.job(f"{name}-1")
        async def first(job: Job, number: int) -> dict[str, int]:
            done[job.key] += 1
            await asyncio.sleep(0.001)
            return {"squared": number * number}

        @worker.job(f"{name}-2")
        def second(job: Job, squared: int) -> None:
            done[job.key] += 1

        await asyncio.gather(*(client.create_process_instance(name, {"number": number}) for number in range(50)))
        async with worker:
            await asyncio.gather(*(client.create_process_instance(name, {"number": number}) for number in range(50)))
            await until_completed(client, name, 100)

    assert len(done) == 200
    assert set(done.values()) == {1}


async def test_failures_rest_and_then_succeed(engine: RunningEngine) -> None:
    async with AsyncClient(engine.grpc_address, rest_address=engine.rest_url, wire="grpc") as client:
        await client.deploy_resources({"a.bpmn": process("resting", "resting")})
        worker = Worker(client)
        tries: list[int] = []

        @worker.job("resting")
        async def handler(job: Job) -> None:
            tries.append(job.retries)
            if job.retries > 1:
                raise JobError("not yet", retry_backoff=timedelta(milliseconds=150), variables={"tried": job.retries})

        await client.create_process_instance("resting")
        async with worker:
            await until_completed(client, "resting", 1)

    assert tries == [3, 2, 1]


@pytest.mark.parametrize("wire", ["grpc", "rest"])
async def test_a_task_listener_corrects_and_denies(engine: RunningEngine, wire) -> None:
    name = f"listened-{wire}"
    b = BpmnFile(name)
    events = listeners(("creating", f"{name}-creating"), ("completing", f"{name}-completing"), kind="task")
    b.start("s").user_task("task", extensions=events).end("e").chain("s", "task", "e")
    seen: list[tuple[str | None, str | None]] = []
    async with AsyncClient(engine.grpc_address, rest_address=engine.rest_url, wire=wire) as client:
        await client.deploy_resources({"a.bpmn": b.xml()})
        worker = Worker(client)

        @worker.job(f"{name}-creating")
        async def creating(job: Job) -> UserTaskResult:
            corrections = Corrections(assignee="ada", candidate_groups=("sales", "staff"), priority=80)
            return UserTaskResult(corrections=corrections)

        @worker.job(f"{name}-completing")
        async def completing(job: Job) -> UserTaskResult:
            assert job.user_task is not None
            seen.append((job.user_task.assignee, job.user_task.action))
            return UserTaskResult(denied=len(seen) == 1, denied_reason="not yet")

        async with worker, httpx.AsyncClient(base_url=f"{engine.rest_url}/v2") as http:
            await client.create_process_instance(name)
            wanted = {"filter": {"processDefinitionId": name, "state": "CREATED"}}
            async with asyncio.timeout(20):
                while not (items := (await http.post("/user-tasks/search", json=wanted)).json()["items"]):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            (task,) = items
            refused = await http.post(f"/user-tasks/{task['userTaskKey']}/completion", json={})
            done = await http.post(f"/user-tasks/{task['userTaskKey']}/completion", json={})

    assert (task["assignee"], task["candidateGroups"], task["priority"]) == ("ada", ["sales", "staff"], 80)
    assert (refused.status_code, done.status_code) == (409, 204)
    assert "not yet" in refused.text
    assert seen == [("ada", "complete")] * 2


async def test_a_closed_worker_leaves_no_job_behind(engine: RunningEngine) -> None:
    """What it held is done or can be taken by another one at once, not only when its time is over."""
    async with AsyncClient(engine.grpc_address, rest_address=engine.rest_url, wire="grpc") as client:
        await client.deploy_resources({"a.bpmn": process("closing", "closing")})
        await asyncio.gather(*(client.create_process_instance("closing") for _ in range(200)))
        for round_ in range(4):
            worker = Worker(client, max_jobs=20, grace=timedelta(0))

            @worker.job("closing", timeout=timedelta(hours=1))
            async def handler() -> None:
                await asyncio.sleep(0.02 if round_ % 2 else 100)  # noqa: B023 - it ends with its round

            async with worker:
                await asyncio.sleep(0.1)
        worker = Worker(client)
        worker.add("closing", lambda: None)
        async with worker:
            await until_completed(client, "closing", 200)


async def test_it_outlives_restarts_and_kills_of_the_engine(tmp_path: Path) -> None:
    ports = {"grpc_port": free_port(), "rest_port": free_port()}
    client = AsyncClient(
        f"127.0.0.1:{ports['grpc_port']}", rest_address=f"http://127.0.0.1:{ports['rest_port']}", wire="grpc"
    )
    diary = Diary()
    worker = Worker(client, observer=diary)

    @worker.job("outlives", timeout=timedelta(seconds=5))
    async def handler(job: Job) -> None:
        diary.begun[job.key] += 1
        await asyncio.sleep(0.005)

    started = 0
    async with worker:
        for ending in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
            with ExitStack() as stack:
                engine = await asyncio.to_thread(stack.enter_context, running_engine(tmp_path / "data", **ports))
                await client.deploy_resources({"a.bpmn": process("outlives", "outlives")})
                for _ in range(100):
                    await client.create_process_instance("outlives")
                    started += 1
                engine.process.send_signal(ending)
                await asyncio.to_thread(engine.process.wait)
        with ExitStack() as stack:
            await asyncio.to_thread(stack.enter_context, running_engine(tmp_path / "data", **ports))
            await until_completed(client, "outlives", started)
            states = (await client.search(FoundJob, {"type": "outlives", "state": "COMPLETED"}, limit=1)).total_items
            await asyncio.to_thread(stack.close)
    await client.aclose()

    assert states == started == 300
    assert set(diary.ended.values()) == {1}
    # an engine may be gone again before a worker that pauses between its attempts has seen it
    assert diary.connection[0] == "lost"
    assert "restored" in diary.connection


class Diary(SilentObserver):
    def __init__(self) -> None:
        self.begun: Counter[int] = Counter()
        self.ended: Counter[int] = Counter()
        self.connection: list[str] = []

    def job_ended(self, job, outcome, seconds) -> None:
        self.ended[job.key] += 1

    def connection_lost(self, job_type, error, delay_s) -> None:
        self.connection.append("lost")

    def connection_restored(self, job_type) -> None:
        self.connection.append("restored")


WORKER = """
import asyncio, logging, sys
from datetime import timedelta
from kiang import AsyncClient, Worker

logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
worker = Worker(AsyncClient(), grace=timedelta(seconds=10))

@worker.job("killed", timeout=timedelta(seconds=1), max_jobs=16)
async def handler(secret: str) -> dict[str, str]:
    await asyncio.sleep(0.05)
    if secret.endswith("7"):
        raise ValueError(secret)
    return {"echo": secret}

worker.run()
"""
SECRET = "s3cret-of-a-variable"


def test_jobs_of_a_killed_worker_go_to_another_and_no_log_shows_a_variable(
    engine: RunningEngine, tmp_path: Path
) -> None:
    program = tmp_path / "worker.py"
    program.write_text(textwrap.dedent(WORKER))
    environment = {**os.environ, "ZEEBE_ADDRESS": engine.grpc_address}

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen([sys.executable, str(program)], env=environment, stderr=subprocess.PIPE, text=True)

    with Client(engine.grpc_address, rest_address=engine.rest_url, wire="grpc") as client:
        client.deploy_resources({"a.bpmn": process("killed", "killed")})
        workers = [start(), start()]
        for number in range(200):
            client.create_process_instance("killed", {"secret": f"{SECRET}-{number}"})
        workers[0].kill()
        finished = client.search(FoundProcessInstance, {"processDefinitionId": "killed", "state": "COMPLETED"}, limit=1)
        asyncio.run(_until(engine, 180))
    workers[1].send_signal(signal.SIGTERM)
    logs = [worker.communicate(timeout=20)[1] for worker in workers]

    assert finished.total_items < 180
    assert workers[1].returncode == 0
    assert "job failed job_key=" in logs[1]
    assert "error=ValueError at=worker.py:" in logs[1]
    assert SECRET not in "".join(logs)


async def _until(engine: RunningEngine, count: int) -> None:
    async with AsyncClient(engine.grpc_address, rest_address=engine.rest_url, wire="grpc") as client:
        await until_completed(client, "killed", count)


def test_a_second_interruption_ends_a_worker_at_once(engine: RunningEngine, tmp_path: Path) -> None:
    program = tmp_path / "worker.py"
    program.write_text(WORKER.replace("asyncio.sleep(0.05)", "asyncio.sleep(300)").replace("killed", "stubborn"))
    environment = {**os.environ, "ZEEBE_ADDRESS": engine.grpc_address}
    with Client(engine.grpc_address, rest_address=engine.rest_url, wire="grpc") as client:
        client.deploy_resources({"a.bpmn": process("stubborn", "stubborn")})
        client.create_process_instance("stubborn", {"secret": "x"})
        worker = subprocess.Popen([sys.executable, str(program)], env=environment, stderr=subprocess.DEVNULL)
        try:
            asyncio.run(_until_taken(engine, "stubborn"))
            worker.send_signal(signal.SIGINT)
            with pytest.raises(subprocess.TimeoutExpired):
                worker.wait(0.3)
            worker.send_signal(signal.SIGINT)
            assert worker.wait(5) is not None
        finally:
            worker.kill()
            worker.wait()


async def _until_taken(engine: RunningEngine, job_type: str) -> None:
    async with AsyncClient(rest_address=engine.rest_url) as client, asyncio.timeout(20):
        while not any(job.worker for job in (await client.search(FoundJob, {"type": job_type})).items):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
