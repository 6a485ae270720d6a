"""What has ended can be deleted; what has not cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.integration.rest_server import client_of, deploy, one_task, rest_server
from tests.integration.test_rest_batch import _finished, _instances

DECISION = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="g" name="g" namespace="n">
  <decision id="answer" name="answer"><variable name="answer"/><literalExpression><text>42</text></literalExpression></decision>
</definitions>
"""


async def found(http: httpx.AsyncClient, what: str, **filter_: Any) -> list[dict[str, Any]]:
    answer = await http.post(f"/{what}/search", json={"filter": filter_})
    return answer.json()["items"]


async def complete_one(http: httpx.AsyncClient) -> str:
    wanted = {"type": "pay", "timeout": 60_000, "maxJobsToActivate": 1, "requestTimeout": -1}
    [job] = (await http.post("/jobs/activation", json=wanted)).json()["jobs"]
    assert (await http.post(f"/jobs/{job['jobKey']}/completion", json={"variables": {"paid": True}})).status_code == 204
    return job["processInstanceKey"]


async def test_an_ended_instance_is_gone_with_all_that_is_its_own(tmp_path: Path) -> None:
    async with rest_server(tmp_path) as server, client_of(server) as http:
        await deploy(http, ("order.bpmn", one_task()))
        _, kept = await _instances(http, 2)
        gone = await complete_one(http)

        refused = await http.post(f"/process-instances/{kept}/deletion")
        answer = await http.post(f"/process-instances/{gone}/deletion")
        again = await http.post(f"/process-instances/{gone}/deletion", json={"operationReference": 7})

        assert (refused.status_code, refused.json()["title"]) == (409, "INVALID_STATE")
        assert "has not ended" in refused.json()["detail"]
        assert (answer.status_code, again.status_code) == (204, 404)
        for what in ("process-instances", "element-instances", "variables", "jobs"):
            assert await found(http, what, processInstanceKey=gone) == []
        assert len(await found(http, "element-instances", processInstanceKey=kept)) > 1
        assert await complete_one(http) == kept


async def test_a_batch_deletes_those_that_have_ended(tmp_path: Path) -> None:
    async with rest_server(tmp_path) as server, client_of(server) as http:
        await deploy(http, ("order.bpmn", one_task()))
        instances = await _instances(http, 5)
        ended = {await complete_one(http) for _ in range(3)}

        body = {"filter": {"processDefinitionId": "order"}}
        started = (await http.post("/process-instances/deletion", json=body)).json()
        assert started["batchOperationType"] == "DELETE_PROCESS_INSTANCE"
        done = await _finished(http, started["batchOperationKey"])

        assert (done["operationsTotalCount"], done["operationsCompletedCount"]) == (3, 3)
        left = {item["processInstanceKey"] for item in await found(http, "process-instances")}
        assert left == set(instances) - ended


@pytest.mark.parametrize("by_batch", [False, True])
async def test_evaluations_of_decisions_are_deleted(tmp_path: Path, by_batch: bool) -> None:
    async with rest_server(tmp_path) as server, client_of(server) as http:
        await deploy(http, ("answer.dmn", DECISION))
        for _ in range(2):
            assert (
                await http.post("/decision-definitions/evaluation", json={"decisionDefinitionId": "answer"})
            ).is_success
        first, second = [item["decisionEvaluationKey"] for item in await found(http, "decision-instances")]

        if by_batch:
            body = {"filter": {"decisionEvaluationKey": first}}
            key = (await http.post("/decision-instances/deletion", json=body)).json()["batchOperationKey"]
            await _finished(http, key)
        else:
            assert (await http.post(f"/decision-instances/{first}/deletion")).status_code == 204
            assert (await http.post(f"/decision-instances/{first}/deletion")).status_code == 404

        assert [item["decisionEvaluationKey"] for item in await found(http, "decision-instances")] == [second]
