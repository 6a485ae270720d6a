"""Cluster variables: commands, and what expressions of processes see of them."""

from __future__ import annotations

import json

import pytest
from tests.bpmn_builder import BpmnFile, multi_instance
from tests.engine_driver import EngineDriver

from kiang.engine.state.cluster_variable import CLUSTER_VARIABLES
from kiang.protocol.answers import Done
from kiang.protocol.cluster import CreateClusterVariable, DeleteClusterVariable, UpdateClusterVariable
from kiang.protocol.commands import CompleteJob, EvaluateConditionals, EvaluateDecision
from kiang.protocol.enums import RejectionType
from kiang.protocol.identity import CreateEntity, DeleteEntity

TENANT = "<default>"

DECISION = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="g" name="g" namespace="urn:test">
<decision id="limit" name="Limit"><literalExpression><text>n + camunda.vars.env.rate</text></literalExpression></decision>
</definitions>"""


def script(expression: str) -> BpmnFile:
    """A process that evaluates an expression and waits."""
    b = BpmnFile("p").start("s").script_task("calc", expression, "r").service_task("t", job_type="w").end("e")
    return b.chain("s", "calc", "t", "e")


@pytest.fixture(params=[False, True], ids=["running", "restarting"])
def restarts(request) -> bool:
    return bool(request.param)


def result(d: EngineDriver, expression: str, **variables) -> object:
    """What an expression gives."""
    assert d.deploy("p.bpmn", script(expression))
    key = d.create("p", variables)
    assert d.incidents(key) == []
    return d.variables(key)["r"]


def test_a_name_is_given_once_for_everybody_and_once_for_each_tenant(restarts):
    d = EngineDriver(restarts=restarts)

    for tenant in ("", "a", "b"):
        assert isinstance(d.execute(CreateClusterVariable("rate", "1", tenant)), Done)

    for tenant, scope in (("", "GLOBAL"), ("a", "tenant: 'a'")):
        rejection = d.execute(CreateClusterVariable("rate", "2", tenant))
        assert (rejection.type, rejection.reason) == (
            RejectionType.ALREADY_EXISTS,
            f"Invalid cluster variable name: 'rate'. The name already exists in the scope '{scope}'",
        )
    assert [(row.tenant_id, row.value) for row in d.rows(CLUSTER_VARIABLES)] == [("", "1"), ("a", "1"), ("b", "1")]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "Invalid cluster variable name: ''. Cluster variable can not be null or empty."),
        ("a b", "Invalid cluster variable name: 'a b'. The name must not contains any whitespace."),
    ],
)
def test_a_name_without_characters_or_with_blanks_is_refused(name, reason):
    rejection = EngineDriver().execute(CreateClusterVariable(name, "1"))

    assert (rejection.type, rejection.reason) == (RejectionType.INVALID_ARGUMENT, reason)


@pytest.mark.parametrize("kind", [CreateClusterVariable, UpdateClusterVariable])
@pytest.mark.parametrize("value", ["", "text", "{", "[1,]", "1e999999", "[" * 5_000 + "]" * 5_000])
def test_a_value_that_is_no_json_is_refused(kind, value):
    d = EngineDriver()
    d.execute(CreateClusterVariable("there", "1"))
    name = "there" if kind is UpdateClusterVariable else "x"

    rejection = d.execute(kind(name, value))

    assert rejection.type is RejectionType.INVALID_ARGUMENT
    assert rejection.reason.startswith(f"Expected the value of cluster variable '{name}' to be JSON that FEEL can read")
    assert result(d, "=camunda.vars.env.there") == 1


@pytest.mark.parametrize("command", [UpdateClusterVariable("x", "1", "a"), DeleteClusterVariable("x", "a")])
def test_what_is_not_there_can_neither_change_nor_go(command):
    d = EngineDriver()
    d.execute(CreateClusterVariable("x", "1"))

    rejection = d.execute(command)

    assert (rejection.type, rejection.reason) == (
        RejectionType.NOT_FOUND,
        "Invalid cluster variable name: 'x'. The variable does not exist in the scope 'tenant: 'a''",
    )


def test_an_update_keeps_metadata_unless_it_gives_others_and_never_changes_the_kind(restarts):
    d = EngineDriver(restarts=restarts)
    d.execute(CreateClusterVariable("x", "1", metadata='{"a":1}', kind="SECRET_REFERENCE"))

    d.execute(UpdateClusterVariable("x", "2"))
    (kept,) = [(row.value, row.metadata, row.kind) for row in d.rows(CLUSTER_VARIABLES)]
    d.execute(UpdateClusterVariable("x", "3", metadata="{}"))
    (changed,) = [(row.value, row.metadata, row.kind) for row in d.rows(CLUSTER_VARIABLES)]

    assert kept == ("2", '{"a":1}', "SECRET_REFERENCE")
    assert changed == ("3", "{}", "SECRET_REFERENCE")


def test_expressions_see_everybodys_values_those_of_their_tenant_and_both_the_tenants_in_front(restarts):
    d = EngineDriver(restarts=restarts)
    d.execute(CreateClusterVariable("both", '{"x":1,"y":2}'))
    d.execute(CreateClusterVariable("both", '{"x":3}', TENANT))
    d.execute(CreateClusterVariable("shared", '"s"'))
    d.execute(CreateClusterVariable("own", "[1]", TENANT))
    d.execute(CreateClusterVariable("other", "9", "somebody-else"))

    found = result(
        d,
        "=[camunda.vars.cluster.both.x, camunda.vars.tenant.both.x, camunda.vars.env.both.x, camunda.vars.env.both.y,"
        " camunda.vars.env.shared, camunda.vars.tenant.shared, camunda.vars.env.own[1], camunda.vars.cluster.own,"
        " camunda.vars.env.other, camunda.vars.tenant.other, camunda.vars.env.`with-dash`]",
    )

    assert found == [1, 3, 3, None, "s", None, 1, None, None, None, None]


def test_the_next_expression_sees_a_change(restarts):
    d = EngineDriver(restarts=restarts)

    before = result(d, "=camunda.vars.env.rate")
    d.execute(CreateClusterVariable("rate", "1"))
    created = result(d, "=camunda.vars.env.rate")
    d.execute(UpdateClusterVariable("rate", "2"))
    updated = result(d, "=camunda.vars.env.rate")
    d.execute(CreateClusterVariable("rate", "3", TENANT))
    overruled = result(d, "=camunda.vars.env.rate")
    d.execute(DeleteClusterVariable("rate", TENANT))
    d.execute(DeleteClusterVariable("rate"))
    deleted = result(d, "=camunda.vars.env.rate")

    assert (before, created, updated, overruled, deleted) == (None, 1, 2, 3, None)


def test_a_variable_of_the_process_by_the_name_of_the_namespace_hides_all_of_them():
    d = EngineDriver()
    d.execute(CreateClusterVariable("rate", "1"))

    found = result(d, "=camunda.vars.env.rate", camunda={"vars": {"env": {"rate": 7}}})

    assert found == 7


def test_every_kind_of_expression_sees_them(restarts):
    b = BpmnFile("p").start("s").element("exclusiveGateway", "choice").flow("s", "choice")
    b.service_task("yes", job_type="=camunda.vars.env.jobType", inputs={"given": "=camunda.vars.cluster.limit"})
    b.service_task("no", job_type="no").flow("choice", "yes", "=camunda.vars.env.limit > 5").flow(
        "choice", "no", "=camunda.vars.env.limit <= 5"
    )
    b.catch("wait", b.timer_event(duration="=camunda.vars.env.wait"))
    loop = multi_instance("=camunda.vars.env.items", "item", completion_condition="=camunda.vars.env.limit = 0")
    b.service_task("many", job_type="many", inner=loop).end("e").chain("yes", "wait", "many", "e")
    d = EngineDriver(b, restarts=restarts)
    for name, value in {"limit": 6, "jobType": "special", "wait": "PT10S", "items": [1, 2]}.items():
        d.execute(CreateClusterVariable(name, json.dumps(value)))

    key = d.create("p")
    job = d.job("special")
    d.execute(UpdateClusterVariable("limit", "0"))
    d.execute(CompleteJob(job.key))
    waiting = d.elements(key, active=True)
    d.advance(10_000)
    one, other = d.jobs("many")
    d.execute(CompleteJob(one.key))

    assert json.loads(job.variables) == {"given": 6}
    assert waiting == ["wait"]
    assert (one.key < other.key, d.state(key)) == (True, "COMPLETED")


def test_the_items_of_a_loop_are_those_of_the_moment(restarts):
    loop = multi_instance("=camunda.vars.env.items", "item", sequential=True)
    b = BpmnFile("p").start("s").service_task("t", job_type="w", inner=loop).end("e").chain("s", "t", "e")
    d = EngineDriver(b, restarts=restarts)
    d.execute(CreateClusterVariable("items", "[1,2]"))
    key = d.create("p")
    first = d.job("w")

    d.execute(UpdateClusterVariable("items", "[1,5]"))
    d.execute(CompleteJob(first.key))

    assert json.loads(d.job("w").variables)["item"] == 5
    assert d.state(key) == "ACTIVATED"


def test_conditional_start_events_see_them(restarts):
    b = BpmnFile("p")
    b.start("s", b.conditional_event("=n > camunda.vars.env.least")).end("e").chain("s", "e")
    d = EngineDriver(b, restarts=restarts)
    d.execute(CreateClusterVariable("least", "5"))

    started = [len(d.execute(EvaluateConditionals({"n": n})).instances) for n in ("5", "6")]

    assert started == [0, 1]


def test_decisions_see_them_whoever_asks(restarts):
    d = EngineDriver(restarts=restarts)
    d.deploy("rules.dmn", DECISION)
    d.execute(CreateClusterVariable("rate", "2"))
    b = BpmnFile("p").start("s").decision_task("rule", "limit", "r").service_task("t", job_type="w")
    d.deploy("p.bpmn", b.chain("s", "rule", "t"))

    asked = d.execute(EvaluateDecision("limit", variables={"n": "1"}))
    key = d.create("p", {"n": 5})

    assert asked.output == "3"
    assert d.variables(key)["r"] == 7


def test_the_variables_of_a_tenant_go_with_it(restarts):
    d = EngineDriver(restarts=restarts)
    d.execute(CreateEntity("TENANT", "a", "A"))
    d.execute(CreateClusterVariable("x", "1", "a"))
    d.execute(CreateClusterVariable("x", "2"))

    d.execute(DeleteEntity("TENANT", "a"))

    assert [(row.tenant_id, row.value) for row in d.rows(CLUSTER_VARIABLES)] == [("", "2")]
