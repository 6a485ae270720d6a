"""Backups over REST, of a data folder on the disk."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from kiang.broker.broker import Broker
from kiang.errors import ConfigError
from kiang.gateway.backups.backup import Backup, BackupKind
from kiang.gateway.backups.backups import Backups
from kiang.gateway.rest.server import RestServer
from kiang.protocol.commands import Deploy
from kiang.store.backup import restore
from kiang.store.memory import MemoryStore
from kiang.store.sqlite import SqliteStore


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A data folder with a deployment in it; nobody works on it."""
    folder: Path = tmp_path_factory.mktemp("backed-up") / "data"

    async def fill() -> None:
        store = SqliteStore(folder)
        broker = Broker(store)
        await broker.start()
        await broker.execute(Deploy((("a.rpa", b'{"id": "a"}'),)))
        await broker.stop()
        store.close()

    asyncio.run(fill())
    return folder


@pytest.fixture
async def backups(data: Path, tmp_path: Path) -> AsyncIterator[Backups]:
    backups = Backups(data, tmp_path / "backups")
    await backups.start()
    yield backups
    await backups.stop()


@pytest.fixture
async def http(backups: Backups) -> AsyncIterator[httpx.AsyncClient]:
    broker = Broker(MemoryStore())
    await broker.start()
    server = RestServer(broker, port=0, backups=backups)
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}/v2/backups", timeout=5) as client:
        yield client
    await server.stop(1)
    await broker.stop()


async def finished(backups: Backups) -> None:
    await asyncio.gather(*backups._tasks)


async def take(http: httpx.AsyncClient, id_: int, kind: str = "runtime") -> httpx.Response:
    return await http.post(f"/{kind}", json={"backupId": id_})


async def test_a_runtime_backup_is_taken_and_can_be_restored(
    http: httpx.AsyncClient, backups: Backups, tmp_path: Path
) -> None:
    answer = await take(http, 7)
    at_once = (await http.get("/runtime/7")).json()
    await finished(backups)
    later = (await http.get("/runtime/7")).json()

    assert (answer.status_code, answer.json()) == (202, {"backupId": 7})
    assert at_once["state"] in {"IN_PROGRESS", "COMPLETED"}
    assert (later["backupId"], later["state"], later["failureReason"]) == (7, "COMPLETED", None)
    (partition,) = later["details"]
    assert (partition["partitionId"], partition["state"]) == (1, "COMPLETED")
    assert 1 <= partition["firstLogPosition"] <= partition["checkpointPosition"]
    assert partition["createdAt"] <= partition["lastUpdatedAt"]
    assert restore(tmp_path / "backups" / "runtime-7", tmp_path / "again").positions["partition-1.db"] > 0


async def test_ids_ascend_and_the_list_descends(http: httpx.AsyncClient, backups: Backups) -> None:
    for id_ in (7, 71, 80):
        assert (await take(http, id_)).status_code == 202
    too_low, same = await take(http, 79), await take(http, 80)
    await finished(backups)
    after = await take(http, 79)

    for refused in (too_low, same, after):
        assert (refused.status_code, refused.json()["title"]) == (409, "ALREADY_EXISTS")
    assert [one["backupId"] for one in (await http.get("/runtime")).json()] == [80, 71, 7]
    assert [one["backupId"] for one in (await http.get("/runtime", params={"prefix": "7*"})).json()] == [71, 7]
    assert [one["backupId"] for one in (await http.get("/runtime", params={"prefix": "7"})).json()] == [7]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/runtime", {}, 400),
        ("POST", "/runtime", {"backupId": 0}, 400),
        ("POST", "/runtime", {"backupId": "7"}, 400),
        ("POST", "/history", {}, 400),
        ("GET", "/runtime/9", None, 404),
        ("GET", "/runtime/-9", None, 400),
        ("GET", "/runtime/..%2F..", None, 400),
        ("GET", "/runtime?prefix=a*", None, 400),
        ("GET", "/runtime?prefix=", None, 400),
        ("GET", "/history/9", None, 404),
        ("DELETE", "/runtime/9", None, 204),
        ("DELETE", "/history/9", None, 404),
    ],
)
async def test_requests_that_name_no_backup(
    http: httpx.AsyncClient, method: str, path: str, body: dict | None, status: int
) -> None:
    answer = await http.request(method, path, json=body)

    assert answer.status_code == status, answer.text


async def test_what_is_remembered_can_be_forgotten_and_found_again(http: httpx.AsyncClient, backups: Backups) -> None:
    assert (await http.get("/runtime/state")).json() == {"checkpointStates": [], "backupStates": [], "ranges": []}
    for id_ in (5, 6):
        await take(http, id_)
    await finished(backups)

    known = (await http.get("/runtime/state")).json()
    (checkpoint,) = known["checkpointStates"]
    assert (checkpoint["checkpointId"], checkpoint["checkpointType"]) == (6, "MANUAL_BACKUP")
    assert [(r["start"]["checkpointId"], r["end"]["checkpointId"]) for r in known["ranges"]] == [(5, 5), (6, 6)]

    assert (await http.delete("/runtime/state")).status_code == 204
    assert (await http.get("/runtime/state")).json()["backupStates"] == []
    assert (await take(http, 5)).status_code == 409
    assert (await http.post("/runtime/state/sync")).json() == known

    assert (await http.delete("/runtime/6")).status_code == 204
    left = (await http.get("/runtime/state")).json()
    assert [r["start"]["checkpointId"] for r in left["ranges"]] == [5]
    assert (await take(http, 6)).status_code == 409, "ids ascend, also over what was deleted"
    await http.delete("/runtime/state")
    assert (await take(http, 6)).status_code == 202


async def test_a_history_backup_has_one_part(http: httpx.AsyncClient, backups: Backups) -> None:
    async with backups._turn:
        answer = await take(http, 3, "history")
        second = await take(http, 4, "history")
    await finished(backups)

    assert answer.json() == {"backupId": 3, "scheduledSnapshots": ["kiang_history_3_part_1_of_1"]}
    assert second.status_code == 409, "one at a time"
    found = (await http.get("/history/3")).json()
    assert (found["state"], found["details"][0]["state"]) == ("COMPLETED", "SUCCESS")
    (brief,) = (await http.get("/history", params={"verbose": "false"})).json()
    assert brief["details"] == [
        {"snapshotName": "kiang_history_3_part_1_of_1", "state": None, "startTime": None, "failures": []}
    ]
    assert (await http.get("/runtime")).json() == []
    assert (await http.delete("/history/3")).status_code == 204
    assert (await http.get("/history")).json() == []


async def test_a_backup_that_fails_says_why(http: httpx.AsyncClient, backups: Backups, tmp_path: Path) -> None:
    (tmp_path / "backups" / "runtime-8").write_bytes(b"in the way")

    await take(http, 8)
    await finished(backups)

    found = (await http.get("/runtime/8")).json()
    assert found["state"] == "FAILED"
    assert "runtime-8" in found["failureReason"]
    assert (await http.get("/runtime/state")).json()["backupStates"] == []


async def test_what_an_ended_engine_has_not_finished_is_noted(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    (folder / ".runtime-9.unfinished").mkdir(parents=True)
    backups = Backups(data, folder)

    await backups.start()

    (found,) = await backups.all_of(BackupKind.RUNTIME)
    assert (found.id, found.state) == (9, "FAILED")
    assert not (folder / ".runtime-9.unfinished").exists()
    await backups.stop()


async def test_stopping_waits_for_the_one_that_is_being_made(data: Path, tmp_path: Path) -> None:
    backups = Backups(data, tmp_path / "backups")
    await backups.take(BackupKind.RUNTIME, 1)
    await backups.take(BackupKind.RUNTIME, 2)
    await asyncio.sleep(0)

    await backups.stop()

    states = {backup.id: backup.state for backup in await backups.all_of(BackupKind.RUNTIME)}
    assert states[2] == "FAILED"
    assert not list((tmp_path / "backups").glob("*.unfinished"))


async def test_a_backup_that_is_finished_while_somebody_looks_is_found(data: Path, tmp_path: Path) -> None:
    looked, go_on, hold = threading.Event(), threading.Event(), threading.Event()

    class Slow(Backups):
        def _copy(self, kind: BackupKind, target: Path) -> str | None:
            assert hold.wait(60)
            return super()._copy(kind, target)

        def _read_all(self, kind: BackupKind) -> list[Backup]:
            found = super()._read_all(kind)
            looked.set()
            assert go_on.wait(60)
            return found

    backups = Slow(data, tmp_path / "backups")
    go_on.set()
    await backups.take(BackupKind.HISTORY, 1)
    go_on.clear()
    looked.clear()

    looking = asyncio.create_task(backups.find(BackupKind.HISTORY, 1))
    await asyncio.to_thread(looked.wait)
    hold.set()
    while backups._tasks:  # noqa: ASYNC110 - a poll
        await asyncio.sleep(0.01)
    go_on.set()
    seen = await looking

    assert seen is not None
    assert seen.state == "IN_PROGRESS"
    after = await backups.find(BackupKind.HISTORY, 1)
    assert after is not None
    assert after.state == "COMPLETED"
    await backups.stop()


async def test_an_engine_without_a_folder_for_them_says_so(tmp_path: Path) -> None:
    broker = Broker(MemoryStore())
    await broker.start()
    server = RestServer(broker, port=0)
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}/v2/backups") as http:
        answer = await take(http, 1)
        of_cluster = await http.get(f"http://127.0.0.1:{server.port}/cluster/v2/backups/runtime/state")
    await server.stop(1)
    await broker.stop()

    assert (answer.status_code, of_cluster.status_code) == (403, 404)
    assert "--backups" in answer.json()["detail"] == of_cluster.json()["detail"]


def test_backups_do_not_go_into_what_is_backed_up(data: Path) -> None:
    with pytest.raises(ConfigError, match="outside of the data folder"):
        Backups(data, data / "backups")


async def test_a_folder_that_is_no_backup_is_not_taken_for_one(http: httpx.AsyncClient, tmp_path: Path) -> None:
    for name in ("runtime-x", "runtime-01", "other-1"):
        (tmp_path / "backups" / name).mkdir()
    (tmp_path / "backups" / "runtime-4").mkdir()
    (tmp_path / "backups" / "runtime-4" / "manifest.json").write_text(json.dumps({"files": 1}))

    (found,) = (await http.get("/runtime")).json()

    assert (found["backupId"], found["state"]) == (4, "FAILED")
