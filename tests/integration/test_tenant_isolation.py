"""Keys of another tenant, given to every operation of both gateways by somebody who may do everything, but not there.

Each must be answered as a key that there is not, word for word, so that nobody learns what is there; nothing may change; and
nothing of the tenant may be in any answer.
"""

from __future__ import annotations

import base64
import json
import re
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from tests.bpmn_builder import BpmnFile, tag
from tests.integration.sdk_processes import write_processes

from kiang.broker.broker import Broker
from kiang.broker.clock import ControlledClock
from kiang.gateway.auth.access import AccessControl
from kiang.gateway.auth.basic import BasicAuthenticator
from kiang.gateway.auth.users import UserStore
from kiang.gateway.grpc.server import GrpcServer
from kiang.gateway.rest.operation import Operation
from kiang.gateway.rest.resources import OPERATIONS
from kiang.gateway.rest.server import RestServer
from kiang.protocol.identity import SetUpIdentity
from kiang.search.field import SearchResource
from kiang.store.sqlite import SqliteStore
from kiang.wire import gateway_pb2 as pb

SECRET = "acmes-secret"
"""In whatever the tenant has that holds a text."""

ABSENT = 4_000_000
"""Added to a key, gives one of the same partition that there is not."""

SETUP = {
    "historyItemId": "setup",
    "loopIteration": 1,
    "role": "CONFIGURATION",
    "content": [],
    "producedAt": "2026-11-25T10:00:00Z",
    "systemPrompt": [{"contentType": "TEXT", "text": SECRET}],
    "model": "m",
    "provider": "p",
    "tools": [],
}
"""How an agent begins."""

NOBODYS_TAGS = frozenset(
    {
        *("Group", "Role", "Tenant", "Mapping rule", "Authorization", "User"),  # who may do what, for all tenants
        *("Clock", "Cluster", "Cluster administration", "Exporting", "Backup", "Recovery", "System", "OpenAPI"),
        *("Document", "Global listener", "Secret"),  # have no tenant in the API
    }
)
"""Operations on what belongs to no tenant."""

NOBODYS = frozenset(
    {
        *("getBatchOperation", "cancelBatchOperation", "suspendBatchOperation", "resumeBatchOperation"),
        *("createGlobalClusterVariable", "getGlobalClusterVariable"),
        *("updateGlobalClusterVariable", "deleteGlobalClusterVariable"),
    }
)
"""Single ones among the others."""

BODIES: dict[str, Any] = {
    "activateAdHocSubProcessActivities": {"elements": [{"elementId": "a"}]},
    "assignProcessInstanceBusinessId": {"businessId": "b"},
    "assignUserTask": {"assignee": "bob"},
    "createElementInstanceVariables": {"variables": {"x": 1}},
    "createAgentInstanceHistoryItem": {
        "elementInstanceKey": "{elementInstanceKey}",
        "jobKey": "{jobKey}",
        "jobLease": "lease",
        "role": "USER",
        "content": [],
        "producedAt": "2026-11-25T10:00:00Z",
    },
    "createTenantClusterVariable": {"name": "other", "value": {"n": 1}},
    "migrateProcessInstance": {
        "targetProcessDefinitionKey": "{mine}",
        "mappingInstructions": [{"sourceElementId": "task", "targetElementId": "task"}],
    },
    "modifyProcessInstance": {"activateInstructions": [{"elementId": "review"}]},
    "throwJobError": {"errorCode": "E"},
    "updateAgentInstance": {
        "elementInstanceKey": "{elementInstanceKey}",
        "jobKey": "{jobKey}",
        "jobLeaseToken": "lease",
        "status": "THINKING",
    },
    "updateJob": {"changeset": {"retries": 9}},
    "updateTenantClusterVariable": {"value": {"n": 2}},
    "updateUserTask": {"changeset": {"priority": 1}},
}
"""What an operation on a key takes, so that the key is all that is wrong."""

KEYS_IN_BODIES: tuple[tuple[str, str, Any], ...] = (
    ("createAgentInstance", "/agent-instances", {
        "elementInstanceKey": "{elementInstanceKey}", "jobKey": "{jobKey}", "jobLeaseToken": "lease", "history": [SETUP],
    }),
    ("createProcessInstance", "/process-instances", {"processDefinitionKey": "{processDefinitionKey}", "tenantId": "globex"}),
    ("evaluateDecision", "/decision-definitions/evaluation", {"decisionDefinitionKey": "{decisionDefinitionKey}", "tenantId": "globex"}),
    ("evaluateConditionals", "/conditionals/evaluation", {
        "processDefinitionKey": "{processDefinitionKey}", "tenantId": "globex", "variables": {"rain": 9},
    }),
    ("evaluateExpression", "/expression/evaluation", {"expression": "=text", "scopeKey": "{processInstanceKey}", "tenantId": "globex"}),
    ("migrateProcessInstance", "/process-instances/{mineInstance}/migration", {
        "targetProcessDefinitionKey": "{processDefinitionKey}",
        "mappingInstructions": [{"sourceElementId": "task", "targetElementId": "work"}],
    }),
    ("modifyProcessInstance", "/process-instances/{mineInstance}/modification", {
        "activateInstructions": [{"elementId": "e", "ancestorElementInstanceKey": "{processInstanceKey}"}],
    }),
    ("modifyProcessInstance", "/process-instances/{mineInstance}/modification", {
        "terminateInstructions": [{"elementInstanceKey": "{elementInstanceKey}"}],
    }),
)  # fmt: skip
"""Operations that name something in their body: operation, path, body."""

OTHERWISE_ABSENT = {("evaluateDecision", 400), ("EvaluateDecision", "INVALID_ARGUMENT"), ("modifyProcessInstance", 400)}
"""How the original says that there is no such thing, where it is neither 404 nor NOT_FOUND."""

TENANT_IN_BODIES: tuple[tuple[str, str, Any], ...] = (
    ("createProcessInstance", "/process-instances", {"processDefinitionId": "tour", "tenantId": "acme"}),
    ("evaluateDecision", "/decision-definitions/evaluation", {"decisionDefinitionId": "price", "tenantId": "acme"}),
    ("evaluateConditionals", "/conditionals/evaluation", {"tenantId": "acme", "variables": {"rain": 9}}),
    ("evaluateExpression", "/expression/evaluation", {"expression": "=1", "tenantId": "acme"}),
    ("publishMessage", "/messages/publication", {"name": "done", "correlationKey": SECRET, "tenantId": "acme"}),
    ("correlateMessage", "/messages/correlation", {"name": "done", "correlationKey": SECRET, "tenantId": "acme"}),
    ("broadcastSignal", "/signals/broadcast", {"signalName": "s", "tenantId": "acme"}),
    ("activateJobs", "/jobs/activation", {"type": "work", "timeout": 1000, "maxJobsToActivate": 1, "tenantIds": ["acme"]}),
)  # fmt: skip
"""Operations that name a tenant: 403."""

BATCHES: dict[str, Any] = {
    "cancelProcessInstancesBatchOperation": {},
    "deleteProcessInstancesBatchOperation": {},
    "resolveIncidentsBatchOperation": {},
    "suspendProcessInstancesBatchOperation": {},
    "resumeProcessInstancesBatchOperation": {},
    "migrateProcessInstancesBatchOperation": {
        "migrationPlan": {
            "targetProcessDefinitionKey": "{mine}",
            "mappingInstructions": [{"sourceElementId": "work", "targetElementId": "task"}],
        },
    },
    "modifyProcessInstancesBatchOperation": {"moveInstructions": [{"sourceElementId": "work", "targetElementId": "e"}]},
    "updateJobsBatchOperation": {"changeset": {"retries": 9}},
    "deleteDecisionInstancesBatchOperation": {},
}  # fmt: skip
"""Batch operations over everything of the other tenant: there is nothing to do."""


class World:
    """A server with two tenants: acme has everything, globex has bob and one process."""

    def __init__(self, path: Path, http: httpx.AsyncClient, channel: grpc.aio.Channel) -> None:
        self.path = path
        self.http = http
        self.channel = channel
        self.keys: dict[str, str] = {}

    async def send(self, method: str, path: str, body: Any = None, who: str = "bob") -> httpx.Response:
        root = "" if path.startswith("/cluster/") else "/v2"
        more = {} if body is None or method == "GET" else {"json": body}
        return await self.http.request(method, root + path, auth=(who, who), **more)

    async def post(self, path: str, body: Any = None, who: str = "root") -> Any:
        answer = await self.send("POST", path, {} if body is None else body, who)
        assert answer.is_success, (path, answer.text)
        return answer.json() if answer.content else None

    async def found(self, what: str, field: str, **filter_: Any) -> str:
        return (await self.post(f"/{what}/search", {"filter": {"tenantId": "acme", **filter_}}))["items"][0][field]

    def filled(self, value: Any, *, absent: bool = False) -> Any:
        """A path or a body with the other tenant's keys in it, or with keys that there are not."""
        if isinstance(value, dict):
            return {name: self.filled(one, absent=absent) for name, one in value.items()}
        if isinstance(value, list):
            return [self.filled(one, absent=absent) for one in value]
        if not isinstance(value, str):
            return value

        def fill(found: re.Match[str]) -> str:
            key = self.keys[found[1]]
            if not absent or found[1].startswith("mine"):
                return key
            return str(int(key) + ABSENT) if key.isdigit() else re.sub(r"\d+(-\d+)$", rf"{ABSENT}\1", key)

        return re.sub(r"\{(\w+)\}", fill, value)

    def rows(self) -> dict[str, list[Any]]:
        """Everything in the store but what is made for finding it again, and the log of what was asked for."""
        db = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        try:
            names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {
                name: db.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608 - names of the schema
                for name in names
                if not name.startswith(("sqlite_", "meta", "epoch", "audit", "record"))
            }
        finally:
            db.close()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    files = tmp_path / "files"
    files.mkdir()
    (files / "notes.txt").write_text(SECRET)
    b = BpmnFile("agent").start("s")
    b.service_task("t", job_type="agent", extensions=tag("zeebe:agentDefinition", agentType="aiAgentTask"))
    (files / "agent.bpmn").write_bytes(b.end("e").chain("s", "t", "e").xml())
    paths = sorted([*write_processes(files), files / "notes.txt", files / "agent.bpmn"])
    users = UserStore(None)
    for name in ("root", "bob"):
        users.create(name, name, name, "")
    store = SqliteStore(tmp_path / "data")
    broker = Broker(store, clock=ControlledClock())
    await broker.start()
    await broker.execute(SetUpIdentity(("root",), ()))
    basic = BasicAuthenticator(users)
    access = AccessControl(store, authorizations=True, multi_tenancy=True)
    rest = RestServer(broker, port=0, users=users, authenticator=basic, access_control=access)
    gateway = GrpcServer(broker, port=0, authenticator=basic, access_control=access, rows=store)
    await rest.start()
    await gateway.start()
    try:
        async with (
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{rest.port}", timeout=20) as http,
            grpc.aio.insecure_channel(f"127.0.0.1:{gateway.port}") as channel,
        ):
            world = World(store.path, http, channel)
            await fill(world, paths)
            yield world
    finally:
        await gateway.stop(1)
        await rest.stop(1)
        await broker.stop()
        store.close()
        users.close()


async def fill(world: World, paths: list[Path]) -> None:
    """Something of every kind for acme, one process for globex."""
    for tenant, members in (("acme", ("root",)), ("globex", ("root", "bob"))):
        await world.post("/tenants", {"tenantId": tenant, "name": tenant})
        for member in members:
            await world.send("PUT", f"/tenants/{tenant}/users/{member}", who="root")
    await world.send("PUT", "/roles/admin/users/bob", who="root")
    deployed: list[Any] = []
    for tenant, some in (("acme", paths), ("globex", [path for path in paths if path.name == "simple.bpmn"])):
        resources = [("resources", (path.name, path.read_bytes())) for path in some]
        answer = await world.http.post(
            "/v2/deployments", files=resources, data={"tenantId": tenant}, auth=("root", "root")
        )
        assert answer.status_code == 200, answer.text
        deployed += answer.json()["deployments"]

    async def start(process: str, tenant: str = "acme", **variables: Any) -> str:
        body = {"processDefinitionId": process, "tenantId": tenant, "variables": variables}
        return (await world.post("/process-instances", body))["processInstanceKey"]

    instance = await start("tour", text=SECRET)
    await start("waits", id=SECRET)
    free = await start("free")
    await start("agent")
    failed = await start("simple", text=SECRET)
    mine = await start("simple", "globex", n=1)
    wanted = {"timeout": 3_600_000, "maxJobsToActivate": 1, "tenantIds": ["acme"]}
    (broken,) = (await world.post("/jobs/activation", {"type": "simple", **wanted}))["jobs"]
    await world.post(f"/jobs/{broken['jobKey']}/failure", {"retries": 0, "errorMessage": SECRET})
    (job,) = (await world.post("/jobs/activation", {"type": "work", **wanted}))["jobs"]
    (led,) = (await world.post("/jobs/activation", {"type": "agent", "withLease": True, **wanted}))["jobs"]
    led_by = {name: led[name] for name in ("elementInstanceKey", "jobKey", "jobLeaseToken")}
    agent = await world.post("/agent-instances", {**led_by, "history": [SETUP]})
    tasks = await start("tour", text=SECRET)
    (other,) = (await world.post("/jobs/activation", {"type": "work", **wanted}))["jobs"]
    await world.post(f"/jobs/{other['jobKey']}/completion")
    task = await world.found("user-tasks", "userTaskKey", processInstanceKey=tasks)
    await world.post(f"/user-tasks/{task}/assignment", {"assignee": SECRET})
    decided = await world.post(
        "/decision-definitions/evaluation",
        {"decisionDefinitionId": "price", "tenantId": "acme", "variables": {"size": 3, "text": SECRET}},
    )
    await world.post("/cluster-variables/tenants/acme", {"name": "limit", "value": {"text": SECRET}})
    (form,) = [one["form"] for one in deployed if one.get("form")]
    world.keys = {
        "processInstanceKey": instance,
        "processDefinitionKey": await world.found("process-definitions", "processDefinitionKey", processDefinitionId="tour"),
        "elementInstanceKey": await world.found("element-instances", "elementInstanceKey", processInstanceKey=instance, elementId="work"),
        "adHocSubProcessInstanceKey": await world.found("element-instances", "elementInstanceKey", processInstanceKey=free, elementId="ad"),
        "variableKey": await world.found("variables", "variableKey", processInstanceKey=instance),
        "jobKey": job["jobKey"],
        "incidentKey": await world.found("incidents", "incidentKey", processInstanceKey=failed),
        "userTaskKey": task,
        "decisionDefinitionKey": decided["decisionDefinitionKey"],
        "decisionRequirementsKey": await world.found("decision-requirements", "decisionRequirementsKey"),
        "decisionEvaluationKey": decided["decisionEvaluationKey"],
        "decisionEvaluationInstanceKey": await world.found("decision-instances", "decisionEvaluationInstanceKey"),
        "resourceKey": await world.found("resources", "resourceKey", resourceName="notes.txt"),
        "formKey": form["formKey"],
        "auditLogKey": (await world.found("audit-logs", "auditLogKey")),
        "agentInstanceKey": agent["agentInstanceKey"],
        "agentDefinitionKey": await world.found("agent-definitions", "agentDefinitionKey"),
        "tenantId": "acme",
        "name": "limit",
        "mine": (await world.post("/process-definitions/search", {"filter": {"tenantId": "globex"}}))["items"][0]["processDefinitionKey"],
        "mineInstance": mine,
    }  # fmt: skip


def by_key(operation: Operation, keys: dict[str, str]) -> bool:
    """Whether an operation is on something that the path names and that belongs to a tenant."""
    names = set(re.findall(r"\{(\w+)\}", operation.path)) - {"name"}
    return bool(names) and names <= set(keys)


def shown(answer: httpx.Response, world: World) -> tuple[int, str]:
    """Status and text of an answer, without the keys that were asked for."""
    text = answer.json().get("detail", "") if answer.content else ""
    for key in world.keys.values():
        if key.isdigit():
            text = text.replace(key, "K").replace(str(int(key) + ABSENT), "K")
    return answer.status_code, re.sub(r"\b(K|\d+)-\d+\b", "K", text)


async def test_a_key_of_another_tenant_is_one_that_there_is_not(world: World) -> None:
    faults: dict[str, Any] = {}
    tried = set()
    before = world.rows()
    assert sum(map(len, before.values())) > 100
    cases = [(o.id, o.method, o.path, BODIES.get(o.id, {})) for o in OPERATIONS if by_key(o, world.keys)]
    cases = [case for case in cases if case[0] not in NOBODYS and tag_of(case[0]) not in NOBODYS_TAGS]
    cases += [(id_, "POST", path, body) for id_, path, body in KEYS_IN_BODIES]
    for id_, method, path, body in cases:
        tried.add(id_)
        answer = await world.send(method, world.filled(path), world.filled(body))
        after = world.rows()
        if answer.status_code not in {403, 404} and (id_, answer.status_code) not in OTHERWISE_ABSENT:
            faults[f"{id_} {path}"] = (answer.status_code, answer.text[:300])
        if SECRET in answer.text:
            faults[f"{id_} {path} tells"] = answer.text[:300]
        if after != before:
            faults[f"{id_} {path} changes"] = [name for name in after if after[name] != before.get(name)]
            before = after
        if "{tenantId}" in path:
            continue
        absent = await world.send(method, world.filled(path, absent=True), world.filled(body, absent=True))
        if shown(answer, world) != shown(absent, world):
            faults[f"{id_} {path} is told from one that is not there"] = (shown(answer, world), shown(absent, world))

    assert faults == {}
    assert len(tried) > 40


async def test_another_tenant_cannot_be_named(world: World) -> None:
    before = world.rows()
    for id_, path, body in TENANT_IN_BODIES:
        answer = await world.send("POST", path, body)
        assert answer.status_code == 403, (id_, answer.text)
        assert "tenant" in answer.json()["detail"]
    deployment = await world.http.post(
        "/v2/deployments", files={"resources": ("a.bpmn", b"<x/>")}, data={"tenantId": "acme"}, auth=("bob", "bob")
    )
    assert deployment.status_code == 403
    assert world.rows() == before


async def test_no_search_and_no_statistic_tells_of_another_tenant(world: World) -> None:
    around = {"from": "2000-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"}
    acme = {key for name, key in world.keys.items() if key.isdigit() and not name.startswith("mine")}
    faults: dict[str, str] = {}
    tried = 0
    for operation in OPERATIONS:
        if not reads_many(operation):
            continue
        for filter_ in ({}, {"tenantId": "acme"}, around | {"jobType": "work"}, {"processDefinitionId": "tour"}):
            answer = await world.send("POST", operation.path, {"filter": filter_})
            if answer.status_code == 400 and filter_:
                continue
            tried += 1
            told = {key for key in acme if f'"{key}"' in answer.text}
            told |= {text for text in (SECRET, '"tenantId":"acme"', '"work"') if text in answer.text}
            if told or answer.status_code not in {200, 400}:
                faults[operation.id] = f"{answer.status_code} {told} {answer.text[:300]}"

    assert faults == {}
    assert tried > 40
    seen = await world.http.get("/v2/jobs/statistics/global", params=around, auth=("bob", "bob"))
    assert seen.json()["created"]["count"] == 1, "the one of globex"


async def test_a_batch_over_another_tenant_has_nothing_to_do(world: World) -> None:
    before = world.rows()
    for id_, more in BATCHES.items():
        operation = next(one for one in OPERATIONS if one.id == id_)
        kind = "decision" if "Decision" in id_ else "process"
        filter_ = (
            {"decisionDefinitionId": "price"}
            if kind == "decision"
            else {"processInstanceKey": world.keys["processInstanceKey"]}
        )
        created = await world.post(operation.path, {"filter": filter_, **world.filled(more)}, "bob")
        batch = (await world.send("GET", f"/batch-operations/{created['batchOperationKey']}")).json()
        assert batch["operationsTotalCount"] == 0, id_
    assert world.rows() == before


def reads_many(operation: Operation) -> bool:
    """Whether an operation is a search, or a statistic over everything."""
    if "{" in operation.path or operation.tag in NOBODYS_TAGS or operation.method != "POST":
        return False
    return isinstance(operation.answer, SearchResource) or operation.id.startswith("get")


def tag_of(id_: str) -> str:
    return next(operation.tag for operation in OPERATIONS if operation.id == id_)


def test_every_operation_is_in_one_of_the_tables() -> None:
    names = {"tenantId", "processInstanceKey", "processDefinitionKey", "elementInstanceKey", "variableKey", "jobKey"} | {
        "incidentKey", "userTaskKey", "decisionDefinitionKey", "decisionRequirementsKey", "decisionEvaluationKey", "name",
        "decisionEvaluationInstanceKey", "resourceKey", "formKey", "adHocSubProcessInstanceKey",
        "agentInstanceKey", "agentDefinitionKey", "auditLogKey",
    }  # fmt: skip
    named = {id_ for id_, _, _ in KEYS_IN_BODIES + TENANT_IN_BODIES} | set(BATCHES) | {"createDeployment"}
    left = [
        operation.id
        for operation in OPERATIONS
        if operation.tag not in NOBODYS_TAGS
        and operation.id not in NOBODYS | named
        and not by_key(operation, dict.fromkeys(names, ""))
        and not reads_many(operation)
    ]

    assert left == ["getGlobalJobStatistics"], "say in one of the tables what another tenant's key does in it"


# gRPC

RPCS: dict[str, Any] = {
    "CancelProcessInstance": {"processInstanceKey": "processInstanceKey"},
    "CompleteJob": {"jobKey": "jobKey"},
    "FailJob": {"jobKey": "jobKey"},
    "ThrowError": {"jobKey": "jobKey", "errorCode": "=E"},
    "UpdateJobRetries": {"jobKey": "jobKey", "retries": 9},
    "UpdateJobTimeout": {"jobKey": "jobKey", "timeout": 1000},
    "ResolveIncident": {"incidentKey": "incidentKey"},
    "SetVariables": {"elementInstanceKey": "elementInstanceKey", "variables": "={}"},
    "DeleteResource": {"resourceKey": "processDefinitionKey"},
    "CreateProcessInstance": {"processDefinitionKey": "processDefinitionKey", "tenantId": "=globex"},
    "EvaluateDecision": {"decisionKey": "decisionDefinitionKey", "tenantId": "=globex"},
    "ModifyProcessInstance": {"processInstanceKey": "processInstanceKey"},
    "MigrateProcessInstance": {"processInstanceKey": "processInstanceKey"},
    "EvaluateConditional": {"processDefinitionKey": "processDefinitionKey", "tenantId": "=globex", "variables": "={}"},
}
"""RPC to its fields: numbers, texts after `=`, and the names of keys."""

NAMED = {
    "CreateProcessInstance": {"bpmnProcessId": "tour", "version": -1, "tenantId": "acme"},
    "EvaluateDecision": {"decisionId": "price", "tenantId": "acme"},
    "PublishMessage": {"name": "done", "correlationKey": SECRET, "tenantId": "acme"},
    "BroadcastSignal": {"signalName": "s", "tenantId": "acme"},
    "ActivateJobs": {"type": "work", "timeout": 1000, "maxJobsToActivate": 1, "tenantIds": ["acme"]},
    "StreamActivatedJobs": {"type": "work", "timeout": 1000, "tenantIds": ["acme"]},
    "EvaluateConditional": {"variables": "{}", "tenantId": "acme"},
    "DeployResource": {"resources": [{"name": "a.bpmn", "content": b"<x/>"}], "tenantId": "acme"},
    "CreateProcessInstanceWithResult": {"request": {"bpmnProcessId": "tour", "version": -1, "tenantId": "acme"}},
}
NO_TENANT = {"Topology", "DeployProcess"}
"""The second is for the default tenant alone."""


async def refusal(world: World, rpc: str, fields: dict[str, Any]) -> tuple[str, str]:
    """How a call of bob's is refused."""
    method = pb.DESCRIPTOR.services_by_name["Gateway"].methods_by_name[rpc]
    make = world.channel.unary_stream if method.server_streaming else world.channel.unary_unary
    request = getattr(pb, method.input_type.name)(**fields)
    header = "Basic " + base64.b64encode(b"bob:bob").decode()
    call = make(
        f"/gateway_protocol.Gateway/{rpc}",
        request_serializer=type(request).SerializeToString,
        response_deserializer=getattr(pb, method.output_type.name).FromString,
    )(request, metadata=[("authorization", header)], timeout=10)
    with pytest.raises(grpc.RpcError) as refused:
        if method.server_streaming:
            await call.read()
        else:
            await call
    return refused.value.code().name, refused.value.details()


async def test_a_key_of_another_tenant_is_one_that_there_is_not_over_grpc(world: World) -> None:
    before = world.rows()
    for rpc, fields in RPCS.items():
        told = []
        for more in (0, ABSENT):
            given = {
                name: value[1:] if str(value).startswith("=") else int(world.keys[value]) + more if value in world.keys else value
                for name, value in fields.items()
            }  # fmt: skip
            code, text = await refusal(world, rpc, given)
            assert code in {"NOT_FOUND", "PERMISSION_DENIED"} or (rpc, code) in OTHERWISE_ABSENT, (rpc, code, text)
            assert SECRET not in text
            told.append((code, re.sub(r"\d{10,}", "K", text)))
        assert told[0] == told[1], rpc
        assert world.rows() == before, rpc


async def test_another_tenant_cannot_be_named_over_grpc(world: World) -> None:
    before = world.rows()
    for rpc, fields in NAMED.items():
        code, text = await refusal(world, rpc, fields)
        assert (code, "tenant" in text) == ("PERMISSION_DENIED", True), (rpc, code, text)
    assert world.rows() == before


def test_every_rpc_is_in_one_of_the_tables() -> None:
    assert set(RPCS) | set(NAMED) | NO_TENANT == set(pb.DESCRIPTOR.services_by_name["Gateway"].methods_by_name)


def test_the_secret_is_no_word_of_the_api() -> None:
    assert SECRET not in json.dumps([operation.path for operation in OPERATIONS])
