"""Numbers at the edge of what fields hold are taken or refused; the engine goes on either way."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.bpmn_builder import BpmnFile
from tests.integration.rest_server import client_of, deploy, one_task, rest_server

LONG_MAX = 2**63 - 1


async def test_durations_without_end(tmp_path: Path) -> None:
    async with rest_server(tmp_path) as server, client_of(server) as http:
        await deploy(http, ("order.bpmn", one_task()))
        for _ in range(2):
            await http.post("/process-instances", json={"processDefinitionId": "order"})

        published = await http.post("/messages/publication", json={"name": "m", "timeToLive": LONG_MAX})
        request = {"type": "pay", "timeout": LONG_MAX, "maxJobsToActivate": 2, "requestTimeout": -1}
        first, second = (await http.post("/jobs/activation", json=request)).json()["jobs"]
        updated = await http.patch(f"/jobs/{first['jobKey']}", json={"changeset": {"timeout": LONG_MAX}})
        failed = await http.post(f"/jobs/{second['jobKey']}/failure", json={"retries": 1, "retryBackOff": LONG_MAX})

        assert [published.status_code, updated.status_code, failed.status_code] == [200, 204, 204]
        assert first["deadline"] == LONG_MAX
        jobs = (await http.post("/jobs/search", json={})).json()["items"]
        assert jobs[0]["deadline"] == "9999-12-31T23:59:59.999Z"
        assert (await http.post(f"/jobs/{first['jobKey']}/completion")).status_code == 204


@pytest.mark.parametrize("duration", ["P999999999Y", "PT9999999999999999H", "R/PT1S", "-PT1S"])
async def test_timers_that_no_calendar_holds(tmp_path: Path, duration: str) -> None:
    async with rest_server(tmp_path) as server, client_of(server) as http:
        b = BpmnFile("waits")
        b.start("s").catch("wait", b.timer_event(duration="=text")).end("e").chain("s", "wait", "e")
        await deploy(http, ("waits.bpmn", b.xml()), ("order.bpmn", one_task()))

        body = {"processDefinitionId": "waits", "variables": {"text": duration}}
        answer = await http.post("/process-instances", json=body)

        assert answer.status_code == 200
        key = answer.json()["processInstanceKey"]
        assert (await http.get(f"/process-instances/{key}")).status_code == 200
        assert (await http.post("/process-instances", json={"processDefinitionId": "order"})).status_code == 200
