"""Searches are strongly consistent: what a command has answered is in the next search, for whoever asks."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import httpx
from tests.integration.rest_server import client_of, deploy, one_task, rest_server

CLIENTS = 6
ROUNDS = 25


async def test_clients_that_write_and_read_at_once_never_miss_what_was_answered(tmp_path: Path) -> None:
    async with rest_server(tmp_path) as server, client_of(server) as http:
        await deploy(http, ("order.bpmn", one_task()))

        await asyncio.gather(*(_write_and_read(server, f"client-{number}") for number in range(CLIENTS)))

        page = (await http.post("/process-instances/search", json={"page": {"limit": 1}})).json()["page"]
        assert page["totalItems"] == CLIENTS * ROUNDS


async def _write_and_read(server, name: str) -> None:
    chance = random.Random(name)
    async with client_of(server) as writer, client_of(server) as reader:
        for number in range(ROUNDS):
            mark = f"{name}-{number}"
            created = await writer.post(
                "/process-instances", json={"processDefinitionId": "order", "variables": {"mark": mark, "n": 0}}
            )
            key = created.json()["processInstanceKey"]

            assert (await reader.get(f"/process-instances/{key}")).json()["state"] == "ACTIVE"
            assert await _found(reader, "process-instances", {"variables": [_is("mark", mark)]}) == [key]

            await writer.put(f"/element-instances/{key}/variables", json={"variables": {"n": number + 1}})
            [value] = await _values(reader, key, "n")
            assert value == str(number + 1)
            both = [_is("mark", mark), {"name": "n", "value": str(number + 1)}]
            assert await _found(reader, "process-instances", {"variables": both}) == [key]

            if chance.random() < 0.5:
                await writer.post(f"/process-instances/{key}/cancellation")
                expected = "TERMINATED"
            else:
                job = await _job_of(reader, key)
                await writer.post(f"/jobs/{job}/completion", json={"variables": {"done": True}})
                assert await _values(reader, key, "done") == ["true"]
                expected = "COMPLETED"
            assert await _found(reader, "process-instances", {"processInstanceKey": key, "state": expected}) == [key]
            assert await _found(reader, "process-instances", {"processInstanceKey": key, "state": "ACTIVE"}) == []


def _is(name: str, text: str) -> dict[str, str]:
    return {"name": name, "value": f'"{text}"'}


async def _found(http: httpx.AsyncClient, what: str, filter_: dict) -> list[str]:
    answer = (await http.post(f"/{what}/search", json={"filter": filter_})).json()
    return [item["processInstanceKey"] for item in answer["items"]]


async def _values(http: httpx.AsyncClient, key: str, name: str) -> list[str]:
    filter_ = {"processInstanceKey": key, "name": name}
    return [v["value"] for v in (await http.post("/variables/search", json={"filter": filter_})).json()["items"]]


async def _job_of(http: httpx.AsyncClient, key: str) -> str:
    answer = (await http.post("/jobs/search", json={"filter": {"processInstanceKey": key}})).json()
    return answer["items"][0]["jobKey"]
