"""The audit log of a real server: it holds what was answered, whoever kills it, and shows everybody what they may read."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import grpc
import httpx
import pytest
from tests.bpmn_builder import BpmnFile
from tests.integration.rest_server import one_task
from tests.integration.running_engine import RunningEngine, running_engine

from kiang.wire import gateway_pb2 as pb

PASSWORD = "only-for-this-test"
PROCESS = BpmnFile("tasks").start("s").user_task("t").end("e").chain("s", "t", "e").xml()


@pytest.fixture(scope="module")
def engine(tmp_path_factory) -> Iterator[RunningEngine]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KIANG_ADMIN_USERNAME", "root")
        patch.setenv("KIANG_ADMIN_PASSWORD", PASSWORD)
        folder = tmp_path_factory.mktemp("audit") / "data"
        with running_engine(folder, "--auth=basic", "--multi-tenancy") as engine:
            yield engine


class User:
    """Somebody with a name."""

    def __init__(self, engine: RunningEngine, name: str) -> None:
        self.engine = engine
        self.http = httpx.Client(base_url=f"{engine.rest_url}/v2", auth=(name, PASSWORD), timeout=20)
        self.header = "Basic " + base64.b64encode(f"{name}:{PASSWORD}".encode()).decode()

    def ask(self, method: str, path: str, body: Any = None, status: int = 200, **more: Any) -> Any:
        answer = self.http.request(method, path, json=body, **more)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def log(self, **filter_: Any) -> list[dict[str, Any]]:
        """Entries that this user sees, oldest first."""
        return self.ask("POST", "/audit-logs/search", {"filter": filter_, "page": {"limit": 1000}})["items"]

    def create_over_grpc(self, process_id: str, tenant_id: str) -> str:
        with grpc.insecure_channel(self.engine.grpc_address) as channel:
            call = channel.unary_unary(
                "/gateway_protocol.Gateway/CreateProcessInstance",
                pb.CreateProcessInstanceRequest.SerializeToString,
                pb.CreateProcessInstanceResponse.FromString,
            )
            request = pb.CreateProcessInstanceRequest(bpmnProcessId=process_id, version=-1, tenantId=tenant_id)
            return str(call(request, timeout=20, metadata=[("authorization", self.header)]).processInstanceKey)


@pytest.fixture(scope="module")
def users(engine: RunningEngine) -> Iterator[dict[str, User]]:
    """root may do everything; ada and bob are of one tenant each, and may start and see instances."""
    root = User(engine, "root")
    found = {"root": root}
    for tenant, name in (("acme", "ada"), ("globex", "bob")):
        root.ask("POST", "/tenants", {"tenantId": tenant, "name": tenant}, 201)
        root.ask("PUT", f"/tenants/{tenant}/users/root", status=204)
        user = {"username": name, "password": PASSWORD, "name": name.title(), "email": f"{name}@x.test"}
        root.ask("POST", "/users", user, 201)
        root.ask("PUT", f"/tenants/{tenant}/users/{name}", status=204)
        for file in (("order.bpmn", one_task("order")), ("tasks.bpmn", PROCESS)):
            root.ask("POST", "/deployments", files={"resources": file}, data={"tenantId": tenant})
        grant(root, name, "PROCESS_DEFINITION", "*", "CREATE_PROCESS_INSTANCE")
        found[name] = User(engine, name)
    yield found
    for user in found.values():
        user.http.close()


def grant(root: User, owner: str, type_: str, id_: str, *permissions: str) -> str:
    body = {
        "ownerId": owner,
        "ownerType": "USER",
        "resourceType": type_,
        "resourceId": id_,
        "permissionTypes": list(permissions),
    }
    return root.ask("POST", "/authorizations", body, 201)["authorizationKey"]


def create(user: User, process_id: str, tenant_id: str) -> str:
    body = {"processDefinitionId": process_id, "tenantId": tenant_id, "variables": {"card": "4711-secret"}}
    return user.ask("POST", "/process-instances", body)["processInstanceKey"]


def operations(entries: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(entry["entityType"], entry["operationType"]) for entry in entries]


def test_the_log_says_who_has_done_what_and_nothing_secret(users):
    root, ada = users["root"], users["ada"]
    over_rest, over_grpc = create(ada, "order", "acme"), ada.create_over_grpc("order", "acme")
    root.ask("POST", f"/process-instances/{over_rest}/cancellation", status=204)

    log = root.log()
    started, canceled = root.log(processInstanceKey=over_rest)
    (other,) = root.log(processInstanceKey={"$in": [over_grpc]}, category="deployed_resources")

    assert (started["actorId"], started["actorType"], started["tenantId"]) == ("ada", "USER", "acme")
    assert (canceled["actorId"], canceled["operationType"], canceled["result"]) == ("root", "CANCEL", "SUCCESS")
    assert (started["inboundChannelType"], other["inboundChannelType"]) == ("REST", "GRPC")
    assert ("USER", "CREATE") in operations(log)
    assert ("TENANT", "ASSIGN") in operations(log)
    assert ("AUTHORIZATION", "CREATE") in operations(log)
    assert root.ask("GET", f"/audit-logs/{started['auditLogKey']}") == started
    assert PASSWORD not in repr(log)
    assert "4711" not in repr(log)


def test_filters_sorts_and_pages(users):
    root = users["root"]
    everything = root.log()

    by_category = {name: root.log(category=name) for name in ("ADMIN", "DEPLOYED_RESOURCES", "USER_TASKS")}
    newest = root.ask("POST", "/audit-logs/search", {"sort": [{"field": "timestamp", "order": "DESC"}]})["items"]
    first = root.ask("POST", "/audit-logs/search", {"page": {"limit": 2}})
    second = root.ask("POST", "/audit-logs/search", {"page": {"limit": 2, "after": first["page"]["endCursor"]}})
    skipped = root.ask("POST", "/audit-logs/search", {"page": {"limit": 2, "from": 2}})

    assert sum(map(len, by_category.values())) == len(everything)
    assert newest == everything[::-1][: len(newest)]
    assert [*first["items"], *second["items"]] == everything[:4]
    assert skipped["items"] == second["items"]
    assert first["page"]["totalItems"] == len(everything)
    assert {entry["actorId"] for entry in root.log(actorId={"$like": "a*"})} == {"ada"}
    assert {entry["entityType"] for entry in root.log(entityType={"$neq": "USER"}, tenantId={"$exists": False})} == {
        "TENANT",
        "AUTHORIZATION",
    }
    assert root.log(result="FAIL", timestamp={"$lt": everything[0]["timestamp"]}) == []


def test_who_may_read_which_entries(users):
    root, ada, bob = users["root"], users["ada"], users["bob"]
    create(ada, "order", "acme")
    key = create(ada, "tasks", "acme")
    (task,) = root.ask("POST", "/user-tasks/search", {"filter": {"processInstanceKey": key}})["items"]
    root.ask("POST", f"/user-tasks/{task['userTaskKey']}/assignment", {"assignee": "ada"}, 204)
    (assigned,) = root.log(userTaskKey=task["userTaskKey"])

    assert ada.log() == []
    ada.ask("GET", f"/audit-logs/{assigned['auditLogKey']}", status=403)

    own = grant(root, "ada", "PROCESS_DEFINITION", "tasks", "READ_USER_TASK")
    assert ada.log() == [assigned]
    assert ada.ask("GET", f"/audit-logs/{assigned['auditLogKey']}") == assigned
    found = ada.ask("POST", f"/user-tasks/{task['userTaskKey']}/audit-logs/search", {"filter": {"actorId": "root"}})
    assert found["items"] == [assigned]
    root.ask("DELETE", f"/authorizations/{own}", status=204)

    instances = grant(root, "ada", "PROCESS_DEFINITION", "tasks", "READ_PROCESS_INSTANCE")
    assert {entry["processDefinitionId"] for entry in ada.log()} == {"tasks"}
    assert assigned in ada.log()
    root.ask("DELETE", f"/authorizations/{instances}", status=204)

    grant(root, "bob", "AUDIT_LOG", "DEPLOYED_RESOURCES", "READ")
    assert {(entry["category"], entry["tenantId"]) for entry in bob.log()} == {("DEPLOYED_RESOURCES", "globex")}
    grant(root, "bob", "AUDIT_LOG", "*", "READ")
    assert {entry["tenantId"] for entry in bob.log()} == {"globex", None}
    bob.ask("GET", f"/audit-logs/{assigned['auditLogKey']}", status=404)


def test_what_was_refused_for_the_state_of_things_is_noted(users):
    root, ada = users["root"], users["ada"]
    key = create(ada, "tasks", "acme")
    (task,) = root.ask("POST", "/user-tasks/search", {"filter": {"processInstanceKey": key}})["items"]
    path = f"/user-tasks/{task['userTaskKey']}/assignment"
    root.ask("POST", path, {"assignee": "bob"}, 204)
    root.ask("POST", path, {"assignee": "ada", "allowOverride": False}, 409)
    ada.ask("POST", f"/process-instances/{key}/cancellation", status=403)
    root.ask("POST", f"/user-tasks/{task['userTaskKey']}/completion", {"variables": {"card": "4711-secret"}}, 204)

    found = root.log(userTaskKey=task["userTaskKey"])

    assert [(entry["operationType"], entry["result"], entry["entityDescription"]) for entry in found] == [
        ("ASSIGN", "SUCCESS", None),
        ("ASSIGN", "FAIL", "INVALID_STATE"),
        ("COMPLETE", "SUCCESS", None),
    ]
    assert operations(root.log(processInstanceKey=key))[-1] == ("USER_TASK", "COMPLETE")
    assert "4711" not in repr(found)


def test_items_of_batch_operations_and_what_is_deleted(users):
    root, ada = users["root"], users["ada"]
    keys = [create(ada, "order", "acme") for _ in range(3)]
    filter_ = {"processInstanceKey": {"$in": keys}}
    batch = root.ask("POST", "/process-instances/cancellation", {"filter": filter_})["batchOperationKey"]
    while root.ask("GET", f"/batch-operations/{batch}")["state"] != "COMPLETED":
        pass
    root.ask("POST", f"/process-instances/{keys[0]}/deletion", status=204)

    items = [
        entry for entry in root.log(batchOperationType="CANCEL_PROCESS_INSTANCE") if entry["entityType"] != "BATCH"
    ]
    operation = root.ask("GET", f"/batch-operations/{batch}")

    assert sorted(entry["processInstanceKey"] for entry in items) == sorted(keys)
    assert {(entry["actorId"], entry["batchOperationKey"]) for entry in items} == {("root", batch)}
    assert (operation["actorId"], operation["actorType"]) == ("root", "USER")
    deleted = root.log(processInstanceKey=keys[0])
    assert operations(deleted) == [
        ("PROCESS_INSTANCE", "CREATE"),
        ("PROCESS_INSTANCE", "CANCEL"),
        ("PROCESS_INSTANCE", "DELETE"),
    ]
    root.ask("GET", f"/process-instances/{keys[0]}", status=404)


def test_what_was_answered_is_in_the_log_whoever_kills_the_engine(tmp_path):
    answered: list[str] = []
    with running_engine(tmp_path / "data") as engine, httpx.Client(base_url=f"{engine.rest_url}/v2") as http:
        http.post("/deployments", files={"resources": ("order.bpmn", one_task("order"))}).raise_for_status()
        for _ in range(40):
            answer = http.post("/process-instances", json={"processDefinitionId": "order"})
            answered.append(answer.json()["processInstanceKey"])
            body = {"filter": {"processInstanceKey": answered[-1], "operationType": "CREATE"}}
            assert http.post("/audit-logs/search", json=body).json()["page"]["totalItems"] == 1
        engine.process.kill()
    with running_engine(tmp_path / "data") as engine:
        body = {"filter": {"entityType": "PROCESS_INSTANCE"}, "page": {"limit": 1000}}
        found = httpx.post(f"{engine.rest_url}/v2/audit-logs/search", json=body).json()["items"]

    assert [entry["processInstanceKey"] for entry in found] == answered
