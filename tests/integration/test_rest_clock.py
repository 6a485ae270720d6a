"""Turning the engine's clock over REST."""

import time
from pathlib import Path

from tests.integration.rest_server import client_of, deploy, one_task, rest_server

from kiang.broker.clock import SystemClock

MINUTE_MS = 60_000


async def test_what_is_due_happens_when_the_clock_is_pinned_later(tmp_path: Path) -> None:
    async with rest_server(tmp_path) as server, client_of(server) as http:
        await deploy(http, ("order.bpmn", one_task()))
        await http.post("/process-instances", json={"processDefinitionId": "order"})
        request = {"type": "pay", "timeout": MINUTE_MS, "maxJobsToActivate": 1, "requestTimeout": 2000}
        [job] = (await http.post("/jobs/activation", json=request)).json()["jobs"]

        await http.put("/clock", json={"timestamp": int(time.time() * 1000) + 2 * MINUTE_MS})

        [again] = (await http.post("/jobs/activation", json=request)).json()["jobs"]
        assert again["jobKey"] == job["jobKey"]


async def test_the_clock_may_be_set_back_and_goes_on_from_there(tmp_path: Path) -> None:
    async with rest_server(tmp_path) as server, client_of(server) as http:
        await deploy(http, ("order.bpmn", one_task()))
        now = int(time.time() * 1000)
        await http.put("/clock", json={"timestamp": now + 1000 * MINUTE_MS})
        await http.post("/process-instances", json={"processDefinitionId": "order"})
        await http.put("/clock", json={"timestamp": now})

        await http.post("/process-instances", json={"processDefinitionId": "order"})

        answer = (await http.post("/process-instances/search", json={})).json()["items"]
        starts = [item["startDate"] for item in answer]
        assert starts[0] > starts[1]
        request = {"type": "pay", "timeout": MINUTE_MS, "maxJobsToActivate": 5, "requestTimeout": -1}
        assert len((await http.post("/jobs/activation", json=request)).json()["jobs"]) == 2
        assert (await http.post("/jobs/activation", json=request)).json()["jobs"] == []
        await http.put("/clock", json={"timestamp": now + 2 * MINUTE_MS})
        assert len((await http.post("/jobs/activation", json={**request, "requestTimeout": 2000})).json()["jobs"]) == 2


async def test_reset_returns_to_the_time_of_the_machine(tmp_path: Path) -> None:
    async with rest_server(tmp_path) as server, client_of(server) as http:
        await http.put("/clock", json={"timestamp": 5})

        assert (await http.post("/clock/reset")).status_code == 204

        assert abs(server._services.broker.clock.now_ms() - time.time() * 1000) < 5000


async def test_a_server_by_the_clock_of_the_machine_refuses(tmp_path: Path) -> None:
    async with rest_server(tmp_path, SystemClock()) as server, client_of(server) as http:
        answers = [await http.put("/clock", json={"timestamp": 5}), await http.post("/clock/reset")]

        for answer in answers:
            assert (answer.status_code, answer.json()["title"]) == (403, "FORBIDDEN")
            assert "--controlled-clock" in answer.json()["detail"]


async def test_an_instant_has_to_be_one(tmp_path: Path) -> None:
    async with rest_server(tmp_path) as server, client_of(server) as http:
        for body in ({}, {"timestamp": -1}, {"timestamp": 10**18}):
            assert (await http.put("/clock", json=body)).status_code == 400
