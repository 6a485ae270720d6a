"""Requests become commands, answers and rejections become the documents that clients know."""

import asyncio
import json

import httpx
import pytest
from tests.unit.gateway_rest.simulated_broker import SimulatedBroker

from kiang.errors import DeadlineExceeded, ResourceExhausted, StoreFullError
from kiang.gateway.auth.users import UserStore
from kiang.gateway.batch.runner import BatchRunner
from kiang.gateway.batch.store import BatchStore
from kiang.gateway.rest.call import Call, ClientGone, Services
from kiang.gateway.rest.resources.jobs import JobActivationRequest, activate_jobs
from kiang.gateway.rest.server import RestServer
from kiang.protocol.answers import (
    ActivatedJob,
    ActivatedJobs,
    Deployed,
    DeployedProcess,
    ProcessInstanceCreated,
    ProcessInstanceResult,
    Rejection,
)
from kiang.protocol.commands import (
    ActivateJobs,
    CancelProcessInstance,
    CompleteJob,
    CreateProcessInstance,
    Deploy,
    FailJob,
    ResolveIncident,
    SetVariables,
    ThrowError,
    UpdateJob,
    YieldJob,
)
from kiang.protocol.enums import RejectionType
from kiang.search.search import Search

FIRST_KEY = (1 << 51) + 1
JOB_KEY = FIRST_KEY + 7
CREATED = ProcessInstanceCreated(
    key=FIRST_KEY + 1,
    process_definition_key=FIRST_KEY,
    process_id="order",
    version=3,
    tenant_id="<default>",
    tags=("vip",),
)
JOB = ActivatedJob(
    key=JOB_KEY,
    job_type="pay",
    process_instance_key=FIRST_KEY + 1,
    process_id="order",
    process_version=3,
    process_definition_key=FIRST_KEY,
    element_id="payment",
    element_instance_key=FIRST_KEY + 2,
    headers='{"currency":"EUR"}',
    worker="till",
    retries=3,
    deadline=1_700_000_060_000,
    variables='{"total":12.50}',
    tenant_id="<default>",
)


async def test_topology_names_one_broker_that_leads_the_partition(http: httpx.AsyncClient) -> None:
    for path in ("/v2/topology", "/v1/topology"):
        answer = (await http.get(path)).json()
        assert answer["partitionsCount"] == answer["clusterSize"] == answer["replicationFactor"] == 1
        assert [p["role"] for b in answer["brokers"] for p in b["partitions"]] == ["leader"]
        assert answer.get("clusterId") is None


async def test_status_says_whether_commands_are_taken(http: httpx.AsyncClient, broker: SimulatedBroker) -> None:
    assert (await http.get("/v2/status")).status_code == 204

    broker.health.set("DEGRADED", "the disk is full")

    assert (await http.get("/v2/status")).status_code == 503


async def test_licence_never_expires(http: httpx.AsyncClient) -> None:
    assert (await http.get("/v2/license")).json()["expiresAt"] is None


async def test_deployment_takes_the_files_by_their_names(http: httpx.AsyncClient, broker: SimulatedBroker) -> None:
    process = DeployedProcess(FIRST_KEY + 1, "order", 1, "order.bpmn", "<default>")
    broker.answers[Deploy] = Deployed(FIRST_KEY, "<default>", (process,))

    answer = await http.post(
        "/v2/deployments",
        files=[("resources", ("order.bpmn", b"<order/>")), ("resources", ("pay.bpmn", b"<pay/>"))],
        data={"tenantId": "<default>"},
    )

    assert broker.asked == [Deploy((("order.bpmn", b"<order/>"), ("pay.bpmn", b"<pay/>")), takes_any_kind=True)]
    assert answer.status_code == 200
    [item] = answer.json()["deployments"]
    assert set(item) == {"processDefinition", "decisionDefinition", "decisionRequirements", "form", "resource"}
    assert item["processDefinition"] == {
        "processDefinitionId": "order",
        "processDefinitionVersion": 1,
        "resourceName": "order.bpmn",
        "tenantId": "<default>",
        "processDefinitionKey": str(FIRST_KEY + 1),
    }
    assert item["form"] is None


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"content": b"{}", "headers": {"content-type": "application/json"}}, 415),
        ({"data": {"tenantId": "x"}, "files": {"other": ("a.bpmn", b"x")}}, 400),
        ({"files": {"resources": ("blob", b"x")}}, 400),
        ({"files": {"resources": ("a.bpmn", b"x")}, "data": {"tenantId": "other"}}, 400),
        ({"content": b"--x\r\nbroken", "headers": {"content-type": "multipart/form-data; boundary=x"}}, 400),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, 415),
    ],
)
async def test_a_deployment_that_is_no_form_with_files_is_refused(
    http: httpx.AsyncClient, broker: SimulatedBroker, request_: dict, status: int
) -> None:
    answer = await http.post("/v2/deployments", **request_)

    assert answer.status_code == status
    assert broker.asked == []


async def test_instance_is_created_by_id_or_key(http: httpx.AsyncClient, broker: SimulatedBroker) -> None:
    broker.answers[CreateProcessInstance] = CREATED

    by_id = await http.post(
        "/v2/process-instances",
        json={
            "processDefinitionId": "order",
            "processDefinitionVersion": 3,
            "variables": {"a": 1, "b": {"c": [True, None]}},
            "startInstructions": [{"elementId": "x"}],
            "tags": ["vip"],
            "businessId": "b-1",
        },
    )
    by_key = await http.post("/v2/process-instances", json={"processDefinitionKey": str(FIRST_KEY)})
    by_number = await http.post("/v2/process-instances", json={"processDefinitionKey": FIRST_KEY})

    assert broker.asked == [
        CreateProcessInstance(
            process_id="order",
            version=3,
            variables={"a": "1", "b": '{"c":[true,null]}'},
            start_at=("x",),
            tags=("vip",),
            business_id="b-1",
        ),
        CreateProcessInstance(process_definition_key=FIRST_KEY),
        CreateProcessInstance(process_definition_key=FIRST_KEY),
    ]
    assert by_id.json() == by_key.json() == by_number.json()
    assert by_id.json() == {
        "processDefinitionId": "order",
        "processDefinitionVersion": 3,
        "tenantId": "<default>",
        "variables": {},
        "processDefinitionKey": str(FIRST_KEY),
        "processInstanceKey": str(FIRST_KEY + 1),
        "tags": ["vip"],
        "businessId": None,
    }


async def test_awaited_completion_brings_the_variables(http: httpx.AsyncClient, broker: SimulatedBroker) -> None:
    broker.answers[CreateProcessInstance] = ProcessInstanceResult(CREATED, {"total": "12.50", "ok": "true"})

    answer = await http.post(
        "/v2/process-instances",
        json={
            "processDefinitionId": "order",
            "awaitCompletion": True,
            "requestTimeout": 1500,
            "fetchVariables": ["total", "ok"],
        },
    )

    [command] = broker.asked
    assert (command.awaits_result, command.fetch_variables, broker.timeouts) == (True, ("total", "ok"), [1500])
    assert answer.json()["variables"] == {"total": 12.5, "ok": True}


async def test_all_violations_are_told_at_once(http: httpx.AsyncClient, broker: SimulatedBroker) -> None:
    answer = await http.post("/v2/jobs/activation", json={"type": " ", "timeout": 0, "tenantIds": ["other"]})

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "INVALID_ARGUMENT",
        "status": 400,
        "detail": "No type provided. The value for timeout is '0' but must be greater than 0. "
        "No maxJobsToActivate provided. Expected to handle request Activate Jobs with tenant identifier 'other', "
        "but multi-tenancy is disabled.",
        "instance": "/v2/jobs/activation",
    }
    assert broker.asked == []


async def test_activated_jobs_have_every_field(http: httpx.AsyncClient, broker: SimulatedBroker) -> None:
    broker.jobs.put_nowait(ActivatedJobs([JOB]))

    answer = await http.post(
        "/v2/jobs/activation",
        json={
            "type": "pay",
            "worker": "till",
            "timeout": 60000,
            "maxJobsToActivate": 5,
            "fetchVariable": ["total"],
            "requestTimeout": 2000,
        },
    )

    assert broker.asked == [ActivateJobs("pay", "till", 60000, 5, fetch_variables=("total",))]
    assert broker.timeouts == [2000]
    [job] = answer.json()["jobs"]
    assert job["jobKey"] == str(JOB_KEY)
    assert job["variables"] == {"total": 12.5}
    assert job["customHeaders"] == {"currency": "EUR"}
    assert job["deadline"] == 1_700_000_060_000
    assert (job["kind"], job["listenerEventType"], job["userTask"], job["businessId"]) == (
        "BPMN_ELEMENT",
        "UNSPECIFIED",
        None,
        None,
    )


async def test_an_empty_poll_is_no_error(http: httpx.AsyncClient) -> None:
    body = {"type": "pay", "timeout": 1, "maxJobsToActivate": 1, "requestTimeout": -1}

    assert (await http.post("/v2/jobs/activation", json=body)).json() == {"jobs": []}


async def test_a_client_that_leaves_a_long_poll_takes_no_job(server: RestServer, broker: SimulatedBroker) -> None:
    body = json.dumps({"type": "pay", "timeout": 1, "maxJobsToActivate": 1}).encode()
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(
        b"POST /v2/jobs/activation HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        b"content-length: %d\r\n\r\n%b" % (len(body), body)
    )
    await _until(lambda: broker.polls == 1)

    writer.close()

    await _until(lambda: broker.cancelled_polls == 1)


async def test_stopping_ends_long_polls_without_jobs(
    server: RestServer, http: httpx.AsyncClient, broker: SimulatedBroker
) -> None:
    body = {"type": "pay", "timeout": 1, "maxJobsToActivate": 1}
    poll = asyncio.create_task(http.post("/v2/jobs/activation", json=body))
    await _until(lambda: broker.polls == 1)

    await server.stop(1)

    assert (await poll).json() == {"jobs": []}
    assert broker.cancelled_polls == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "command"),
    [
        ("POST", f"/v2/process-instances/{FIRST_KEY}/cancellation", None, CancelProcessInstance(FIRST_KEY)),
        ("POST", f"/v2/jobs/{JOB_KEY}/completion", None, CompleteJob(JOB_KEY)),
        ("POST", f"/v2/jobs/{JOB_KEY}/completion", {"variables": {"a": "x"}}, CompleteJob(JOB_KEY, {"a": '"x"'})),
        ("POST", f"/v2/jobs/{JOB_KEY}/completion", {"variables": None}, CompleteJob(JOB_KEY)),
        ("POST", f"/v2/jobs/{JOB_KEY}/failure", None, FailJob(JOB_KEY, 0)),
        (
            "POST",
            f"/v2/jobs/{JOB_KEY}/failure",
            {"retries": 2, "errorMessage": "no", "retryBackOff": 100, "variables": {"n": 1}},
            FailJob(JOB_KEY, 2, "no", 100, {"n": "1"}),
        ),
        (
            "POST",
            f"/v2/jobs/{JOB_KEY}/error",
            {"errorCode": "E", "errorMessage": "no"},
            ThrowError(JOB_KEY, "E", "no"),
        ),
        ("PATCH", f"/v2/jobs/{JOB_KEY}", {"changeset": {"retries": 5}}, UpdateJob(JOB_KEY, retries=5)),
        (
            "PATCH",
            f"/v2/jobs/{JOB_KEY}",
            {"changeset": {"retries": 5, "timeout": 100}},
            UpdateJob(JOB_KEY, retries=5, timeout_ms=100),
        ),
        ("POST", f"/v2/incidents/{FIRST_KEY}/resolution", None, ResolveIncident(FIRST_KEY)),
        (
            "PUT",
            f"/v2/element-instances/{FIRST_KEY}/variables",
            {"variables": {"a": 1}, "local": True},
            SetVariables(FIRST_KEY, {"a": "1"}, local=True),
        ),
        (
            "POST",
            f"/v2/element-instances/{FIRST_KEY}/variables",
            {"variables": {"a": 1}},
            SetVariables(FIRST_KEY, {"a": "1"}),
        ),
    ],
)
async def test_commands_without_an_answer(
    http: httpx.AsyncClient, broker: SimulatedBroker, method: str, path: str, body: object, command: object
) -> None:
    answer = await http.request(
        method, path, headers={"content-type": "application/json"}, content=b"" if body is None else json.dumps(body)
    )

    assert (answer.status_code, answer.content) == (204, b"")
    assert broker.asked == [command]


@pytest.mark.parametrize(
    ("type_", "status", "title"),
    [
        (RejectionType.NOT_FOUND, 404, "NOT_FOUND"),
        (RejectionType.INVALID_STATE, 409, "INVALID_STATE"),
        (RejectionType.ALREADY_EXISTS, 409, "ALREADY_EXISTS"),
        (RejectionType.INVALID_ARGUMENT, 400, "INVALID_ARGUMENT"),
    ],
)
async def test_rejections_keep_their_text(
    http: httpx.AsyncClient, broker: SimulatedBroker, type_: RejectionType, status: int, title: str
) -> None:
    broker.answers[CompleteJob] = Rejection(type_, "COMPLETE", "Expected to find it")

    answer = await http.post(f"/v2/jobs/{JOB_KEY}/completion")

    assert answer.status_code == status
    assert answer.json() == {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": f"Command 'COMPLETE' rejected with code '{type_}': Expected to find it",
        "instance": f"/v2/jobs/{JOB_KEY}/completion",
    }


@pytest.mark.parametrize(
    ("error", "status", "title"),
    [
        (ResourceExhausted("full"), 503, "RESOURCE_EXHAUSTED"),
        (DeadlineExceeded("late"), 504, "DEADLINE_EXCEEDED"),
        (StoreFullError("disk"), 503, "RESOURCE_EXHAUSTED"),
        (ZeroDivisionError("secret"), 500, "INTERNAL"),
    ],
)
async def test_failures_are_problems_and_tell_nothing_of_the_inside(
    http: httpx.AsyncClient, broker: SimulatedBroker, error: Exception, status: int, title: str
) -> None:
    broker.answers[CompleteJob] = error

    answer = await http.post(f"/v2/jobs/{JOB_KEY}/completion")

    assert (answer.status_code, answer.json()["title"]) == (status, title)
    assert "secret" not in answer.text


async def test_jobs_that_came_too_late_for_a_client_are_given_back(broker: SimulatedBroker) -> None:
    left = asyncio.Event()

    async def receive() -> dict:
        await left.wait()
        return {"type": "http.disconnect"}

    async def take_a_job(command: ActivateJobs, *, request_timeout_ms: int = 0) -> ActivatedJobs:
        left.set()
        return ActivatedJobs([JOB])

    broker.activate_jobs = take_a_job
    search, store = Search(broker.store), BatchStore(None)
    runner = BatchRunner(broker, search, store, broker.clock.now_ms)
    call = Call(
        Services(broker, search, asyncio.Event(), UserStore(None), None, store, runner),
        "/v2/jobs/activation",
        {},
        b"",
        receive,
    )
    call.body = JobActivationRequest(type="pay", timeout=1, max_jobs_to_activate=1)

    with pytest.raises(ClientGone):
        await activate_jobs(call)

    assert broker.asked == [YieldJob(JOB_KEY)]


async def _until(condition) -> None:
    async with asyncio.timeout(3):
        while not condition():  # noqa: ASYNC110 - what it waits for happens inside the server
            await asyncio.sleep(0)
