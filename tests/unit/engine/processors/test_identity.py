"""Groups, roles, tenants, mapping rules and authorizations; commands of callers who may not do everything."""

from __future__ import annotations

import json

import pytest
from tests.bpmn_builder import BpmnFile
from tests.engine_driver import EngineDriver, refused

from kiang.engine.state.identity import AUTHORIZATIONS, ENTITIES, MEMBERS
from kiang.protocol.answers import Done, Rejection
from kiang.protocol.commands import CancelProcessInstance, CompleteJob, CreateProcessInstance, PublishMessage
from kiang.protocol.enums import RejectionType
from kiang.protocol.identity import (
    PERMISSIONS,
    AddMember,
    CreateAuthorization,
    CreateEntity,
    DeleteAuthorization,
    DeleteEntity,
    ForgetOwner,
    Grant,
    Guarded,
    RemoveMember,
    SetUpIdentity,
    UpdateAuthorization,
    UpdateEntity,
)

KINDS = ["GROUP", "ROLE", "TENANT", "MAPPING_RULE"]


@pytest.fixture(params=[False, True], ids=["running", "restarting"])
def d(request):
    file = BpmnFile("p").start("s").service_task("t", job_type="w").end("e").chain("s", "t", "e")
    return EngineDriver(file, restarts=request.param)


def grant(owner: str = "r", resource_id: str = "p", *permissions: str) -> Grant:
    return Grant("ROLE", owner, "PROCESS_DEFINITION", resource_id, "", permissions or ("READ_PROCESS_INSTANCE",))


def guarded(command, *ids: str, tenants: frozenset[str] | None = None) -> Guarded:
    return Guarded(command, "PROCESS_DEFINITION", "UPDATE_PROCESS_INSTANCE", frozenset(ids), tenants)


@pytest.mark.parametrize("kind", KINDS)
def test_an_id_is_given_once_and_what_is_not_there_cannot_change(d, kind):
    created = d.execute(CreateEntity(kind, "x", "X", "first", "claim", "value"))
    again = d.execute(CreateEntity(kind, "x", "Y", "", "other", "value"))
    changed = d.execute(UpdateEntity(kind, "x", "Z", None, "claim", "value"))

    assert isinstance(created, Done)
    assert isinstance(changed, Done)
    assert again.type is RejectionType.ALREADY_EXISTS
    assert "already exists" in again.reason
    (row,) = d.store.select(ENTITIES)
    assert (row.name, row.description) == ("Z", "first")
    for command in (UpdateEntity(kind, "y", "Y"), DeleteEntity(kind, "y")):
        assert d.execute(command).type is RejectionType.NOT_FOUND


def test_a_claim_has_one_mapping_rule(d):
    d.execute(CreateEntity("MAPPING_RULE", "a", "A", "", "role", "dev"))

    assert d.execute(CreateEntity("MAPPING_RULE", "b", "B", "", "role", "dev")).type is RejectionType.ALREADY_EXISTS
    assert isinstance(d.execute(CreateEntity("MAPPING_RULE", "b", "B", "", "role", "ops")), Done)
    assert d.execute(UpdateEntity("MAPPING_RULE", "b", "B", None, "role", "dev")).type is RejectionType.ALREADY_EXISTS
    assert isinstance(d.execute(UpdateEntity("MAPPING_RULE", "a", "New", None, "role", "dev")), Done)


def test_members_are_there_once_and_must_exist_if_the_engine_keeps_them(d):
    d.execute(CreateEntity("GROUP", "g", "G"))
    d.execute(CreateEntity("ROLE", "r", "R"))

    assert isinstance(d.execute(AddMember("ROLE", "r", "GROUP", "g")), Done)
    assert isinstance(d.execute(AddMember("ROLE", "r", "CLIENT", "anything")), Done)
    assert d.execute(AddMember("ROLE", "r", "GROUP", "g")).type is RejectionType.ALREADY_EXISTS
    assert d.execute(AddMember("ROLE", "r", "GROUP", "nobody")).type is RejectionType.NOT_FOUND
    assert d.execute(AddMember("ROLE", "none", "GROUP", "g")).type is RejectionType.NOT_FOUND
    assert isinstance(d.execute(RemoveMember("ROLE", "r", "GROUP", "g")), Done)
    assert "not assigned" in refused(d.execute(RemoveMember("ROLE", "r", "GROUP", "g")))


def test_what_is_deleted_leaves_nothing_behind(d):
    d.execute(CreateEntity("GROUP", "g", "G"))
    d.execute(CreateEntity("ROLE", "r", "R"))
    d.execute(AddMember("ROLE", "r", "GROUP", "g"))
    d.execute(AddMember("GROUP", "g", "USER", "ann"))
    d.execute(CreateAuthorization(grant()))
    d.execute(CreateAuthorization(Grant("USER", "ann", "USER", "*", "", ("READ",))))

    d.execute(DeleteEntity("ROLE", "r"))
    assert [(row.kind, row.member_id) for row in d.store.select(MEMBERS)] == [("GROUP", "ann")]
    assert [row.owner_id for row in d.store.select(AUTHORIZATIONS)] == ["ann"]

    d.execute(ForgetOwner("USER", "ann"))
    assert d.store.select(MEMBERS) == d.store.select(AUTHORIZATIONS) == []


def test_an_owner_has_one_authorization_for_a_resource(d):
    d.execute(CreateEntity("ROLE", "r", "R"))
    key = d.execute(CreateAuthorization(grant())).key
    other = d.execute(CreateAuthorization(grant("r", "q"))).key

    assert d.execute(CreateAuthorization(grant())).type is RejectionType.ALREADY_EXISTS
    assert d.execute(CreateAuthorization(grant("nobody"))).type is RejectionType.NOT_FOUND
    unknown = d.execute(CreateAuthorization(grant("r", "z", "EVALUATE")))
    assert unknown.type is RejectionType.INVALID_ARGUMENT
    assert "Supported permission types" in unknown.reason
    assert d.execute(UpdateAuthorization(other, grant())).type is RejectionType.ALREADY_EXISTS
    assert isinstance(d.execute(UpdateAuthorization(key, grant("r", "p", "READ_USER_TASK"))), Done)
    assert isinstance(d.execute(DeleteAuthorization(other)), Done)
    assert d.execute(DeleteAuthorization(other)).type is RejectionType.NOT_FOUND
    assert [row.permissions for row in d.store.select(AUTHORIZATIONS)] == ['["READ_USER_TASK"]']


def test_the_default_roles_are_there_again_when_deleted_and_otherwise_left_alone(d):
    d.execute(SetUpIdentity(("root",), ("deployer",)))
    roles = {row.id for row in d.store.select(ENTITIES) if row.kind == "ROLE"}
    before = [len(d.store.select(table)) for table in (ENTITIES, MEMBERS, AUTHORIZATIONS)]
    d.execute(UpdateEntity("ROLE", "connectors", "Ours"))
    d.execute(DeleteEntity("ROLE", "rpa"))

    d.execute(SetUpIdentity(("mallory",)))

    assert roles == {"admin", "readonly-admin", "connectors", "rpa", "app-integrations", "task-worker"}
    assert [len(d.store.select(table)) for table in (ENTITIES, MEMBERS, AUTHORIZATIONS)] == before
    assert {row.name for row in d.store.select(ENTITIES) if row.id == "connectors"} == {"Ours"}
    of_admin = {row.resource_type for row in d.store.select(AUTHORIZATIONS) if row.owner_id == "admin"}
    assert of_admin == set(PERMISSIONS)
    assert d.execute(DeleteEntity("TENANT", "<default>")).type is RejectionType.INVALID_ARGUMENT


def test_what_the_default_roles_may_do(d):
    d.execute(SetUpIdentity())
    granted = {
        (row.owner_id, row.resource_type, row.resource_id or row.resource_property): set(json.loads(row.permissions))
        for row in d.store.select(AUTHORIZATIONS)
    }

    def of(role):
        return {(type_, id_): names for (owner, type_, id_), names in granted.items() if owner == role}

    process = ("PROCESS_DEFINITION", "*")
    assert of("connectors") == {
        ("DOCUMENT", "*"): {"CREATE", "READ", "DELETE"},
        ("MESSAGE", "*"): {"CREATE"},
        process: {
            "CREATE_PROCESS_INSTANCE",
            "READ_PROCESS_DEFINITION",
            "READ_PROCESS_INSTANCE",
            "UPDATE_PROCESS_INSTANCE",
        },
    }
    assert of("rpa") == {("RESOURCE", "*"): {"READ"}, process: {"UPDATE_PROCESS_INSTANCE"}}
    assert of("app-integrations")[("DOCUMENT", "*")] == {"CREATE"}
    assert "COMPLETE_USER_TASK" in of("app-integrations")[process]
    own = {"READ", "CLAIM", "COMPLETE"}
    assert of("task-worker") == {("USER_TASK", name): own for name in ("assignee", "candidateUsers", "candidateGroups")}
    readable = of("readonly-admin")
    assert set().union(*readable.values()) == {
        name for names in PERMISSIONS.values() for name in names if name == "ACCESS" or name.startswith("READ")
    }
    members = {row.member_id for row in d.store.select(MEMBERS) if (row.kind, row.id) == ("TENANT", "<default>")}
    assert members == {"admin", "connectors", "rpa", "app-integrations", "task-worker"}


def test_a_guarded_command_is_refused_unless_its_target_is_allowed_and_changes_nothing(d):
    d.create("p")
    job = d.job("w")

    no = d.execute(guarded(CompleteJob(job.key), "q"))

    assert isinstance(no, Rejection)
    assert (no.type, no.intent) == (RejectionType.FORBIDDEN, "COMPLETE")
    assert no.reason == (
        "Insufficient permissions to perform operation 'UPDATE_PROCESS_INSTANCE' on resource 'PROCESS_DEFINITION',"
        " required resource identifiers are one of '[*, p]'"
    )
    assert isinstance(d.execute(guarded(CompleteJob(job.key), "q", "p")), Done)


def test_what_is_another_tenants_is_refused_in_the_words_for_what_is_not_there(d):
    instance = d.create("p")
    absent = d.execute(CancelProcessInstance(instance + 1_000_000))

    no = d.execute(guarded(CancelProcessInstance(instance), "*", tenants=frozenset({"acme"})))

    assert no.type is absent.type is RejectionType.NOT_FOUND
    assert no.reason == absent.reason.replace(str(instance + 1_000_000), str(instance))
    assert d.state(instance) == "ACTIVATED"
    yes = d.execute(guarded(CancelProcessInstance(instance), "*", tenants=frozenset({"<default>"})))
    assert isinstance(yes, Done)


def test_a_message_for_a_foreign_tenant_and_a_start_without_permission_are_forbidden(d):
    message = Guarded(PublishMessage("m", "k"), "MESSAGE", "CREATE", frozenset("*"), frozenset({"acme"}))
    start = Guarded(CreateProcessInstance("p"), "PROCESS_DEFINITION", "CREATE_PROCESS_INSTANCE", frozenset(), None)

    assert d.execute(message).type is RejectionType.FORBIDDEN
    assert d.execute(start).type is RejectionType.FORBIDDEN
