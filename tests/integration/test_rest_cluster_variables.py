"""Cluster variables, global task listeners and late business ids over REST, against a real engine."""

from __future__ import annotations

import json

import httpx
import pytest
from tests.bpmn_builder import BpmnFile
from tests.integration.rest_server import client_of, deploy, rest_server

GLOBAL = "/cluster-variables/global"


@pytest.fixture
async def http(tmp_path):
    async with rest_server(tmp_path) as server, client_of(server) as http:
        yield http


async def created(http: httpx.AsyncClient, name: str, value: object, tenant: str = "", **more: object) -> dict:
    path = f"/cluster-variables/tenants/{tenant}" if tenant else GLOBAL
    answer = await http.post(path, json={"name": name, "value": value, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def found(http: httpx.AsyncClient, filter_: dict | None = None, **more: object) -> list[dict]:
    answer = await http.post("/cluster-variables/search", json={"filter": filter_ or {}, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_a_variable_from_its_beginning_to_its_end(http):
    made = await created(http, "rate", {"a": [1, 2.50]}, metadata={"owner": "me", "v": 2})

    assert made == {
        "name": "rate",
        "value": '{"a":[1,2.5]}',
        "scope": "GLOBAL",
        "tenantId": None,
        "metadata": {"owner": "me", "v": 2},
        "kind": "JSON",
    }
    assert (await http.get(f"{GLOBAL}/rate")).json() == made
    assert (await http.post(GLOBAL, json={"name": "rate", "value": 1})).status_code == 409
    updated = await http.put(f"{GLOBAL}/rate", json={"value": "text"})
    assert (updated.status_code, updated.json()) == (200, {**made, "value": '"text"'})
    assert (await http.put(f"{GLOBAL}/rate", json={"value": 0, "metadata": {}})).json()["metadata"] == {}
    assert (await http.delete(f"{GLOBAL}/rate")).status_code == 204
    for answer in (
        await http.get(f"{GLOBAL}/rate"),
        await http.delete(f"{GLOBAL}/rate"),
        await http.put(f"{GLOBAL}/rate", json={"value": 1}),
    ):
        assert answer.status_code == 404
        assert "Invalid cluster variable name: 'rate'. The variable does not exist in the scope 'GLOBAL'" in answer.text


async def test_a_tenant_has_variables_of_its_own(http):
    await created(http, "rate", 1)
    made = await created(http, "rate", 2, "acme", kind="SECRET_REFERENCE")
    path = "/cluster-variables/tenants/acme/rate"

    assert (made["scope"], made["tenantId"], made["kind"]) == ("TENANT", "acme", "SECRET_REFERENCE")
    assert (await http.get(path)).json() == made
    assert (await http.get("/cluster-variables/tenants/other/rate")).status_code == 404
    assert (await http.put(path, json={"value": 3})).json() == {**made, "value": "3"}
    assert (await http.delete(path)).status_code == 204
    assert (await http.get(f"{GLOBAL}/rate")).json()["value"] == "1"


async def test_searches(http):
    long = "x" * 9_000
    await created(http, "a", long, metadata={"team": "blue", "size": 10})
    await created(http, "b", 5, metadata={"team": "red", "size": 2.5, "only": "b"})
    await created(http, "b", 6, "acme", kind="SECRET_REFERENCE")
    await created(http, "c", "5", "beta", metadata={"size": "10"})

    async def names(**filter_: object) -> list[str]:
        order = [{"field": "name"}, {"field": "tenantId"}]
        items = await found(http, filter_, sort=order)
        return [f"{item['name']}{item['tenantId'] or ''}" for item in items]

    assert await names() == ["a", "b", "bacme", "cbeta"]
    assert await names(name={"$like": "b*"}) == ["b", "bacme"]
    assert await names(scope="TENANT") == ["bacme", "cbeta"]
    assert await names(scope={"$neq": "TENANT"}, value="5") == ["b"]
    assert await names(tenantId={"$in": ["acme", "x"]}) == ["bacme"]
    assert await names(tenantId={"$exists": False}) == ["a", "b"]
    assert await names(kind="SECRET_REFERENCE") == ["bacme"]
    assert await names(kind={"$like": "js*"}) == ["a", "b", "cbeta"]
    assert await names(isTruncated=True) == ["a"]
    assert await names(metadata={"team": "blue"}) == ["a"]
    assert await names(metadata={"team": {"$neq": "blue"}}) == ["b", "bacme", "cbeta"]
    assert await names(metadata={"team": {"$in": ["red", "blue"]}, "size": {"$lt": 5}}) == ["b"]
    assert await names(metadata={"size": {"$gte": 2.5}}) == ["a", "b"]
    assert await names(metadata={"size": {"$gt": "1"}}) == ["cbeta"]
    assert await names(metadata={"size": {"$like": "1*"}}) == ["cbeta"]
    assert await names(metadata={"only": {"$exists": True}}) == ["b"]
    assert await names(metadata={"only": {"$exists": False}, "size": 10}) == ["a"]
    short = (await found(http, {"name": "a"}))[0]
    whole = (await http.post("/cluster-variables/search?truncateValues=false", json={"filter": {"name": "a"}})).json()
    assert (len(short["value"]) < len(long), short["isTruncated"]) == (True, True)
    assert (whole["items"][0]["value"], whole["items"][0]["isTruncated"]) == (json.dumps(long), False)
    ordered = await found(http, sort=[{"field": "scope", "order": "DESC"}, {"field": "value"}])
    assert [item["scope"] for item in ordered] == ["TENANT", "TENANT", "GLOBAL", "GLOBAL"]


@pytest.mark.parametrize(
    "filter_",
    [
        {"metadata": []},
        {"metadata": {"a": True}},
        {"metadata": {"a": {"$oops": 1}}},
        {"metadata": {"a": {"$gt": [1]}}},
        {"metadata": {"a": 10**30}},
        {"scope": "NOWHERE"},
        {"kind": 3},
    ],
)
async def test_wild_filters_are_refused(http, filter_):
    assert (await http.post("/cluster-variables/search", json={"filter": filter_})).status_code == 400


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, ["No name provided", "No value provided"]),
        ({"name": "a", "value": None}, ["No value provided"]),
        ({"name": "a b", "value": 1}, ["The provided name contains illegal characters"]),
        ({"name": "n" * 257, "value": 1}, ["The provided name exceeds the limit of 256 characters"]),
        ({"name": "a", "value": 1, "kind": "XML"}, ["Unexpected value 'XML' for enum field 'kind'"]),
        (
            {"name": "a", "value": 1, "metadata": {"x": True, "y": "z" * 8_193, "k" * 257: 1}},
            ["metadata.x must be a string or a number", "metadata.y exceeds the limit", "limit of 256 characters"],
        ),
        ({"name": "a", "value": 1, "metadata": {str(n): n for n in range(101)}}, ["101 entries"]),
        ({"name": "a", "value": 1, "scope": "GLOBAL"}, ["Request property [scope] cannot be parsed"]),
    ],
)
async def test_what_cannot_be_a_variable_is_refused_with_all_reasons(http, body, told):
    answer = await http.post(GLOBAL, json=body)

    assert answer.status_code == 400
    assert [text for text in told if text not in answer.json()["detail"]] == []
    assert await found(http) == []


@pytest.mark.parametrize("value", ["1e999999", "[" * 5_000 + "]" * 5_000])
async def test_a_value_that_no_expression_could_read_is_refused(http, value):
    answer = await http.post(GLOBAL, content=f'{{"name": "a", "value": {value}}}')

    assert answer.status_code == 400
    assert await found(http) == []


@pytest.mark.parametrize("tenant", ["t" * 32, "a%20b", "%3Cother%3E"])
async def test_the_id_of_a_tenant_has_a_form(http, tenant):
    answer = await http.post(f"/cluster-variables/tenants/{tenant}", json={"name": "a", "value": 1})

    assert answer.status_code == 400
    assert "tenantId" in answer.json()["detail"]


async def test_expressions_see_what_was_created_before(http):
    await created(http, "limit", 5)
    await created(http, "limit", 7, "%3Cdefault%3E")
    b = BpmnFile("p").start("s").script_task("calc", "=camunda.vars.env.limit * 2", "r").end("e")
    await deploy(http, ("p.bpmn", b.chain("s", "calc", "e").xml()))

    result = (await http.post("/process-instances", json={"processDefinitionId": "p", "awaitCompletion": True})).json()[
        "variables"
    ]
    asked = await http.post(
        "/expression/evaluation",
        json={"expression": "=[camunda.vars.cluster.limit, camunda.vars.tenant.limit, camunda.vars.env.limit]"},
    )
    hidden = await http.post(
        "/expression/evaluation", json={"expression": "=camunda.vars", "variables": {"camunda": {"vars": 1}}}
    )

    assert result["r"] == 14
    assert asked.json()["result"] == [5, 7, 7]
    assert hidden.json()["result"] == 1


async def test_a_listener_from_its_beginning_to_its_end(http):
    made = await http.post("/global-task-listeners", json={"id": "audit", "type": "a", "eventTypes": ["all"]})
    expected = {
        "id": "audit",
        "type": "a",
        "eventTypes": ["all"],
        "retries": 3,
        "afterNonGlobal": False,
        "priority": 50,
        "source": "API",
    }

    assert (made.status_code, made.json()) == (201, expected)
    path = "/global-task-listeners/audit"
    assert (await http.get(path)).json() == expected
    body = {"type": "b", "eventTypes": ["creating", "updating", "creating"], "retries": 5, "afterNonGlobal": True}
    changed = await http.put(path, json={**body, "priority": -1})
    expected |= {**body, "eventTypes": ["creating", "updating"], "priority": -1}
    assert (changed.status_code, changed.json()) == (200, expected)
    assert (await http.get(path)).json() == expected
    again = await http.post("/global-task-listeners", json={"id": "audit", "type": "a", "eventTypes": ["all"]})
    assert again.status_code == 409
    assert (await http.delete(path)).status_code == 204
    for answer in (await http.get(path), await http.delete(path), await http.put(path, json=body)):
        assert answer.status_code == 404


async def test_listeners_are_searched_by_what_they_listen_to(http):
    for id_, events, priority in (("x", ["all"], 1), ("y", ["creating", "completing"], 3), ("z", ["creating"], 2)):
        body = {"id": id_, "type": f"t-{id_}", "eventTypes": events, "priority": priority, "afterNonGlobal": id_ == "z"}
        assert (await http.post("/global-task-listeners", json=body)).status_code == 201

    async def ids(**filter_: object) -> str:
        body = {"filter": filter_, "sort": [{"field": "priority", "order": "DESC"}]}
        answer = await http.post("/global-task-listeners/search", json=body)
        assert answer.status_code == 200, answer.text
        return "".join(item["id"] for item in answer.json()["items"])

    assert await ids() == "yzx"
    assert await ids(eventTypes=["creating"]) == "yz"
    assert await ids(eventTypes=["creating", "completing"]) == "y"
    assert await ids(eventTypes=[{"$in": ["completing", "all"]}]) == "yx"
    assert await ids(eventTypes=[{"$neq": "creating"}]) == "x"
    assert await ids(afterNonGlobal=True) == "z"
    assert await ids(type={"$like": "t-?"}, priority={"$gt": 1}, source="API") == "yz"
    assert await ids(id="x", retries=3) == "x"
    assert await ids(source="CONFIGURATION") == ""


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, ["No id provided", "No type provided", "No eventTypes provided"]),
        (
            {"id": "a b", "type": "=x", "eventTypes": ["create"], "retries": 0},
            [
                "provided id contains",
                "provided type contains",
                "'create' for enum field 'eventTypes'",
                "retries is '0'",
            ],
        ),
        ({"id": "a", "type": "t", "eventTypes": ["all"] * 21}, ["21 entries"]),
    ],
)
async def test_what_cannot_be_a_listener_is_refused_with_all_reasons(http, body, told):
    answer = await http.post("/global-task-listeners", json=body)

    assert answer.status_code == 400
    assert [text for text in told if text not in answer.json()["detail"]] == []


async def test_a_listener_holds_up_a_task_of_any_process(http):
    b = BpmnFile("p").start("s").user_task("t").end("e").chain("s", "t", "e")
    await deploy(http, ("p.bpmn", b.xml()))
    await http.post("/global-task-listeners", json={"id": "l", "type": "check", "eventTypes": ["completing"]})
    key = (await http.post("/process-instances", json={"processDefinitionId": "p"})).json()["processInstanceKey"]
    task = (await http.post("/user-tasks/search", json={"filter": {"processInstanceKey": key}})).json()["items"][0]
    path = f"/user-tasks/{task['userTaskKey']}"

    async def listener() -> dict:
        body = {"type": "check", "timeout": 60_000, "maxJobsToActivate": 1, "requestTimeout": 5_000}
        return (await http.post("/jobs/activation", json=body)).json()["jobs"][0]

    import asyncio

    asked = asyncio.create_task(http.post(f"{path}/completion", json={}))
    job = await listener()
    denial = {"result": {"type": "userTask", "denied": True, "deniedReason": "no"}}
    assert (await http.post(f"/jobs/{job['jobKey']}/completion", json=denial)).status_code == 204
    refused = await asked
    asked = asyncio.create_task(http.post(f"{path}/completion", json={}))
    await http.post(f"/jobs/{(await listener())['jobKey']}/completion", json={})

    assert (job["kind"], job["listenerEventType"]) == ("TASK_LISTENER", "COMPLETING")
    assert (refused.status_code, "Reason to deny: 'no'" in refused.text) == (409, True)
    assert (await asked).status_code == 204
    assert (await http.get(path)).json()["state"] == "COMPLETED"


async def test_a_business_id_comes_with_the_completion_of_a_job(http):
    b = BpmnFile("p").start("s").service_task("t", job_type="w").user_task("u").end("e").chain("s", "t", "u", "e")
    await deploy(http, ("p.bpmn", b.xml()))
    key = (await http.post("/process-instances", json={"processDefinitionId": "p"})).json()["processInstanceKey"]
    body = {"type": "w", "timeout": 60_000, "maxJobsToActivate": 1, "requestTimeout": 5_000}
    job = (await http.post("/jobs/activation", json=body)).json()["jobs"][0]["jobKey"]

    blank = await http.post(f"/jobs/{job}/completion", json={"businessId": " "})
    done = await http.post(f"/jobs/{job}/completion", json={"businessId": "order-1", "variables": {"x": 1}})
    task = (await http.post("/user-tasks/search", json={"filter": {"businessId": "order-1"}})).json()["items"]
    more = {"processDefinitionId": "p", "businessId": "order-2"}
    other = (await http.post("/process-instances", json=more)).json()["processInstanceKey"]
    (second,) = (await http.post("/jobs/activation", json=body)).json()["jobs"]

    assert (blank.status_code, done.status_code) == (400, 204)
    assert [item["processInstanceKey"] for item in task] == [key]
    assert (second["businessId"], second["rootProcessInstanceKey"]) == ("order-2", other)


async def test_a_business_id_is_assigned_once(http):
    b = BpmnFile("p").start("s").service_task("t", job_type="w").end("e").chain("s", "t", "e")
    await deploy(http, ("p.bpmn", b.xml()))
    keys = [
        (await http.post("/process-instances", json={"processDefinitionId": "p"})).json()["processInstanceKey"]
        for _ in range(2)
    ]
    path = f"/process-instances/{keys[0]}/business-id-assignment"

    first = await http.post(path, json={"businessId": "order-1"})
    again = await http.post(path, json={"businessId": "order-1"})
    other = await http.post(path, json={"businessId": "order-2"})
    taken = await http.post(f"/process-instances/{keys[1]}/business-id-assignment", json={"businessId": "order-1"})
    missing = await http.post("/process-instances/7/business-id-assignment", json={"businessId": "x"})
    wrong = [
        (await http.post(path, json=body)).status_code for body in ({}, {"businessId": " "}, {"businessId": "x" * 257})
    ]
    search = await http.post("/process-instances/search", json={"filter": {"businessId": "order-1"}})

    assert (first.status_code, again.status_code) == (204, 204)
    assert (other.status_code, taken.status_code, missing.status_code) == (409, 409, 404)
    assert wrong == [400, 400, 400]
    assert [item["processInstanceKey"] for item in search.json()["items"]] == [keys[0]]
