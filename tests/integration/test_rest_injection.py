"""Texts that would be part of a query, if they were ever put into one, in every filter, sort and cursor of every search."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.bpmn_builder import BpmnFile, tag
from tests.integration.rest_server import client_of, one_task, rest_server
from tests.integration.sdk_processes import DECISION, write_processes
from tests.unit.gateway_rest.test_agents import SETUP

from kiang.gateway.rest.operation import Operation
from kiang.gateway.rest.resources import OPERATIONS
from kiang.search.field import SearchResource
from kiang.search.value import JSON_TEXT, STRING, ValueType

HOSTILE = (
    "' OR '1'='1",
    '" OR 1=1 --',
    "1) OR (1=1",
    "'; DELETE FROM process_instance; --",
    "') UNION SELECT name FROM pragma_table_list --",
    "\x00' OR ''='",
)
LISTS = frozenset({"$in", "$notIn"})
LEAKS = re.compile(r"sqlite|syntax error|no such column|Traceback|unrecognized token|OperationalError", re.IGNORECASE)
AT_ONCE = 8

SEARCHES = [operation for operation in OPERATIONS if isinstance(operation.body, SearchResource)]


class Attacker:
    """Sends requests and notes what should not have come back."""

    def __init__(self, http: httpx.AsyncClient, paths: dict[str, str]) -> None:
        self.http = http
        self.paths = paths
        self.sent = 0
        self.faults: list[str] = []
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def send(self, operation: Operation, body: Any, *, finds_nothing: bool = False) -> None:
        path = re.sub(
            r"\{(\w+)\}", lambda found: self.paths[found[1]], operation.path
        )  # KeyError: say in `filled` what it is
        root = str(self.http.base_url).removesuffix("/v2/") if operation.path.startswith("/cluster/") else ""
        async with self._gate:
            answer = await self.http.post(root + path, json=body)
        self.sent += 1
        found = answer.json().get("items", []) if answer.status_code == 200 else []
        if answer.status_code not in {200, 400} or LEAKS.search(answer.text) or (finds_nothing and found):
            self.faults.append(f"{operation.id} {json.dumps(body)[:200]}: {answer.status_code} {answer.text[:200]}")


def filters(searched: SearchResource) -> list[tuple[str, ValueType]]:
    """What can be filtered by."""
    fields = [(field.name, field.type) for field in searched.fields if field.can_filter]
    return fields + [(one.name, one.type) for one in (*searched.lists, *searched.related)]


def is_text(type_: ValueType) -> bool:
    """Whether any text is a value of it."""
    return type_ is STRING or type_ is JSON_TEXT


async def filled(http: httpx.AsyncClient, folder: Path) -> dict[str, str]:
    """Something of most kinds; the keys that paths name."""
    files = folder / "files"
    files.mkdir()
    b = BpmnFile("agent").start("s")
    b.service_task("t", job_type="agent", extensions=tag("zeebe:agentDefinition", agentType="aiAgentTask"))
    agent = b.end("e").chain("s", "t", "e").xml()
    parts = [("resources", (path.name, path.read_bytes())) for path in write_processes(files)]
    parts.append(("resources", ("agent.bpmn", agent)))
    (await http.post("/deployments", files=parts)).raise_for_status()

    async def post(path: str, body: Any) -> Any:
        answer = await http.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def start(process: str) -> str:
        body = {"processDefinitionId": process, "variables": {"id": "1", "a": "text"}, "tags": ["vip"]}
        return (await post("/process-instances", body))["processInstanceKey"]

    wanted = {"timeout": 60_000, "maxJobsToActivate": 1}
    simple, tour, _ = [await start(process) for process in ("simple", "tour", "waits")]
    (job,) = (await post("/jobs/activation", {"type": "simple", **wanted}))["jobs"]
    await post(f"/jobs/{job['jobKey']}/failure", {"retries": 0, "errorMessage": "broken"})
    (job,) = (await post("/jobs/activation", {"type": "work", **wanted}))["jobs"]
    await post(f"/jobs/{job['jobKey']}/completion", {})
    await post("/decision-definitions/evaluation", {"decisionDefinitionId": "price", "variables": {"size": 3}})
    await post("/messages/publication", {"name": "done", "correlationKey": "1"})
    await post("/process-instances/suspension", {"filter": {"processInstanceKey": simple}})
    for kind in ("group", "role", "tenant"):
        await post(f"/{kind}s", {f"{kind}Id": "one", "name": "one"})
    await post("/users", {"username": "ann", "password": "x", "name": "Ann", "email": "ann@x.test"})
    await start("agent")
    (led,) = (await post("/jobs/activation", {"type": "agent", "withLease": True, **wanted}))["jobs"]
    led_by = {name: led[name] for name in ("elementInstanceKey", "jobKey", "jobLeaseToken")}
    begun = await post("/agent-instances", {**led_by, "history": [SETUP]})
    (task,) = (await post("/user-tasks/search", {}))["items"]
    return {
        "processInstanceKey": tour,
        "elementInstanceKey": task["elementInstanceKey"],
        "processDefinitionKey": task["processDefinitionKey"],
        "userTaskKey": task["userTaskKey"],
        "agentInstanceKey": begun["agentInstanceKey"],
        **dict.fromkeys(("groupId", "roleId", "tenantId"), "one"),
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data"


def rows(server: Any) -> int:
    """Rows of instances, of definitions and of the schema itself."""
    file = server._services.broker.store.path
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as db:
        tables = ("process_instance", "process_definition", "sqlite_master")
        return sum(db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in tables)  # noqa: S608


async def test_no_text_of_a_search_is_ever_part_of_a_query(path: Path, tmp_path: Path) -> None:
    async with rest_server(path) as server, client_of(server) as http:
        attacker = Attacker(http, await filled(http, tmp_path))
        before = rows(server)
        attempts = []
        for operation in SEARCHES:
            searched = operation.body
            for name, type_ in filters(searched):
                attempts += [
                    attacker.send(operation, {"filter": {name: text}}, finds_nothing=True)
                    for text in HOSTILE[: 2 if is_text(type_) else 1]
                ]
                given = {one: [HOSTILE[0]] if one in LISTS else HOSTILE[0] for one in type_.operators - {"$exists"}}
                attempts.append(attacker.send(operation, {"filter": {name: given}}))
            texts = [name for name, type_ in filters(searched) if is_text(type_)]
            for text in HOSTILE:
                together = dict.fromkeys(texts, text)
                attempts.append(attacker.send(operation, {"filter": together}, finds_nothing=bool(texts)))
                for variables in searched.variables:
                    one = [{"name": text, "value": json.dumps(text)}]
                    attempts.append(attacker.send(operation, {"filter": {variables.name: one}}, finds_nothing=True))
            for text in HOSTILE[:2]:
                attempts += [
                    attacker.send(operation, body)
                    for body in (
                        {"filter": {text: 1}},
                        *({"filter": {name: {text: 1}}} for name, _ in filters(searched)[:1]),
                        {"sort": [{"field": text}]},
                        {"sort": [{"field": searched.shown[0].name, "order": text}]},
                        {"page": {"after": text}},
                        {"page": {"limit": text}},
                        {"page": {"after": base64.b64encode(json.dumps([text, 1]).encode()).decode()}},
                    )
                ]
            for position in ([HOSTILE[0]], [1, 2, 3], [2**70], [{}], [None], [[]]):
                cursor = base64.b64encode(json.dumps(position).encode()).decode()
                attempts.append(attacker.send(operation, {"page": {"before": cursor}}))
        await asyncio.gather(*attempts)

        assert attacker.faults == []
        assert attacker.sent > 1_000
        assert rows(server) == before
        assert (await http.post("/process-instances/search", json={})).json()["page"]["totalItems"] == 4


@pytest.mark.parametrize("text", HOSTILE[::5])
async def test_ids_in_paths_are_texts(path: Path, tmp_path: Path, text: str) -> None:
    quoted = "".join(f"%{byte:02X}" for byte in text.encode())
    async with rest_server(path) as server, client_of(server) as http:
        for operation in OPERATIONS:
            names = re.findall(r"\{(\w+)\}", operation.path)
            if not names or operation.path.startswith("/cluster/"):
                continue
            filled_path = re.sub(r"\{\w+\}", quoted, operation.path)
            body = {} if operation.form or operation.method in {"GET", "DELETE"} else {"json": {}}
            answer = await http.request(operation.method, filled_path, **body)
            assert answer.status_code in {400, 404, 409, 415}, (operation.id, answer.text)
            assert not LEAKS.search(answer.text)


async def test_a_pattern_that_would_try_everything_is_bounded(path: Path, tmp_path: Path) -> None:
    """Every wildcard may try every place of a text: patterns have few of them, and a search ends in time."""
    async with rest_server(path) as server, client_of(server) as http:
        await filled(http, tmp_path)
        body = {"processDefinitionId": "simple", "variables": {"long": "a" * 1_000_000}}
        (await http.post("/process-instances", json=body)).raise_for_status()
        few, many = "*a" * 20 + "b", "*a" * 21

        answers = [
            await http.post("/variables/search", json={"filter": {"value": {"$like": pattern}}})
            for pattern in (few, many)
        ]

        assert answers[0].status_code in {200, 503, 504}
        assert answers[1].status_code == 400
        assert (await http.post("/variables/search", json={})).status_code == 200


async def test_what_is_uploaded_may_do_nothing_in_a_browser(path: Path) -> None:
    """A browser runs scripts in XML: one in a deployed file would act for whoever looks at the file, on this server."""
    script = b'<script xmlns="http://www.w3.org/1999/xhtml">alert(1)</script>'
    model = one_task("order").replace(
        b"<bpmn:startEvent", b"<bpmn:extensionElements>" + script + b"</bpmn:extensionElements><bpmn:startEvent"
    )
    page = b"<html><script>alert(1)</script></html>"
    async with rest_server(path) as server, client_of(server) as http:
        files = [
            ("resources", ("order.bpmn", model)),
            ("resources", ("prices.dmn", DECISION)),
            ("resources", ("x.html", page)),
        ]
        deployed = (await http.post("/deployments", files=files)).json()["deployments"]
        keys = {kind: one[kind] for one in deployed for kind in one if one[kind]}
        document = {"file": ("x.html", page, "text/html")}
        id_ = (await http.post("/documents", files=document)).json()["documentId"]
        paths = (
            f"/process-definitions/{keys['processDefinition']['processDefinitionKey']}/xml",
            f"/decision-definitions/{keys['decisionDefinition']['decisionDefinitionKey']}/xml",
            f"/decision-requirements/{keys['decisionRequirements']['decisionRequirementsKey']}/xml",
            f"/resources/{keys['resource']['resourceKey']}/content/binary",
            f"/documents/{id_}",
        )
        answers = {one: await http.get(one) for one in paths}

    assert script in answers[paths[0]].content
    for one, answer in answers.items():
        assert answer.status_code == 200, (one, answer.text)
        assert "sandbox" in answer.headers["content-security-policy"], one
        assert answer.headers["x-content-type-options"] == "nosniff", one
        assert (
            "text/html" not in answer.headers["content-type"] or "attachment" in answer.headers["content-disposition"]
        )
