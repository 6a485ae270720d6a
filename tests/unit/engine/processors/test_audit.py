"""Which operations leave which entries in the audit log."""

import pytest
from tests.bpmn_builder import BpmnFile, listeners
from tests.engine_driver import EngineDriver, document

from kiang.engine.state.audit_entry import AUDIT_ENTRIES
from kiang.protocol import commands, identity
from kiang.protocol.answers import Rejection
from kiang.protocol.audit import (
    ActorType,
    Audit,
    Audited,
    AuditedEntity,
    Channel,
    NoteOperations,
    Operation,
    OperationType,
)
from kiang.protocol.commands import JobResult
from kiang.protocol.identity import Guarded

JOE = Audit(ActorType.USER, "joe", Channel.REST, frozenset(AuditedEntity))
TABLE = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="graph" name="Graph" namespace="n">
  <decision id="twice" name="Twice"><variable name="Twice"/>
    <literalExpression><text>number * 2</text></literalExpression></decision>
</definitions>"""


def process() -> BpmnFile:
    b = BpmnFile("p").start("s").service_task("t", job_type="w").user_task("u").end("e")
    return b.chain("s", "t", "u", "e")


class Audits(EngineDriver):
    """As the driver; every command is one of Joe's."""

    def execute(self, command):
        return super().execute(Audited(command, JOE))

    def entries(self) -> list[tuple[str, str, str, str]]:
        return [(r.entity_type, r.operation_type, r.entity_key, r.result) for r in self.rows(AUDIT_ENTRIES)]

    def last(self):
        return self.rows(AUDIT_ENTRIES)[-1]


def test_an_entry_says_who_has_done_what_when_and_where():
    d = Audits(process())
    key = d.create("p", {"secret": "value"})

    deployed, created = d.rows(AUDIT_ENTRIES)

    assert (deployed.entity_type, deployed.operation_type, deployed.description) == ("RESOURCE", "CREATE", "file0.bpmn")
    assert (deployed.process_definition_id, deployed.entity_key) == ("p", str(deployed.process_definition_key))
    assert (created.actor_type, created.actor_id, created.channel, created.at) == ("USER", "joe", "REST", d.now)
    assert (created.entity_type, created.operation_type, created.category) == (
        "PROCESS_INSTANCE",
        "CREATE",
        "DEPLOYED_RESOURCES",
    )
    assert (created.process_instance_key, created.root_process_instance_key, created.entity_key) == (key, key, str(key))
    assert created.tenant_id == "<default>"
    assert "value" not in repr(created)


def test_operations_on_instances():
    d = Audits(process())
    d.deploy("p2.bpmn", process().end("more"))
    key = d.create("p")
    target = d.rows(AUDIT_ENTRIES)[1].process_definition_key
    d.execute(commands.SuspendProcessInstance(key))
    d.execute(commands.ResumeProcessInstance(key))
    d.set_variables(key, x=1)
    d.set_variables(key, x=2, y=3)
    d.execute(commands.MigrateProcessInstance(key, target, (("t", "t"),)))
    d.execute(commands.ModifyProcessInstance(key, (commands.ModifyActivation("u"),)))
    d.fail("w")
    incident = d.incident(key).key
    d.execute(commands.UpdateJobRetries(d.job_rows(key)[0].key, 1))
    d.resolve(incident)
    d.complete("w")
    d.execute(commands.CancelProcessInstance(key))

    assert [entry[:2] for entry in d.entries()[3:]] == [
        ("PROCESS_INSTANCE", "SUSPEND"),
        ("PROCESS_INSTANCE", "RESUME"),
        ("VARIABLE", "CREATE"),
        ("VARIABLE", "UPDATE"),
        ("VARIABLE", "CREATE"),
        ("PROCESS_INSTANCE", "MIGRATE"),
        ("PROCESS_INSTANCE", "MODIFY"),
        ("INCIDENT", "RESOLVE"),
        ("JOB", "COMPLETE"),
        ("PROCESS_INSTANCE", "CANCEL"),
    ]
    assert {row.process_instance_key for row in d.rows(AUDIT_ENTRIES)[3:]} == {key}
    variables = [row.description for row in d.rows(AUDIT_ENTRIES) if row.entity_type == "VARIABLE"]
    assert variables == ["x", "x", "y"]


def test_operations_on_user_tasks():
    d = Audits(process())
    key = d.create("p")
    d.complete("w")
    task = d.user_task(key).key
    d.execute(commands.AssignUserTask(task, "ann"))
    d.execute(commands.UpdateUserTask(task, {"priority": 3}))
    refused = d.execute(commands.AssignUserTask(task, "joe", allow_override=False))
    d.execute(commands.AssignUserTask(task, ""))
    d.execute(commands.CompleteUserTask(task, document({"ok": True})))

    rows = [row for row in d.rows(AUDIT_ENTRIES) if row.user_task_key]
    assert isinstance(refused, Rejection)
    assert [(r.operation_type, r.result, r.related_entity_key, r.description) for r in rows] == [
        ("ASSIGN", "SUCCESS", "ann", ""),
        ("UPDATE", "SUCCESS", "", ""),
        ("ASSIGN", "FAIL", "joe", "INVALID_STATE"),
        ("UNASSIGN", "SUCCESS", "ann", ""),
        ("COMPLETE", "SUCCESS", "", ""),
    ]
    assert {(r.category, r.entity_key, r.user_task_key) for r in rows} == {("USER_TASKS", str(task), task)}


@pytest.mark.parametrize("denied", [False, True])
def test_what_listeners_decide_about_is_noted_when_they_have_decided(denied):
    b = BpmnFile("p").start("s")
    b.user_task("u", extensions=listeners(("assigning", "l"), kind="task")).end("e").chain("s", "u", "e")
    d = Audits(b)
    key = d.create("p")
    task = d.user_task(key).key
    d.execute(commands.AssignUserTask(task, "ann"))
    pending = [row for row in d.rows(AUDIT_ENTRIES) if row.user_task_key]
    d.restart()
    EngineDriver.execute(d, commands.CompleteJob(d.job("l").key, {}, JobResult(denied=denied)))

    assert pending == []
    assert (d.last().operation_type, d.last().actor_id, d.last().related_entity_key) == ("ASSIGN", "joe", "ann")
    assert d.last().result == ("FAIL" if denied else "SUCCESS")


def test_what_a_process_does_by_itself_is_nobodys_operation():
    inner = BpmnFile("inner").start("s").end("e").chain("s", "e")
    outer = (
        BpmnFile("outer")
        .start("s")
        .call_activity("call", "inner")
        .user_task(
            "u", extensions=listeners(("assigning", "l"), kind="task") + '<zeebe:assignmentDefinition assignee="ann"/>'
        )
    )
    d = Audits(inner, outer.chain("s", "call", "u"))
    d.create("outer")
    EngineDriver.execute(d, commands.CompleteJob(d.job("l").key))

    assert [entry[:2] for entry in d.entries()[2:]] == [("PROCESS_INSTANCE", "CREATE")]


def test_operations_on_decisions():
    d = Audits()
    d.execute(commands.Deploy((("graph.dmn", TABLE),)))
    d.execute(commands.EvaluateDecision("twice", variables=document({"number": 2})))
    d.execute(commands.EvaluateDecision("twice", variables=document({"number": "secret"})))
    graph = d.rows(AUDIT_ENTRIES)[0].decision_requirements_key
    d.execute(commands.DeleteResource(graph))

    assert [(entry[0], entry[1], entry[3]) for entry in d.entries()] == [
        ("RESOURCE", "CREATE", "SUCCESS"),
        ("DECISION", "CREATE", "SUCCESS"),
        ("DECISION", "EVALUATE", "SUCCESS"),
        ("DECISION", "EVALUATE", d.entries()[3][3]),
        ("RESOURCE", "DELETE", "SUCCESS"),
        ("DECISION", "DELETE", "SUCCESS"),
    ]
    assert "secret" not in repr(d.rows(AUDIT_ENTRIES))


def test_operations_on_identity():
    d = Audits()
    d.execute(identity.CreateEntity("GROUP", "g", "Group"))
    d.execute(identity.AddMember("GROUP", "g", "USER", "ann"))
    d.execute(identity.UpdateEntity("GROUP", "g", "Others"))
    d.execute(identity.RemoveMember("GROUP", "g", "USER", "ann"))
    grant = identity.Grant("USER", "ann", "MESSAGE", "*", "", ("CREATE",))
    key = d.execute(identity.CreateAuthorization(grant)).key
    d.execute(identity.UpdateAuthorization(key, grant))
    d.execute(identity.DeleteAuthorization(key))
    d.execute(identity.DeleteEntity("GROUP", "g"))
    d.execute(identity.ForgetOwner("USER", "ann"))

    rows = d.rows(AUDIT_ENTRIES)
    assert [(r.entity_type, r.operation_type, r.entity_key, r.related_entity_key) for r in rows] == [
        ("GROUP", "CREATE", "g", ""),
        ("GROUP", "ASSIGN", "g", "ann"),
        ("GROUP", "UPDATE", "g", ""),
        ("GROUP", "UNASSIGN", "g", "ann"),
        ("AUTHORIZATION", "CREATE", str(key), "ann"),
        ("AUTHORIZATION", "UPDATE", str(key), "ann"),
        ("AUTHORIZATION", "DELETE", str(key), "ann"),
        ("GROUP", "DELETE", "g", ""),
        ("USER", "DELETE", "ann", ""),
    ]
    assert {(r.category, r.tenant_id) for r in rows} == {("ADMIN", "")}


def test_a_refusal_for_something_that_is_not_there_leaves_no_entry():
    d = Audits()

    assert isinstance(d.execute(commands.CancelProcessInstance(1)), Rejection)
    assert isinstance(d.execute(commands.CreateProcessInstance("nobody")), Rejection)

    assert d.entries() == []


def test_a_refusal_that_is_noted_has_changed_nothing_else():
    inner = BpmnFile("inner").start("s").service_task("t", job_type="w").chain("s", "t")
    outer = BpmnFile("outer").start("s").call_activity("call", "inner").chain("s", "call")
    d = Audits(inner, outer)
    d.create("outer")
    (called,) = d.instances("inner")

    refused = d.execute(commands.CancelProcessInstance(called))

    assert refused.type == "INVALID_STATE"
    assert (d.last().operation_type, d.last().result, d.last().description) == ("CANCEL", "FAIL", "INVALID_STATE")
    assert d.state(called) == "ACTIVATED"


def test_only_what_is_to_be_noted_is():
    d = EngineDriver(process())
    only = Audit(ActorType.CLIENT, "robot", Channel.GRPC, frozenset({AuditedEntity.USER_TASK}))

    d.execute(Audited(commands.CreateProcessInstance("p"), only))

    assert d.rows(AUDIT_ENTRIES) == []


def test_a_guarded_command_is_noted_as_what_it_asks_for():
    d = EngineDriver(process())
    guarded = Guarded(
        commands.CreateProcessInstance("p"), "PROCESS_DEFINITION", "CREATE_PROCESS_INSTANCE", frozenset({"p"}), None
    )

    d.execute(Audited(guarded, JOE))
    refused = d.execute(Audited(Guarded(guarded.command, "X", "Y", frozenset({"q"}), None), JOE))

    assert refused.type == "FORBIDDEN"
    assert [row.operation_type for row in d.rows(AUDIT_ENTRIES)] == ["CREATE"]


def test_what_is_no_command_can_be_noted_too():
    d = EngineDriver()

    d.execute(NoteOperations(JOE, (Operation(AuditedEntity.USER, OperationType.CREATE, "ann", description="Ann"),)))

    (row,) = d.rows(AUDIT_ENTRIES)
    assert (row.entity_type, row.operation_type, row.entity_key, row.actor_id) == ("USER", "CREATE", "ann", "joe")


def test_every_kind_of_file_is_a_resource():
    d = Audits()
    d.execute(
        commands.Deploy((("f.form", b'{"id": "f", "components": []}'), ("robot.rpa", b'{"id": "r", "name": "R"}')))
    )
    form, other = d.rows(AUDIT_ENTRIES)
    d.execute(commands.DeleteResource(form.form_key))
    d.execute(commands.DeleteResource(other.resource_key))

    assert [(r.operation_type, r.description) for r in d.rows(AUDIT_ENTRIES)] == [
        ("CREATE", "f.form"),
        ("CREATE", "robot.rpa"),
        ("DELETE", "f.form"),
        ("DELETE", "robot.rpa"),
    ]
