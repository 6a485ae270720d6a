"""Agents over REST, on a broker with its store on the disk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.bpmn_builder import BpmnFile, tag

from kiang.broker.broker import Broker
from kiang.gateway.rest.server import RestServer
from kiang.store.sqlite import SqliteStore

TEXT = {"contentType": "TEXT", "text": "hello"}
SETUP = {
    "historyItemId": "setup",
    "loopIteration": 1,
    "role": "CONFIGURATION",
    "content": [],
    "producedAt": "2026-11-25T10:00:00Z",
    "model": "gpt",
    "provider": "openai",
    "systemPrompt": [{"contentType": "TEXT", "text": "Be nice."}],
    "tools": [{"name": "search"}],
    "limits": {"maxModelCalls": 3, "maxToolCalls": -1, "maxTokens": 1000},
}
ANSWER = {
    "historyItemId": "a",
    "loopIteration": 1,
    "role": "ASSISTANT",
    "content": [TEXT, {"contentType": "OBJECT", "object": [1, {"a": None}]}],
    "producedAt": "2026-11-25T10:00:01Z",
    "metrics": {"inputTokens": 10, "durationMs": 5},
    "toolCalls": [{"toolCallId": "1", "toolName": "search", "arguments": {"q": "x"}}],
}


class Engine:
    """A server with a process that an agent works in."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.job: dict[str, Any] = {}

    async def ask(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        answer = await self.http.request(method, path, **options)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def activate(self) -> None:
        await self.ask("POST", "/process-instances", json={"processDefinitionId": "p"})
        body = {"type": "w", "timeout": 60_000, "maxJobsToActivate": 1, "withLease": True, "requestTimeout": -1}
        (self.job,) = (await self.ask("POST", "/jobs/activation", json=body))["jobs"]

    @property
    def lease(self) -> dict[str, Any]:
        return {"jobLeaseToken": self.job["jobLeaseToken"]}

    def where(self, lease: str = "jobLeaseToken") -> dict[str, Any]:
        names = {"elementInstanceKey": "elementInstanceKey", "jobKey": "jobKey", "jobLeaseToken": lease}
        return {name: self.job[source] for source, name in names.items()}

    async def begin(self) -> str:
        created = await self.ask("POST", "/agent-instances", json={**self.where(), "history": [SETUP]})
        return created["agentInstanceKey"]

    async def found(self, path: str, filter_: dict | None = None, **more: Any) -> list[dict]:
        return (await self.ask("POST", f"{path}/search", json={"filter": filter_ or {}, **more}))["items"]


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    store = SqliteStore(tmp_path)
    broker = Broker(store)
    await broker.start()
    server = RestServer(broker, port=0)
    await server.start()
    b = BpmnFile("p", version_tag="v1").start("s")
    b.service_task(
        "t", job_type="w", name="The agent", extensions=tag("zeebe:agentDefinition", agentType="aiAgentTask")
    )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}/v2", timeout=5) as http:
        engine = Engine(http)
        files = [("resources", ("p.bpmn", b.end("e").chain("s", "t", "e").xml()))]
        await engine.ask("POST", "/deployments", files=files)
        yield engine
    await server.stop(1)
    await broker.stop()
    store.close()


async def test_what_is_deployed_is_found(engine: Engine) -> None:
    (definition,) = await engine.found("/agent-definitions", {"agentType": "AI_AGENT_TASK", "name": {"$like": "The*"}})

    assert await engine.ask("GET", f"/agent-definitions/{definition['agentDefinitionKey']}") == definition
    shown = {k: v for k, v in definition.items() if not k.endswith("Key")}
    assert shown == {
        "agentType": "AI_AGENT_TASK",
        "name": "The agent",
        "elementId": "t",
        "processDefinitionId": "p",
        "processDefinitionVersion": 1,
        "processDefinitionVersionTag": "v1",
        "tenantId": "<default>",
    }
    assert await engine.found("/agent-definitions", {"agentType": "EXTERNAL_AGENT"}) == []
    await engine.ask("GET", "/agent-definitions/1", 404)


async def test_an_agent_from_its_beginning_to_its_end(engine: Engine) -> None:
    await engine.activate()
    key = await engine.begin()

    kept = await engine.ask(
        "PATCH", f"/agent-instances/{key}", json={**engine.where(), "status": "THINKING", "history": [ANSWER, SETUP]}
    )
    (running,) = await engine.found("/agent-instances", {"status": "THINKING"})
    pending = await engine.found(f"/agent-instances/{key}/history", {"commitStatus": "PENDING"})
    before = await engine.found(f"/agent-instances/{key}/history")
    await engine.ask("POST", f"/jobs/{engine.job['jobKey']}/completion", 204, json=engine.lease)
    after = await engine.found(f"/agent-instances/{key}/history", sort=[{"field": "producedAt", "order": "DESC"}])
    ended = await engine.ask("GET", f"/agent-instances/{key}")

    assert [(i["historyItemId"], i["isDuplicate"]) for i in kept["createdHistory"]] == [("a", False), ("setup", True)]
    assert running["definition"] == {"model": "gpt", "provider": "openai", "systemPrompt": SETUP["systemPrompt"]}
    assert running["limits"] == SETUP["limits"]
    assert running["tools"] == [{"name": "search", "description": None, "elementId": None}]
    assert (running["metrics"]["inputTokens"], running["metrics"]["modelCalls"], running["metrics"]["toolCalls"]) == (
        10,
        1,
        1,
    )
    assert running["elementInstanceKeys"] == [engine.job["elementInstanceKey"]]
    assert running["processInstanceKey"] == running["rootProcessInstanceKey"] == engine.job["processInstanceKey"]
    assert running["completionDate"] is None
    (item,) = pending
    assert (item["content"], item["jobLeaseToken"]) == (ANSWER["content"], engine.job["jobLeaseToken"])
    assert item["metrics"]["inputTokens"] == 10
    assert item["metrics"]["outputTokens"] is None
    assert item["toolCalls"] == [{**ANSWER["toolCalls"][0], "elementId": None}]
    assert item["limits"] == {"maxModelCalls": -1, "maxToolCalls": -1, "maxTokens": -1}
    assert [i["historyItemId"] for i in before] == ["setup"]
    assert [(i["historyItemId"], i["commitStatus"]) for i in after] == [("a", "COMMITTED"), ("setup", "COMMITTED")]
    assert (ended["status"], ended["completionDate"] is not None) == ("COMPLETED", True)


async def test_agents_are_found_by_the_elements_that_they_have_worked_on(engine: Engine) -> None:
    await engine.activate()
    key = await engine.begin()
    element = engine.job["elementInstanceKey"]

    assert [
        a["agentInstanceKey"] for a in await engine.found("/agent-instances", {"elementInstanceKeys": [element]})
    ] == [key]
    assert await engine.found("/agent-instances", {"elementInstanceKeys": [element, "1"]}) == []
    assert await engine.found("/agent-instances", {"rootProcessInstanceKey": "1"}) == []


async def test_one_item_can_be_told_as_the_alphas_did(engine: Engine) -> None:
    await engine.activate()
    key = await engine.begin()
    item = {"role": "USER", "content": [TEXT], "producedAt": "2026-11-25T10:00:02Z"}

    told = await engine.ask("POST", f"/agent-instances/{key}/history", json={**engine.where("jobLease"), **item})

    (found,) = await engine.found(
        f"/agent-instances/{key}/history", {"historyItemKey": told["historyItemKey"], "commitStatus": "PENDING"}
    )
    assert (found["historyItemId"], found["loopIteration"], found["content"]) == ("", 0, [TEXT])


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"history": None}, "No history provided"),
        ({"history": []}, "No model provided in a history item of role CONFIGURATION"),
        ({"jobKey": None, "jobLeaseToken": None}, "No jobKey provided. No jobLeaseToken provided"),
        ({"history": [{**SETUP, "role": "BOSS"}]}, "Unexpected value 'BOSS' for enum field 'role'"),
        ({"history": [{**SETUP, "producedAt": "soon"}]}, "The provided producedAt 'soon' cannot be parsed as a date"),
        ({"history": [{**SETUP, "systemPrompt": []}]}, "The value for systemPrompt must not be empty"),
        (
            {"history": [SETUP, {**ANSWER, "model": "x"}]},
            "The attribute model may only be used with role CONFIGURATION",
        ),
        ({"history": [SETUP, {**ANSWER, "metrics": {"inputTokens": -1}}]}, "must not hold negative numbers"),
        ({"history": [SETUP, {**ANSWER, "content": [{"contentType": "SMELL"}]}]}, "cannot be parsed"),
        ({"history": [SETUP] * 1001}, "The value for history is '1001' but must be at most 1000"),
    ],
)
async def test_reports_that_are_refused(engine: Engine, changes: dict, detail: str) -> None:
    await engine.activate()
    body = {**engine.where(), "history": [SETUP], **changes}

    answer = await engine.ask("POST", "/agent-instances", 400, json=body)

    assert detail in answer["detail"]
    assert await engine.found("/agent-instances") == []


async def test_agents_that_are_not_there(engine: Engine) -> None:
    await engine.activate()

    await engine.ask("GET", "/agent-instances/1", 404)
    await engine.ask("POST", "/agent-instances/1/history/search", 404, json={})
    await engine.ask("PATCH", "/agent-instances/1", 404, json=engine.where())
    refused = await engine.ask("PATCH", "/agent-instances/1", 400, json={**engine.where(), "status": "COMPLETED"})
    assert "[TOOL_DISCOVERY, THINKING, TOOL_CALLING, IDLE]" in refused["detail"]


async def test_what_an_agent_has_said_goes_with_its_process_instance(engine: Engine) -> None:
    await engine.activate()
    key = await engine.begin()
    await engine.ask("POST", f"/jobs/{engine.job['jobKey']}/completion", 204, json=engine.lease)

    await engine.ask("POST", f"/process-instances/{engine.job['processInstanceKey']}/deletion", 204)

    assert await engine.found("/agent-instances") == []
    await engine.ask("GET", f"/agent-instances/{key}", 404)
