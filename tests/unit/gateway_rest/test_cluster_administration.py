"""What administrators of a cluster ask of one node, its mode, and restores as far as the restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.unit.gateway_rest.test_backups import data, finished  # noqa: F401 - a fixture

from kiang.broker.broker import Broker
from kiang.gateway.backups.backups import Backups
from kiang.gateway.backups.recovery import Mode, Recovery
from kiang.gateway.rest.server import RestServer
from kiang.store.memory import MemoryStore

CLUSTER, TENANT = "/cluster/v2", "/v2"


class Engine:
    """A server whose restart is only noted."""

    def __init__(self, broker: Broker, backups: Backups, http: httpx.AsyncClient) -> None:
        self.broker = broker
        self.backups = backups
        self.http = http
        self.replaced: list[Path] = []

    async def ask(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        answer = await self.http.request(method, path, **options)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def back_up(self, id_: int) -> None:
        await self.ask("POST", f"{TENANT}/backups/runtime", 202, json={"backupId": id_})
        await finished(self.backups)


@pytest.fixture
async def engine(data: Path, tmp_path: Path) -> AsyncIterator[Engine]:  # noqa: F811
    broker, backups = Broker(MemoryStore()), Backups(data, tmp_path / "backups")
    await broker.start()
    replaced: list[Path] = []
    server = RestServer(broker, port=0, backups=backups, replace=replaced.append)
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=5) as http:
        engine = Engine(broker, backups, http)
        engine.replaced = replaced
        yield engine
    await server.stop(1)
    await backups.stop()
    await broker.stop()


async def test_one_node_tells_what_it_is(engine: Engine) -> None:
    topology = await engine.ask("GET", f"{CLUSTER}/topology")

    (tenant,) = topology["physicalTenants"]
    (broker,) = tenant["brokers"]
    assert (topology["clusterSize"], [b["brokerId"] for b in topology["brokers"]]) == (1, ["0"])
    assert (tenant["physicalTenantId"], tenant["partitionsCount"], tenant["replicationFactor"]) == ("default", 1, 1)
    assert broker["partitions"] == [{"partitionId": 1, "role": "leader", "health": "healthy", "state": "active"}]
    assert await engine.ask("GET", f"{CLUSTER}/status") == {"status": "HEALTHY"}
    assert await engine.ask("GET", f"{CLUSTER}/status/upgrade") == {"status": "MIGRATED"}


async def test_there_is_nothing_to_rebalance(engine: Engine) -> None:
    balance = await engine.ask("GET", f"{CLUSTER}/rebalance")

    assert balance["state"] == "BALANCED"
    assert balance["partitions"][0]["currentLeader"] == balance["partitions"][0]["desiredLeader"] == "0"
    settings = {"replicationTimeout": "PT10S", "leaderWaitTimeout": "P1DT2H3M0.5S", "maxTransferAttempts": 3}
    assert await engine.ask("POST", f"{CLUSTER}/rebalance", 202, json=settings) == balance
    assert await engine.ask("POST", f"{CLUSTER}/rebalance?dryRun=true", 202) == balance
    assert await engine.ask("DELETE", f"{CLUSTER}/rebalance") == {"wasRunning": False}
    for wrong in ({"replicationTimeout": "PT0S"}, {"leaderWaitTimeout": "10 s"}, {"maxTransferAttempts": 0}):
        await engine.ask("POST", f"{CLUSTER}/rebalance", 400, json=wrong)


async def test_who_asked_for_the_mode_may_go_before_it_is_reached() -> None:
    class Slow:
        """A broker whose commits take their time."""

        rests = False

        async def enter_recovery(self) -> None:
            self.rests = True
            await asyncio.Event().wait()

        def leave_recovery(self) -> None:
            self.rests = False

    broker = Slow()
    recovery = Recovery(broker)
    asking = asyncio.ensure_future(recovery.change_mode(Mode.RECOVERING))
    await asyncio.sleep(0)
    asking.cancel()
    assert broker.rests

    await recovery.change_mode(Mode.PROCESSING)

    assert not broker.rests


@pytest.mark.parametrize("root", [CLUSTER, TENANT])
async def test_in_recovery_mode_commands_are_refused_and_searches_go_on(engine: Engine, root: str) -> None:
    planned = await engine.ask("PATCH", f"{root}/mode?mode=RECOVERING&dryRun=true")
    still = await engine.ask("PATCH", f"{root}/mode?mode=PROCESSING")
    changed = await engine.ask("PATCH", f"{root}/mode?mode=RECOVERING")

    operation = {"operation": "ModeChangeOperation", "mode": "RECOVERING"}
    assert planned == changed
    assert changed == {"changeId": "1", "plannedChanges": [{"physicalTenantId": "default", "operations": [operation]}]}
    assert still == {"changeId": "0", "plannedChanges": []}
    refused = await engine.ask("POST", "/v2/signals/broadcast", 503, json={"signalName": "s"})
    assert "in recovery mode" in refused["detail"]
    assert await engine.ask("GET", f"{CLUSTER}/status", 503) == {"status": "DOWN"}
    topology = await engine.ask("GET", "/v2/topology")
    assert topology["brokers"][0]["partitions"][0]["state"] == "recovering"
    assert (await engine.ask("POST", "/v2/process-instances/search"))["items"] == []

    await engine.ask("PATCH", f"{root}/mode?mode=PROCESSING")

    await engine.ask("POST", "/v2/signals/broadcast", json={"signalName": "s"})
    assert await engine.ask("GET", f"{CLUSTER}/status") == {"status": "HEALTHY"}


async def test_the_backups_of_a_cluster_are_those_of_its_node(engine: Engine) -> None:
    root = f"{CLUSTER}/backups"
    taken = await engine.ask("POST", f"{root}/runtime?physicalTenantId=default", 202, json={"backupId": 5})
    history = await engine.ask("POST", f"{root}/history", 202, json={"backupId": 5})
    await finished(engine.backups)
    again = await engine.ask("POST", f"{root}/runtime", 409, json={"backupId": 5})

    result = {"physicalTenantId": "default", "backupId": 5, "outcome": "TRIGGERED", "reason": None}
    assert taken == {"physicalTenants": [result]}
    assert [r["outcome"] for r in again["physicalTenants"]] == ["FAILED"]
    assert history["physicalTenants"][0]["scheduledSnapshots"] == ["kiang_history_5_part_1_of_1"]
    info = await engine.ask("GET", f"{root}/runtime/5")
    assert (info["state"], info["physicalTenants"][0]["details"][0]["partitionId"]) == ("COMPLETED", 1)
    assert await engine.ask("GET", f"{root}/runtime") == [info]
    (listed,) = await engine.ask("GET", f"{root}/history?verbose=false")
    assert listed["physicalTenants"][0]["details"][0]["state"] is None
    assert (await engine.ask("GET", f"{root}/history/5"))["physicalTenants"][0]["state"] == "COMPLETED"
    state = await engine.ask("GET", f"{root}/runtime/state")
    assert state["physicalTenants"][0]["state"]["checkpointStates"][0]["checkpointId"] == 5
    await engine.ask("DELETE", f"{root}/runtime/state", 204)
    assert await engine.ask("POST", f"{root}/runtime/state/sync") == state
    await engine.ask("DELETE", f"{root}/runtime/5", 204)
    await engine.ask("DELETE", f"{root}/history/5", 204)
    await engine.ask("DELETE", f"{root}/history/5", 404)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/mode?mode=RECOVERING", None),
        ("POST", "/restore", {"backupIds": [1]}),
        ("POST", "/backups/runtime", {"backupId": 1}),
        ("GET", "/backups/runtime", None),
        ("GET", "/backups/history", None),
        ("DELETE", "/backups/runtime/state", None),
    ],
)
async def test_other_physical_tenants_are_unknown(engine: Engine, method: str, path: str, body: dict | None) -> None:
    separator = "&" if "?" in path else "?"
    answer = await engine.ask(method, f"{CLUSTER}{path}{separator}physicalTenantId=other", 404, json=body)

    assert answer["detail"] == "Physical tenant with id 'other' not found"
    assert await engine.ask("GET", f"{CLUSTER}/status") == {"status": "HEALTHY"}


async def test_exporting_is_asked_of_the_cluster_as_of_the_node(engine: Engine) -> None:
    assert await engine.ask("GET", f"{CLUSTER}/exporting") == {"status": "EXPORTING"}
    for path in ("pause", "resume"):
        answer = await engine.ask("POST", f"{CLUSTER}/exporting/{path}", 403)
        assert "--export" in answer["detail"]


async def until(condition: Any) -> None:
    while not condition():  # noqa: ASYNC110 - no event of its own
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("root", "body"),
    [
        (TENANT, {"backupIds": [7]}),
        (TENANT, {"from": "2020-01-01T00:00:00Z", "to": "2999-01-01T00:00:00Z"}),
        (CLUSTER, {"backupIds": [7]}),
        (CLUSTER, {"backupIds": [6], "overrides": {"default": {"backupIds": [7]}}}),
    ],
)
async def test_a_restore_has_the_engine_started_on_a_backup(engine: Engine, root: str, body: dict) -> None:
    await engine.back_up(6)
    await engine.back_up(7)
    await engine.ask("PATCH", "/v2/mode?mode=RECOVERING")
    planned = await engine.ask("POST", f"{root}/restore?dryRun=true", 202, json=body)
    assert engine.replaced == []
    await engine.ask("GET", "/v2/restore", 404)

    begun = await engine.ask("POST", f"{root}/restore", 202, json=body)
    under_way = await engine.ask("GET", "/v2/restore")
    await until(lambda: engine.replaced)

    assert begun == planned
    operations = begun["plannedChanges"][0]["operations"]
    assert [o["operation"] for o in operations] == [
        "PartitionPreRestoreOperation",
        "PartitionRestoreOperation",
        "ModeChangeOperation",
    ]
    assert operations[1]["backupIds"] == [7]
    assert (under_way["status"], under_way["changeId"]) == ("IN_PROGRESS", begun["changeId"])
    assert under_way["brokers"][0]["partitions"][0]["backupIds"] == [7]
    assert engine.replaced == [engine.backups.folder / "runtime-7"]
    assert (await engine.ask("POST", f"{root}/restore", 409, json=body))["title"] == "INVALID_STATE"
    await engine.ask("PATCH", "/v2/mode?mode=PROCESSING", 409)


async def test_a_damaged_backup_is_not_restored(engine: Engine) -> None:
    await engine.back_up(7)
    (engine.backups.folder / "runtime-7" / "partition-1.db").write_bytes(b"nothing")
    await engine.ask("PATCH", "/v2/mode?mode=RECOVERING")

    await engine.ask("POST", "/v2/restore", 202, json={"backupIds": [7]})
    while (answer := await engine.http.get("/v2/restore")).status_code == 200:
        pass

    assert "missing or damaged" in answer.json()["detail"]
    assert engine.replaced == []
    await engine.ask("PATCH", "/v2/mode?mode=PROCESSING")
    await engine.ask("POST", "/v2/signals/broadcast", json={"signalName": "s"})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"backupIds": [7], "from": "2020-01-01T00:00:00Z"}, 400),
        ({"backupIds": [7, 8]}, 400),
        ({"backupIds": []}, 400),
        ({"from": "soon"}, 400),
        ({"backupIds": [8]}, 404),
        ({"to": "2020-01-01T00:00:00Z"}, 404),
    ],
)
async def test_restores_that_name_no_backup(engine: Engine, body: dict, status: int) -> None:
    await engine.back_up(7)
    await engine.ask("PATCH", "/v2/mode?mode=RECOVERING")

    await engine.ask("POST", "/v2/restore", status, json=body)

    await engine.ask("GET", "/v2/restore", 404)


async def test_who_processes_does_not_restore(engine: Engine) -> None:
    await engine.back_up(7)

    answer = await engine.ask("POST", "/v2/restore", 409, json={"backupIds": [7]})

    assert "PATCH /v2/mode?mode=RECOVERING" in answer["detail"]


@pytest.mark.parametrize("query", ["", "?mode=", "?mode=resting", "?mode=RECOVERING&dryRun=perhaps"])
async def test_modes_that_are_none(engine: Engine, query: str) -> None:
    await engine.ask("PATCH", f"/v2/mode{query}", 400)

    assert await engine.ask("GET", f"{CLUSTER}/status") == {"status": "HEALTHY"}


async def test_without_backups_there_is_nothing_to_restore() -> None:
    broker = Broker(MemoryStore())
    await broker.start()
    server = RestServer(broker, port=0)
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as http:
        answer = await http.post("/v2/restore", json={"backupIds": [1]})
    await server.stop(1)
    await broker.stop()

    assert answer.status_code == 403
    assert "--backups" in answer.json()["detail"]
