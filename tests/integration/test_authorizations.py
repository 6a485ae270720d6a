"""A real server with several users and tenants: everybody may do what they are granted, on both gateways, and sees what is theirs."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from tests.bpmn_builder import BpmnFile
from tests.integration.rest_server import one_task
from tests.integration.running_engine import RunningEngine, running_engine

from kiang.wire import gateway_pb2 as pb

PASSWORD = "only-for-this-test"
FAR_FUTURE_MS = 60_000


@pytest.fixture(scope="module")
def engine(tmp_path_factory) -> Iterator[RunningEngine]:
    patch = pytest.MonkeyPatch()
    patch.setenv("KIANG_ADMIN_USERNAME", "root")
    patch.setenv("KIANG_ADMIN_PASSWORD", PASSWORD)
    try:
        folder = tmp_path_factory.mktemp("authorizations") / "data"
        with running_engine(folder, "--auth=basic", "--multi-tenancy") as engine:
            yield engine
    finally:
        patch.undo()


class Caller:
    """Somebody with a name, on both gateways."""

    def __init__(self, engine: RunningEngine, username: str) -> None:
        self.rest = httpx.Client(base_url=f"{engine.rest_url}/v2", auth=(username, PASSWORD), timeout=20)
        self._channel = grpc.insecure_channel(engine.grpc_address)
        self._header = "Basic " + base64.b64encode(f"{username}:{PASSWORD}".encode()).decode()

    def close(self) -> None:
        self.rest.close()
        self._channel.close()

    def call(self, rpc: str, request: Any) -> Any:
        method = pb.DESCRIPTOR.services_by_name["Gateway"].methods_by_name[rpc]
        make = self._channel.unary_stream if method.server_streaming else self._channel.unary_unary
        answer = make(
            f"/gateway_protocol.Gateway/{rpc}",
            request_serializer=type(request).SerializeToString,
            response_deserializer=getattr(pb, method.output_type.name).FromString,
        )(request, timeout=20, metadata=[("authorization", self._header)])
        return list(answer) if method.server_streaming else answer

    def refused(self, rpc: str, request: Any) -> tuple[str, str]:
        with pytest.raises(grpc.RpcError) as refused:
            self.call(rpc, request)
        return refused.value.code().name, refused.value.details()

    def post(self, path: str, body: Any = None, status: int | None = None) -> Any:
        answer = self.rest.post(path, json=body)
        if status is not None:
            assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def found(self, what: str, **filter_: Any) -> list[dict[str, Any]]:
        return self.post(f"/{what}/search", {"filter": filter_}, 200)["items"]


@pytest.fixture(scope="module")
def callers(engine: RunningEngine) -> Iterator[dict[str, Caller]]:
    """root may do everything; ada and bob are users of a tenant each, and nobody is one of no tenant."""
    callers = {"root": Caller(engine, "root")}
    root = callers["root"]
    for tenant in ("acme", "globex"):
        root.post("/tenants", {"tenantId": tenant, "name": tenant}, 201)
        root.rest.put(f"/tenants/{tenant}/users/root").raise_for_status()
    for name, tenant in (("ada", "acme"), ("bob", "globex"), ("nobody", "")):
        root.post("/users", {"username": name, "password": PASSWORD, "name": name, "email": f"{name}@x.test"}, 201)
        callers[name] = Caller(engine, name)
        if tenant:
            root.rest.put(f"/tenants/{tenant}/users/{name}").raise_for_status()
    for tenant in ("acme", "globex"):
        files = {"resources": ("order.bpmn", one_task("order", f"pay-{tenant}"))}
        root.rest.post("/deployments", files=files, data={"tenantId": tenant}).raise_for_status()
    yield callers
    for caller in callers.values():
        caller.close()


def grant(root: Caller, owner: str, type_: str, id_: str, *permissions: str, owner_type: str = "USER") -> str:
    body = {
        "ownerId": owner,
        "ownerType": owner_type,
        "resourceType": type_,
        "resourceId": id_,
        "permissionTypes": list(permissions),
    }
    return root.post("/authorizations", body, 201)["authorizationKey"]


def creation(tenant: str) -> pb.CreateProcessInstanceRequest:
    return pb.CreateProcessInstanceRequest(bpmnProcessId="order", version=-1, tenantId=tenant)


def test_without_a_grant_nothing_is_done_and_nothing_is_seen(callers: dict[str, Caller]) -> None:
    ada = callers["ada"]

    code, text = ada.refused("CreateProcessInstance", creation("acme"))
    over_rest = ada.rest.post("/process-instances", json={"processDefinitionId": "order", "tenantId": "acme"})

    assert code == "PERMISSION_DENIED"
    assert "CREATE_PROCESS_INSTANCE" in text
    assert (over_rest.status_code, over_rest.json()["title"]) == (403, "FORBIDDEN")
    assert ada.found("process-definitions") == []
    assert ada.found("users") == []
    for path, body in (
        ("/users", {"username": "eve", "password": "x", "name": "Eve", "email": "e@x.test"}),
        ("/roles", {"roleId": "r", "name": "r"}),
        ("/tenants", {"tenantId": "t", "name": "t"}),
        ("/authorizations", {"ownerId": "ada", "ownerType": "USER", "resourceType": "USER", "resourceId": "*",
                             "permissionTypes": ["READ"]}),
    ):  # fmt: skip
        assert ada.rest.post(path, json=body).status_code == 403, path


def test_a_grant_counts_at_once_and_for_what_it_names(callers: dict[str, Caller]) -> None:
    root, ada = callers["root"], callers["ada"]
    key = grant(root, "ada", "PROCESS_DEFINITION", "order", "CREATE_PROCESS_INSTANCE", "READ_PROCESS_INSTANCE")

    started = ada.call("CreateProcessInstance", creation("acme")).processInstanceKey
    found = ada.found("process-instances")
    one = ada.rest.get(f"/process-instances/{started}")

    assert [item["processInstanceKey"] for item in found] == [str(started)]
    assert one.status_code == 200
    assert ada.found("process-definitions") == []
    assert ada.rest.post(f"/process-instances/{started}/cancellation").status_code == 403
    code, _ = ada.refused("CancelProcessInstance", pb.CancelProcessInstanceRequest(processInstanceKey=started))
    assert code == "PERMISSION_DENIED"

    root.rest.delete(f"/authorizations/{key}").raise_for_status()
    assert ada.refused("CreateProcessInstance", creation("acme"))[0] == "PERMISSION_DENIED"
    assert ada.found("process-instances") == []


def test_grants_come_through_roles_and_groups(callers: dict[str, Caller]) -> None:
    root, bob = callers["root"], callers["bob"]
    root.post("/roles", {"roleId": "starter", "name": "Starter"}, 201)
    root.post("/groups", {"groupId": "office", "name": "Office"}, 201)
    grant(root, "starter", "PROCESS_DEFINITION", "*", "CREATE_PROCESS_INSTANCE", owner_type="ROLE")
    assert bob.refused("CreateProcessInstance", creation("globex"))[0] == "PERMISSION_DENIED"

    root.rest.put("/roles/starter/groups/office").raise_for_status()
    root.rest.put("/groups/office/users/bob").raise_for_status()
    assert bob.call("CreateProcessInstance", creation("globex")).processInstanceKey > 0

    root.rest.delete("/groups/office/users/bob").raise_for_status()
    assert bob.refused("CreateProcessInstance", creation("globex"))[0] == "PERMISSION_DENIED"


def test_nobody_reaches_into_another_tenant(callers: dict[str, Caller]) -> None:
    root, ada, bob = callers["root"], callers["ada"], callers["bob"]
    everything = (
        "CREATE_PROCESS_INSTANCE",
        "READ_PROCESS_INSTANCE",
        "READ_PROCESS_DEFINITION",
        "UPDATE_PROCESS_INSTANCE",
    )
    keys = [grant(root, name, "PROCESS_DEFINITION", "*", *everything) for name in ("ada", "bob")]
    mine = ada.call("CreateProcessInstance", creation("acme")).processInstanceKey

    code, text = bob.refused("CreateProcessInstance", creation("acme"))
    seen = bob.rest.get(f"/process-instances/{mine}")
    by_key = bob.rest.post(f"/process-instances/{mine}/cancellation")
    changed = bob.rest.put(f"/element-instances/{mine}/variables", json={"variables": {"x": 1}})

    assert code == "PERMISSION_DENIED"
    assert "tenant is not authorized" in text
    assert seen.status_code == 404
    assert by_key.status_code in {403, 404}
    assert changed.status_code in {403, 404}
    assert {item["tenantId"] for item in bob.found("process-definitions")} == {"globex"}
    assert str(mine) not in {item["processInstanceKey"] for item in bob.found("process-instances")}
    assert ada.found("variables", processInstanceKey=str(mine)) == []

    wanted = {"worker": "w", "timeout": FAR_FUTURE_MS, "maxJobsToActivate": 100, "requestTimeout": -1}
    jobs = ada.call("ActivateJobs", pb.ActivateJobsRequest(type="pay-acme", tenantIds=["acme"], **wanted))
    assert mine in [job.processInstanceKey for answer in jobs for job in answer.jobs]
    code, _ = bob.refused("ActivateJobs", pb.ActivateJobsRequest(type="pay-acme", tenantIds=["acme"], **wanted))
    assert code == "PERMISSION_DENIED"
    job = next(job for answer in jobs for job in answer.jobs if job.processInstanceKey == mine)
    assert bob.refused("CompleteJob", pb.CompleteJobRequest(jobKey=job.key))[0] in {"NOT_FOUND", "PERMISSION_DENIED"}
    ada.call("CompleteJob", pb.CompleteJobRequest(jobKey=job.key))
    assert ada.rest.get(f"/process-instances/{mine}").json()["state"] == "COMPLETED"
    for key in keys:
        root.rest.delete(f"/authorizations/{key}").raise_for_status()


def test_each_tenant_has_its_own_versions(callers: dict[str, Caller]) -> None:
    root = callers["root"]
    definitions = root.found("process-definitions", processDefinitionId="order")
    assert {(item["tenantId"], item["version"]) for item in definitions} == {("acme", 1), ("globex", 1)}


def test_a_request_has_to_name_a_tenant(callers: dict[str, Caller]) -> None:
    code, text = callers["root"].refused("CreateProcessInstance", creation(""))
    assert code == "INVALID_ARGUMENT"
    assert "no tenant identifier was provided" in text


def test_who_is_known_may_ask_who_they_are(callers: dict[str, Caller]) -> None:
    answer = callers["nobody"].rest.get("/authentication/me")
    assert answer.status_code == 200
    assert (answer.json()["username"], answer.json()["tenants"]) == ("nobody", [])


def test_the_command_line_administrates(engine: RunningEngine, callers: dict[str, Caller]) -> None:
    environment = {
        **os.environ,
        "CAMUNDA_REST_ADDRESS": engine.rest_url,
        "CAMUNDA_AUTH_STRATEGY": "BASIC",
        "CAMUNDA_BASIC_AUTH_USERNAME": "root",
        "CAMUNDA_BASIC_AUTH_PASSWORD": PASSWORD,
    }

    def kiang(*arguments: str, given: str = "") -> str:
        command = [str(Path(sys.executable).with_name("kiang")), *arguments]
        done = subprocess.run(
            command, env=environment, input=given, capture_output=True, text=True, timeout=30, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    kiang("users", "create", "zoe", "--name", "Zoe", given=f"{PASSWORD}\n")
    kiang("roles", "create", "reader")
    kiang("roles", "assign", "reader", "user", "zoe")
    kiang("tenants", "assign", "acme", "user", "zoe")
    key = kiang("grants", "create", "role:reader", "process_definition", "order", "read_process_definition").strip()
    zoe = Caller(engine, "zoe")
    try:
        seen = [item["tenantId"] for item in zoe.found("process-definitions")]
        listed = json.loads(kiang("users", "list", "--json"))
        grants = kiang("grants", "list", "--owner", "role:reader")
        kiang("grants", "delete", key)
        after = zoe.found("process-definitions")
    finally:
        zoe.close()
    kiang("users", "delete", "zoe")

    assert seen == ["acme"]
    assert "zoe" in {item["username"] for item in listed["items"]}
    assert key in grants
    assert after == []
    assert zoe_is_gone(callers["root"])


def zoe_is_gone(root: Caller) -> bool:
    return root.found("users", username="zoe") == [] and root.post("/roles/reader/users/search", {})["items"] == []


def test_who_may_read_a_task_reads_its_variables_and_nothing_else_of_the_instance(callers: dict[str, Caller]) -> None:
    root, ada = callers["root"], callers["ada"]
    b = BpmnFile("ask").start("s").user_task("t").end("e").chain("s", "t", "e")
    root.rest.post(
        "/deployments", files={"resources": ("ask.bpmn", b.xml())}, data={"tenantId": "acme"}
    ).raise_for_status()
    started = root.post(
        "/process-instances", {"processDefinitionId": "ask", "tenantId": "acme", "variables": {"amount": 7}}, 200
    )
    (task,) = root.found("user-tasks", processInstanceKey=started["processInstanceKey"])
    path = f"/user-tasks/{task['userTaskKey']}"
    assert ada.rest.post(f"{path}/variables/search").status_code == 403

    key = grant(root, "ada", "PROCESS_DEFINITION", "ask", "READ_USER_TASK")

    for kind in ("variables", "effective-variables"):
        assert [v["value"] for v in ada.post(f"{path}/{kind}/search", {}, 200)["items"]] == ["7"]
    assert ada.found("variables") == []
    assert callers["bob"].rest.post(f"{path}/variables/search").status_code == 404
    root.rest.delete(f"/authorizations/{key}").raise_for_status()


def test_a_task_worker_works_on_tasks_of_its_own(callers: dict[str, Caller]) -> None:
    """The default role alone is enough, for what one is assigned to or a candidate for."""
    root, bob = callers["root"], callers["bob"]
    root.rest.put("/roles/task-worker/users/bob").raise_for_status()
    b = BpmnFile("own").start("s").user_task("t").end("e").chain("s", "t", "e")
    root.rest.post(
        "/deployments", files={"resources": ("own.bpmn", b.xml())}, data={"tenantId": "globex"}
    ).raise_for_status()
    creation = {"processDefinitionId": "own", "tenantId": "globex", "variables": {}}
    for _ in range(2):
        root.post("/process-instances", creation, 200)
    mine, other = root.found("user-tasks", elementId="t", tenantId="globex")
    root.post(f"/user-tasks/{mine['userTaskKey']}/assignment", {"assignee": "bob"}, 204)

    assert [task["userTaskKey"] for task in bob.found("user-tasks")] == [mine["userTaskKey"]]
    assert bob.rest.post(f"/user-tasks/{other['userTaskKey']}/completion").status_code == 403
    assert bob.rest.post(f"/user-tasks/{mine['userTaskKey']}/completion").status_code == 204
    root.rest.delete("/roles/task-worker/users/bob").raise_for_status()


def test_searches_of_batch_operations_are_empty_for_who_may_not_read_them(callers: dict[str, Caller]) -> None:
    root, ada = callers["root"], callers["ada"]
    wanted = {"filter": {"processDefinitionId": "order", "state": "COMPLETED"}}
    batch = root.post("/process-instances/deletion", wanted, 200)["batchOperationKey"]

    assert batch in [one["batchOperationKey"] for one in root.found("batch-operations")]
    assert (ada.found("batch-operations"), ada.found("batch-operation-items")) == ([], [])
    assert ada.rest.get(f"/batch-operations/{batch}").status_code == 403
    assert ada.rest.post("/process-instances/deletion", json=wanted).status_code == 403


def test_cluster_variables_take_permissions_by_name_and_stay_with_their_tenant(callers: dict[str, Caller]) -> None:
    root, ada, bob = callers["root"], callers["ada"], callers["bob"]
    everybodys, acmes = "/cluster-variables/global", "/cluster-variables/tenants/acme"
    for path, name in ((everybodys, "rate"), (everybodys, "other"), (acmes, "rate"), (acmes, "secret")):
        root.post(path, {"name": name, "value": path}, 200)

    assert ada.found("cluster-variables") == []
    assert [ada.rest.get(f"{path}/rate").status_code for path in (everybodys, acmes)] == [403, 403]
    assert ada.rest.post(everybodys, json={"name": "mine", "value": 1}).status_code == 403
    grant(root, "ada", "CLUSTER_VARIABLE", "rate", "READ", "UPDATE", "CREATE", "DELETE")
    grant(root, "bob", "CLUSTER_VARIABLE", "*", "READ", "UPDATE", "CREATE", "DELETE")

    assert sorted((item["name"], item["tenantId"] or "") for item in ada.found("cluster-variables")) == [
        ("rate", ""),
        ("rate", "acme"),
    ]
    assert {item["tenantId"] for item in bob.found("cluster-variables")} == {None}
    assert ada.rest.put(f"{acmes}/rate", json={"value": 1}).json()["value"] == "1"
    assert ada.rest.put(f"{everybodys}/other", json={"value": 1}).status_code == 403
    assert ada.rest.post(everybodys, json={"name": "mine", "value": 1}).status_code == 403
    assert [
        bob.rest.get(f"{acmes}/rate").status_code,
        bob.rest.put(f"{acmes}/rate", json={"value": 9}).status_code,
        bob.rest.delete(f"{acmes}/rate").status_code,
        bob.rest.post(acmes, json={"name": "new", "value": 9}).status_code,
    ] == [404, 404, 404, 403]
    assert {item["name"] for item in root.found("cluster-variables", tenantId="acme")} == {"rate", "secret"}
    assert bob.rest.put(f"{everybodys}/other", json={"value": 2}).status_code == 200


def test_global_listeners_take_permissions_of_their_own(callers: dict[str, Caller]) -> None:
    root, ada = callers["root"], callers["ada"]
    body = {"id": "check", "type": "check", "eventTypes": ["updating"]}
    path = "/global-task-listeners/check"

    def attempts(caller: Caller) -> list[int]:
        return [
            caller.rest.post("/global-task-listeners", json=body).status_code,
            caller.rest.get(path).status_code,
            caller.rest.put(path, json={"type": "check", "eventTypes": ["all"]}).status_code,
            caller.rest.delete(path).status_code,
        ]

    refused = attempts(ada)
    grant(root, "ada", "GLOBAL_LISTENER", "*", "CREATE_TASK_LISTENER")
    grant(root, "ada", "GLOBAL_LISTENER", "x", "READ_TASK_LISTENER")
    some = attempts(ada)

    assert refused == [403, 403, 403, 403]
    assert some == [201, 403, 403, 403]
    assert ada.found("global-task-listeners") == []
    assert [item["id"] for item in root.found("global-task-listeners")] == ["check"]
    assert root.rest.delete(path).status_code == 204
