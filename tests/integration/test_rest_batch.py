"""Batch operations go on after a restart, and say of each item what became of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
from tests.integration.rest_server import client_of, deploy, one_task, rest_server


async def _finished(http: httpx.AsyncClient, key: str) -> dict:
    async with asyncio.timeout(20):
        while (found := (await http.get(f"/batch-operations/{key}")).json())["endDate"] is None:  # noqa: ASYNC110 - a poll
            await asyncio.sleep(0.01)
    return found


async def _instances(http: httpx.AsyncClient, count: int) -> list[str]:
    body = {"processDefinitionId": "order"}
    answers = await asyncio.gather(*(http.post("/process-instances", json=body) for _ in range(count)))
    return [answer.json()["processInstanceKey"] for answer in answers]


async def test_an_operation_goes_on_after_a_restart(tmp_path: Path) -> None:
    async with rest_server(tmp_path) as server, client_of(server) as http:
        await deploy(http, ("order.bpmn", one_task()))
        await _instances(http, 300)
        body = {"filter": {"processDefinitionId": "order"}}
        key = (await http.post("/process-instances/cancellation", json=body)).json()["batchOperationKey"]
        await http.post(f"/batch-operations/{key}/suspension")

    async with rest_server(tmp_path) as server, client_of(server) as http:
        assert (await http.get(f"/batch-operations/{key}")).json()["state"] == "SUSPENDED"
        await http.post(f"/batch-operations/{key}/resumption")

        done = await _finished(http, key)

        assert (done["state"], done["operationsTotalCount"]) == ("COMPLETED", 300)
        page = (await http.post("/process-instances/search", json={"filter": {"state": "ACTIVE"}})).json()["page"]
        assert page["totalItems"] == 0


async def test_items_that_are_refused_say_why(tmp_path: Path) -> None:
    async with rest_server(tmp_path) as server, client_of(server) as http:
        await deploy(http, ("order.bpmn", one_task()))
        [instance] = await _instances(http, 1)
        plan = {
            "targetProcessDefinitionKey": str((1 << 51) + (1 << 50)),
            "mappingInstructions": [{"sourceElementId": "task", "targetElementId": "task"}],
        }
        body = {"filter": {"processInstanceKey": instance}, "migrationPlan": plan}

        key = (await http.post("/process-instances/migration", json=body)).json()["batchOperationKey"]

        done = await _finished(http, key)
        assert (done["operationsFailedCount"], done["operationsCompletedCount"]) == (1, 0)
        [item] = (await http.post("/batch-operation-items/search", json={})).json()["items"]
        assert item["state"] == "FAILED"
        assert "rejected with code 'NOT_FOUND'" in item["errorMessage"]


async def test_what_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    async with rest_server(tmp_path) as server, client_of(server) as http:
        for body, detail in (
            ({}, "No filter provided."),
            ({"filter": {}}, "At least one of filter criteria is required."),
            ({"filter": {"state": "x"}}, "Unexpected value 'x' for enum field 'state'."),
        ):
            answer = await http.post("/process-instances/cancellation", json=body)
            assert answer.status_code == 400
            assert answer.json()["detail"].startswith(detail)
        answer = await http.post("/batch-operations/77/cancellation")
        assert (answer.status_code, answer.json()["title"]) == (404, "NOT_FOUND")
        empty = await http.post("/process-instances/cancellation", json={"filter": {"state": "ACTIVE"}})
        key = empty.json()["batchOperationKey"]
        answer = await http.post(f"/batch-operations/{key}/suspension")
        assert (answer.status_code, answer.json()["title"]) == (409, "INVALID_STATE")
