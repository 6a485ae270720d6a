"""Backups are made while the engine works, and what is restored goes on from there."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path

import httpx
import pytest
from tests.integration.rest_server import client_of, deploy, one_task, rest_server
from tests.integration.running_engine import running_engine
from typer.testing import CliRunner

from kiang.cli.main import app
from kiang.errors import StoreError
from kiang.gateway.auth.users import UserStore
from kiang.store.backup import MANIFEST, back_up, check, restore
from kiang.store.sqlite import SqliteStore


async def test_a_backup_of_a_busy_engine_is_one_moment_and_goes_on(tmp_path: Path) -> None:
    async with rest_server(tmp_path / "data") as server, client_of(server) as http:
        await deploy(http, ("order.bpmn", one_task()))
        stop = asyncio.Event()

        async def start_instances() -> int:
            count = 0
            while not stop.is_set():
                body = {"processDefinitionId": "order", "variables": {"n": count}}
                assert (await http.post("/process-instances", json=body)).status_code == 200
                count += 1
            return count

        working = asyncio.create_task(start_instances())
        while (await _count(http)) < 50:  # noqa: ASYNC110 - a poll
            await asyncio.sleep(0.01)
        before = await _count(http)
        await asyncio.to_thread(back_up, tmp_path / "data", tmp_path / "backup")
        stop.set()
        started = await working

    restore(tmp_path / "backup", tmp_path / "again")
    async with rest_server(tmp_path / "again") as server, client_of(server) as http:
        found = await _count(http)
        assert before <= found <= started
        jobs = {"type": "pay", "timeout": 60_000, "maxJobsToActivate": 10_000, "requestTimeout": -1}
        taken = (await http.post("/jobs/activation", json=jobs)).json()["jobs"]
        assert len(taken) == found
        assert [job["variables"]["n"] for job in taken] == list(range(found))
        assert (await http.post(f"/jobs/{taken[0]['jobKey']}/completion")).status_code == 204


def test_hashes_of_passwords_are_read_by_nobody_else_from_the_first_moment_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, backup, again = tmp_path / "data", tmp_path / "backup", tmp_path / "again"
    SqliteStore(data).close()
    seen: list[tuple[str, int]] = []

    def note(folder: Path) -> None:
        seen.extend((path.name, path.stat().st_mode & 0o077) for path in folder.rglob("identity.db*"))

    users = UserStore(data / "identity.db")
    users.create("ann", "secret", "Ann", "")
    note(data)
    copyfile = shutil.copyfile
    monkeypatch.setattr(shutil, "copyfile", lambda *args, **more: (note(again), copyfile(*args, **more))[1])
    back_up(data, backup)
    restore(backup, again)
    users.close()
    note(backup)
    note(again)

    assert {mode for _, mode in seen} == {0}
    assert {"identity.db", "identity.db-wal"} <= {name for name, _ in seen}
    restored = UserStore(again / "identity.db")
    assert restored.check("ann", "secret")
    restored.close()


async def test_documents_are_in_it(tmp_path: Path) -> None:
    async with rest_server(tmp_path / "data") as server, client_of(server) as http:
        await deploy(http, ("order.bpmn", one_task()))
    (tmp_path / "data" / "documents" / "ab").mkdir(parents=True)
    (tmp_path / "data" / "documents" / "ab" / "x.document").write_bytes(b"content")

    back_up(tmp_path / "data", tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "again")

    assert (tmp_path / "again" / "documents" / "ab" / "x.document").read_bytes() == b"content"
    assert not list(tmp_path.glob("**/*-search.db-copy"))


async def test_a_damaged_backup_is_not_restored(tmp_path: Path) -> None:
    async with rest_server(tmp_path / "data"):
        pass
    back_up(tmp_path / "data", tmp_path / "backup")
    check(tmp_path / "backup")
    database = tmp_path / "backup" / "partition-1.db"
    content = bytearray(database.read_bytes())
    content[5000] ^= 1
    database.write_bytes(content)

    with pytest.raises(StoreError, match="missing or damaged"):
        restore(tmp_path / "backup", tmp_path / "again")

    manifest = tmp_path / "backup" / MANIFEST
    manifest.write_text(manifest.read_text().replace("partition-1.db", "p" * 300))
    with pytest.raises(StoreError, match="too long"):
        restore(tmp_path / "backup", tmp_path / "again")
    assert not (tmp_path / "again").exists()


async def test_nothing_is_overwritten(tmp_path: Path) -> None:
    async with rest_server(tmp_path / "data"):
        pass
    back_up(tmp_path / "data", tmp_path / "backup")

    with pytest.raises(StoreError, match="not to be there"):
        back_up(tmp_path / "data", tmp_path / "backup")
    with pytest.raises(StoreError, match="to be empty"):
        restore(tmp_path / "backup", tmp_path / "data")
    with pytest.raises(StoreError, match="no store in it"):
        back_up(tmp_path / "backup" / "documents", tmp_path / "other")
    with pytest.raises(StoreError, match="no manifest"):
        restore(tmp_path / "data", tmp_path / "other")


async def test_the_commands(tmp_path: Path) -> None:
    async with rest_server(tmp_path / "data"):
        pass
    run = CliRunner()

    made = run.invoke(app, ["backup", str(tmp_path / "backup"), "--data", str(tmp_path / "data")])
    back = run.invoke(app, ["restore", str(tmp_path / "backup"), "--data", str(tmp_path / "again")])

    assert made.exit_code == 0, made.output
    assert made.output.startswith("Backed up ")
    assert back.exit_code == 0, back.output
    assert (tmp_path / "again" / "partition-1.db").exists()


async def _count(http) -> int:
    return (await http.post("/process-instances/search", json={"page": {"limit": 1}})).json()["page"]["totalItems"]


def test_an_engine_is_restored_by_its_clients(tmp_path: Path) -> None:
    with (
        running_engine(tmp_path / "data", f"--backups={tmp_path / 'backups'}", "--grace=0.5") as engine,
        httpx.Client(base_url=f"{engine.rest_url}/v2", timeout=20) as http,
    ):
        files = [("resources", ("order.bpmn", one_task()))]
        assert http.post("/deployments", files=files).status_code == 200
        kept = http.post("/process-instances", json={"processDefinitionId": "order"}).json()["processInstanceKey"]
        assert http.post("/backups/runtime", json={"backupId": 1}).status_code == 202
        while http.get("/backups/runtime/1").json()["state"] == "IN_PROGRESS":
            pass
        lost = http.post("/process-instances", json={"processDefinitionId": "order"}).json()["processInstanceKey"]
        assert http.patch("/mode", params={"mode": "RECOVERING"}).status_code == 200

        assert http.post("/restore", json={"backupIds": [1]}).status_code == 202
        _wait_for_the_restart(http)

        found = http.post("/process-instances/search").json()["items"]
        assert [instance["processInstanceKey"] for instance in found] == [kept]
        again = http.post("/process-instances", json={"processDefinitionId": "order"})
        assert (again.status_code, again.json()["processInstanceKey"]) == (200, lost), "keys go on from the backup"
        (aside,) = (tmp_path / "data").glob("before-restore-*")
        assert (aside / "partition-1.db").is_file()
        assert [backup["backupId"] for backup in http.get("/backups/runtime").json()] == [1]


def _wait_for_the_restart(http: httpx.Client) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            if http.get("/status").status_code == 204:  # in recovery mode it is 503
                return
        except httpx.TransportError:
            time.sleep(0.02)
    raise AssertionError("the engine does not come back")
