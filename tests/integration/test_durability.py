"""What was acknowledged stays: the engine is killed again and again under load, and its disk runs full."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import shutil
import subprocess
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from tests.bpmn_builder import BpmnFile
from tests.integration.durability_server import KIANG, Server

from kiang.client import AsyncClient
from kiang.engine.state.element_instance import ELEMENT_INSTANCES
from kiang.engine.state.incident import INCIDENTS
from kiang.engine.state.job import JOBS
from kiang.engine.state.process_instance import PROCESS_INSTANCES
from kiang.engine.state.variable import VARIABLES
from kiang.errors import ClientError, ResourceExhausted
from kiang.protocol.enums import ElementState, JobState
from kiang.store.sqlite import SqliteStore

KILLS = 8
CREATORS, WORKERS = 6, 3
JOB_TIMEOUT = timedelta(seconds=2)


def two_tasks() -> bytes:
    b = BpmnFile("pair")
    b.start("begin").service_task("first", job_type="first").service_task("second", job_type="second").end("done")
    return b.chain("begin", "first", "second", "done").xml()


class Load:
    """Clients that create instances and do their jobs, and remember what they were told."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.created: dict[int, int] = {}
        self.completed: dict[int, int] = {}
        self.completions: Counter[int] = Counter()
        self.deliveries: Counter[int] = Counter()
        self.unknown = 0
        self.is_creating = True
        self.is_working = True
        self._tokens = iter(range(10**9))

    async def create(self) -> None:
        async with self.server.client() as client:
            while self.is_creating:
                token = next(self._tokens)
                try:
                    instance = await client.create_process_instance("pair", {"token": token})
                except ClientError:
                    self.unknown += 1
                    await asyncio.sleep(0.02)
                else:
                    self.created[instance.process_instance_key] = token
                await asyncio.sleep(0.001)

    async def work(self, job_type: str, *, streams: bool) -> None:
        async with self.server.client() as client:
            while self.is_working:
                with contextlib.suppress(ClientError):
                    if streams:
                        async with asyncio.timeout(3):
                            async for job in client.stream_jobs(job_type, timeout=JOB_TIMEOUT):
                                await self._complete(client, job)
                    else:
                        for job in await client.activate_jobs(
                            job_type, max_jobs=20, timeout=JOB_TIMEOUT, request_timeout=timedelta(milliseconds=300)
                        ):
                            await self._complete(client, job)
                with contextlib.suppress(TimeoutError):
                    await asyncio.sleep(0.02)

    async def _complete(self, client: AsyncClient, job) -> None:
        self.deliveries[job.key] += 1
        token = next(self._tokens)
        try:
            await client.complete_job(job, {f"by_{job.type}": token})
        except ClientError:
            return
        self.completed[job.key] = token
        self.completions[job.key] += 1


async def kill_again_and_again(server: Server, load: Load) -> None:
    seed = int(os.environ.get("KIANG_TEST_SEED", "0")) or random.randrange(2**32)
    print(f"KIANG_TEST_SEED={seed}")
    chance = random.Random(seed)
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0.2, 0.9))
        server.kill()
        if chance.random() < 0.3:
            await asyncio.sleep(0.1)
        server.start()
        await server.ready()


async def until_all_are_done(server: Server) -> None:
    """No job is left that a worker could get, ever: what is activated now comes back when its time is over."""
    async with asyncio.timeout(60):
        quiet = 0
        while quiet < 3:
            await asyncio.sleep(JOB_TIMEOUT.total_seconds() / 2)
            rows = open_jobs(server)
            quiet = quiet + 1 if rows == 0 else 0


def open_jobs(server: Server) -> int:
    import sqlite3

    db = sqlite3.connect(f"{(server.data / 'partition-1.db').as_uri()}?mode=ro", uri=True)
    try:
        return db.execute("SELECT count(*) FROM job WHERE state < ?", (int(JobState.COMPLETED),)).fetchone()[0]
    finally:
        db.close()


async def test_nothing_acknowledged_is_lost_when_the_engine_is_killed_again_and_again(tmp_path):
    server = Server(tmp_path / "data")
    server.start()
    try:
        await server.ready()
        async with server.client() as client:
            await client.deploy_resources({"pair.bpmn": two_tasks()})
        load = Load(server)
        creators = [asyncio.ensure_future(load.create()) for _ in range(CREATORS)]
        workers = [
            asyncio.ensure_future(load.work(job_type, streams=number == 0))
            for job_type in ("first", "second")
            for number in range(WORKERS)
        ]

        await kill_again_and_again(server, load)
        load.is_creating = False
        await asyncio.gather(*creators)
        await until_all_are_done(server)
        load.is_working = False
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        assert server.terminate() == 0
    finally:
        server.kill()

    store = SqliteStore(tmp_path / "data", writes_apart=False)
    instances = {row.key: row for row in store.select(PROCESS_INSTANCES)}
    jobs = {row.key: row for row in store.select(JOBS)}
    print(
        f"{len(load.created)} instances acknowledged, {len(instances)} in all, {load.unknown} requests without an answer;"
        f" {len(load.completed)} completions acknowledged, {sum(load.deliveries.values())} deliveries of {len(jobs)} jobs"
    )
    assert len(load.created) > 100
    assert load.unknown > 0
    # No acknowledged instance is lost, and every one has come to its end.
    assert load.created.keys() <= instances.keys()
    assert {ElementState(row.state) for row in instances.values()} == {ElementState.COMPLETED}
    # Each job exists once, was completed once, and nobody was told twice that he did it.
    assert Counter(row.process_instance_key for row in jobs.values()) == dict.fromkeys(instances, 2)
    assert {JobState(row.state) for row in jobs.values()} == {JobState.COMPLETED}
    assert set(load.completions.values()) == {1}
    # What was acknowledged is what is there: the variables of the one who was told that he completed it.
    variables = {(row.process_instance_key, row.name): json.loads(row.value) for row in store.select(VARIABLES)}
    for key, token in load.created.items():
        assert variables[key, "token"] == token
    for key, token in load.completed.items():
        job = jobs[key]
        assert variables[job.process_instance_key, f"by_{job.job_type}"] == token
    # Every element was passed once.
    passed = Counter((row.process_instance_key, row.element_id) for row in store.select(ELEMENT_INSTANCES))
    assert set(passed.values()) == {1}
    assert len(passed) == 4 * len(instances)
    assert store.select(INCIDENTS) == []
    # The log of commits has no gap.
    positions, last = [], 0
    while entries := list(store.log(after_position=last)):
        positions += [entry.position for entry in entries]
        last = positions[-1]
    assert positions == list(range(1, store.header.position + 1))
    store.close()


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 8 MB."""
    mount = tmp_path / "disk"
    mount.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(mount)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"a small disk cannot be made here: {done.stderr.decode().strip()}")
    yield mount
    subprocess.run(["umount", "-l", str(mount)], check=True)


async def fill(client: AsyncClient, payload: str) -> tuple[list[int], ClientError]:
    """Create instances until the engine refuses."""
    created = []
    for _ in range(20_000):
        try:
            created.append((await client.create_process_instance("pair", {"payload": payload})).process_instance_key)
        except ClientError as error:
            return created, error
    raise AssertionError("The disk has not become full.")


async def until_taken(client: AsyncClient) -> int:
    for _ in range(200):
        with contextlib.suppress(ResourceExhausted):
            return (await client.create_process_instance("pair")).process_instance_key
        await asyncio.sleep(0.05)
    raise AssertionError("The engine has not gone on.")


async def test_a_full_disk_refuses_cleanly_and_the_engine_goes_on_when_there_is_room(small_disk, tmp_path):
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 3_000_000)
    server = Server(small_disk / "data")
    server._log = tmp_path / "server.log"
    server.start()
    try:
        await server.ready()
        async with server.client() as client:
            await client.deploy_resources({"pair.bpmn": two_tasks()})

            created, refusal = await fill(client, "x" * 10_000)
            assert isinstance(refusal, ResourceExhausted)
            assert str(refusal) == "Cannot accept requests for partition 1. Broker is out of disk space"
            await client.topology()
            with pytest.raises(ResourceExhausted, match="out of disk space"):
                await client.create_process_instance("pair", {"payload": "x" * 10_000})

            ballast.unlink()
            created.append(await until_taken(client))
            found = set()
            while jobs := await client.activate_jobs("first", max_jobs=100, request_timeout=timedelta(milliseconds=-1)):
                found |= {job.process_instance_key for job in jobs}

        assert len(created) > 20
        assert found == set(created)
        assert server.terminate() == 0
    finally:
        server.kill()


async def test_a_limit_of_the_data_refuses_and_a_larger_one_lets_it_go_on(tmp_path):
    server = Server(tmp_path / "data", "--data-limit", "2")
    server.start()
    try:
        await server.ready()
        async with server.client() as client:
            await client.deploy_resources({"pair.bpmn": two_tasks()})
            created, refusal = await fill(client, "x" * 20_000)
            assert "out of disk space" in str(refusal)
        server.terminate()
        server._options = ()
        server.start()
        await server.ready()
        async with server.client() as client:
            created.append(await until_taken(client))
            found = set()
            while jobs := await client.activate_jobs("first", max_jobs=100, request_timeout=timedelta(milliseconds=-1)):
                found |= {job.process_instance_key for job in jobs}
        assert found == set(created)
    finally:
        server.kill()


async def test_a_second_engine_on_the_same_folder_says_who_has_it(tmp_path):
    server = Server(tmp_path / "data")
    server.start()
    try:
        await server.ready()
        other = await asyncio.to_thread(second_server, server.data)
        assert other.returncode != 0
        assert "uses it. Stop that process, or choose another data folder." in other.stderr
        async with server.client() as client:
            await client.topology()
    finally:
        server.kill()


def second_server(data: Path) -> subprocess.CompletedProcess[str]:
    ports = ["--grpc-port", "0", "--rest-port", "0", "--management-port", "0"]
    command = [str(KIANG), "serve", "--data", str(data), *ports]
    environment = {**os.environ, "COLUMNS": "500"}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)


def test_the_data_can_be_copied_while_nobody_uses_it(tmp_path):
    """The folder is all there is: a copy of it is a backup."""
    store = SqliteStore(tmp_path / "data", writes_apart=False)
    store.close()
    shutil.copytree(tmp_path / "data", tmp_path / "copy")

    copy = SqliteStore(tmp_path / "copy", writes_apart=False)

    assert copy.header.position == store.header.position
    copy.close()
