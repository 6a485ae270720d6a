"""Statistics about jobs and usage: what was answered is counted, in the minute in which it happened."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from tests.bpmn_builder import BpmnFile
from tests.integration.rest_server import client_of, deploy, one_task, rest_server

from kiang.broker.clock import ControlledClock

HOUR_MS = 3_600_000
NOON_MS = 1_800_000_000_000 - 1_800_000_000_000 % HOUR_MS
DECISION = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="graph" name="Graph" namespace="n">
  <decision id="twice" name="Twice"><variable name="Twice"/>
    <literalExpression><text>number * 2</text></literalExpression></decision>
</definitions>"""


def at(hours: float) -> str:
    """So many hours after noon."""
    return dt.datetime.fromtimestamp((NOON_MS + hours * HOUR_MS) / 1000, dt.UTC).isoformat()


def minute(hours: float) -> str:
    return at(hours).replace("+00:00", ".000Z")


@pytest.fixture
async def clock() -> ControlledClock:
    clock = ControlledClock()
    clock.pin(NOON_MS)
    return clock


@pytest.fixture
async def http(tmp_path, clock: ControlledClock) -> AsyncIterator[httpx.AsyncClient]:
    async with rest_server(tmp_path, clock) as server, client_of(server) as http:
        await deploy(http, ("order.bpmn", one_task()), ("other.bpmn", one_task("other", "ship")))
        yield http


async def post(http: httpx.AsyncClient, path: str, body: Any) -> Any:
    answer = await http.post(path, json=body)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


async def work(http: httpx.AsyncClient, process: str, job_type: str, worker: str, end: str, body: Any = None) -> None:
    """One instance, whose job a worker completes, fails or throws an error from; "" leaves it alone."""
    await post(http, "/process-instances", {"processDefinitionId": process})
    if end:
        asked = {"type": job_type, "worker": worker, "timeout": 60_000, "maxJobsToActivate": 1}
        (job,) = (await post(http, "/jobs/activation", asked))["jobs"]
        await post(http, f"/jobs/{job['jobKey']}/{end}", body or {})


async def an_afternoon(http: httpx.AsyncClient, clock: ControlledClock) -> None:
    await work(http, "order", "pay", "ann", "completion")
    await work(http, "order", "pay", "ann", "failure", {"retries": 0, "errorMessage": "empty"})
    clock.pin(NOON_MS + HOUR_MS // 2)
    await work(http, "order", "pay", "bob", "failure", {"retries": 0, "errorMessage": "empty"})
    await work(http, "order", "pay", "bob", "error", {"errorCode": "E", "errorMessage": "thrown"})
    clock.pin(NOON_MS + 3 * HOUR_MS)
    await work(http, "other", "ship", "cy", "completion")
    await work(http, "order", "pay", "", "")


def counts(item: dict[str, Any]) -> tuple[int, int, int]:
    return tuple(item[status]["count"] for status in ("created", "completed", "failed"))


async def test_all_jobs_and_those_of_a_type(http, clock):
    await an_afternoon(http, clock)
    window = {"from": at(-1), "to": at(4)}

    everything = (await http.get("/jobs/statistics/global", params=window)).json()
    pay = (await http.get("/jobs/statistics/global", params={**window, "jobType": "pay"})).json()
    nothing = (await http.get("/jobs/statistics/global", params={**window, "jobType": "nobody's"})).json()
    early = (await http.get("/jobs/statistics/global", params={"from": at(0), "to": at(1)})).json()

    assert (counts(everything), everything["isIncomplete"]) == ((6, 2, 3), False)
    assert everything["created"]["lastUpdatedAt"] == minute(3)
    assert (counts(pay), pay["completed"]["lastUpdatedAt"]) == ((5, 1, 3), minute(0))
    assert (counts(nothing), nothing["failed"]["lastUpdatedAt"]) == ((0, 0, 0), None)
    assert counts(early) == (4, 1, 3)


async def test_by_type(http, clock):
    await an_afternoon(http, clock)
    filter_ = {"from": at(-1), "to": at(4)}

    found = await post(http, "/jobs/statistics/by-types", {"filter": filter_})
    like = await post(http, "/jobs/statistics/by-types", {"filter": {**filter_, "jobType": {"$like": "s*"}}})
    first = await post(http, "/jobs/statistics/by-types", {"filter": filter_, "page": {"limit": 1}})
    page = {"limit": 1, "after": first["page"]["endCursor"]}
    second = await post(http, "/jobs/statistics/by-types", {"filter": filter_, "page": page})

    shown = [(item["jobType"], counts(item), item["workers"]) for item in found["items"]]
    assert shown == [("pay", (5, 1, 3), 2), ("ship", (1, 1, 0), 1)]
    assert [item["jobType"] for item in like["items"]] == ["ship"]
    assert [item["jobType"] for item in (*first["items"], *second["items"])] == ["pay", "ship"]
    assert (await post(http, "/jobs/statistics/by-types", {}))["items"] == found["items"]


async def test_by_worker(http, clock):
    await an_afternoon(http, clock)

    filter_ = {"from": at(-1), "to": at(4), "jobType": "pay"}
    found = await post(http, "/jobs/statistics/by-workers", {"filter": filter_})

    assert [(item["worker"], counts(item)) for item in found["items"]] == [("ann", (0, 1, 1)), ("bob", (0, 0, 2))]


async def test_by_time(http, clock):
    await an_afternoon(http, clock)
    filter_ = {"from": at(0), "to": at(4), "jobType": "pay"}

    halves = await post(http, "/jobs/statistics/time-series", {"filter": {**filter_, "resolution": "PT30M"}})
    hours = await post(http, "/jobs/statistics/time-series", {"filter": {**filter_, "resolution": "PT1H"}})
    usual = await post(http, "/jobs/statistics/time-series", {"filter": filter_})

    expected = [(minute(0), (2, 1, 1)), (minute(0.5), (2, 0, 2)), (minute(3), (1, 0, 0))]
    assert [(item["time"], counts(item)) for item in halves["items"]] == expected
    assert [(item["time"], counts(item)) for item in hours["items"]] == [
        (minute(0), (4, 1, 3)),
        (minute(3), (1, 0, 0)),
    ]
    assert [(item["time"], counts(item)) for item in usual["items"]] == expected


@pytest.mark.parametrize(
    "job_type", ["a' OR 1=1 --", "a\0b", "\0" * 32_768, "\U0001f600" * 32_768, "?1:a", "é"], ids=range(6)
)
async def test_errors_of_hostile_types(http, job_type):
    answer = await http.post(
        "/jobs/statistics/errors", json={"filter": {"from": at(-1), "to": at(1), "jobType": job_type}}
    )

    assert answer.status_code == 200, answer.text
    assert answer.json()["items"] == []


async def test_by_error(http, clock):
    await an_afternoon(http, clock)
    filter_ = {"from": at(-1), "to": at(4), "jobType": "pay"}

    found = await post(http, "/jobs/statistics/errors", {"filter": filter_})
    thrown = await post(http, "/jobs/statistics/errors", {"filter": {**filter_, "errorCode": {"$eq": "E"}}})
    later = await post(http, "/jobs/statistics/errors", {"filter": {**filter_, "from": at(2)}})

    shown = [(item["errorCode"], item["errorMessage"], item["workers"]) for item in found["items"]]
    assert shown == [("", "empty", 2), ("E", "thrown", 1)]
    assert [item["errorMessage"] for item in thrown["items"]] == ["thrown"]
    assert later["items"] == []


async def test_what_is_forgotten_by_the_minute_is_known_by_the_hour(http, clock):
    await an_afternoon(http, clock)
    clock.pin(NOON_MS + 40 * 24 * HOUR_MS)

    window = {"from": at(0.25), "to": at(2)}
    found = (await http.get("/jobs/statistics/global", params=window)).json()

    # The hour's jobs, except those of a worker who had done with them before the window.
    assert counts(found) == (4, 0, 2)


@pytest.mark.parametrize(
    ("path", "body", "detail"),
    [
        ("by-types", {"filter": {"from": "x", "to": at(0)}}, "The provided from 'x' cannot be parsed as a date"),
        ("by-types", {"filter": {"from": at(0), "to": at(0), "jobType": {"$gt": "a"}}}, "filter.jobType.$gt"),
        ("by-types", {"page": {"from": 3}}, "page.from"),
        ("by-workers", {}, "No filter provided."),
        ("by-workers", {"filter": {"jobType": "pay"}}, "No from provided. No to provided."),
        ("errors", {"filter": {"from": at(0), "to": at(0)}}, "No jobType provided."),
        ("time-series", {"filter": {"from": at(0), "to": at(0), "jobType": "p", "resolution": "P1M"}}, "resolution"),
    ],
)
async def test_bad_requests(http, path, body, detail):
    answer = await http.post(f"/jobs/statistics/{path}", json=body)

    assert (answer.status_code, detail in answer.json()["detail"]) == (400, True), answer.text


async def test_usage(http, clock):
    called = BpmnFile("called").start("s").end("e").chain("s", "e")
    caller = BpmnFile("caller").start("s").call_activity("c", "called").end("e").chain("s", "c", "e")
    tasks = BpmnFile("tasks").start("s").user_task("t", extensions='<zeebe:assignmentDefinition assignee="=who"/>')
    await deploy(http, ("a.bpmn", called.xml()), ("b.bpmn", caller.xml()), ("graph.dmn", DECISION))
    await deploy(http, ("c.bpmn", tasks.end("e").chain("s", "t", "e").xml()))
    await post(http, "/process-instances", {"processDefinitionId": "caller"})
    for who in ("ann", "bob", "ann"):
        await post(http, "/process-instances", {"processDefinitionId": "tasks", "variables": {"who": who}})
    clock.pin(NOON_MS + 5 * HOUR_MS)
    evaluation = {"decisionDefinitionId": "twice", "variables": {"number": 2}}
    await post(http, "/decision-definitions/evaluation", evaluation)

    whole = {"startTime": at(-1), "endTime": at(6)}
    total = (await http.get("/system/usage-metrics", params=whole)).json()
    tenants = (await http.get("/system/usage-metrics", params={**whole, "withTenants": "true"})).json()
    late = (await http.get("/system/usage-metrics", params={"startTime": at(4), "endTime": at(6)})).json()
    nobodys = (await http.get("/system/usage-metrics", params={**whole, "tenantId": "nobody"})).json()

    own = {"processInstances": 4, "decisionInstances": 1, "assignees": 2}
    assert total == {**own, "activeTenants": 1, "tenants": {}}
    assert tenants == {**own, "activeTenants": 1, "tenants": {"<default>": own}}
    assert (late["processInstances"], late["decisionInstances"], late["assignees"]) == (0, 1, 0)
    assert (nobodys["processInstances"], nobodys["activeTenants"]) == (0, 0)


@pytest.mark.parametrize(
    ("parameters", "detail"),
    [
        ({}, "The startTime and endTime must both be specified."),
        ({"startTime": at(1), "endTime": at(1)}, "The endTime must be after startTime."),
        ({"startTime": "yesterday", "endTime": at(1)}, "The provided startTime 'yesterday' cannot be parsed as a date"),
    ],
)
async def test_bad_spans_of_usage(http, parameters, detail):
    answer = await http.get("/system/usage-metrics", params=parameters)

    assert (answer.status_code, answer.json()["detail"].startswith(detail)) == (400, True), answer.text
