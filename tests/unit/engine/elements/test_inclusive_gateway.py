"""Inclusive gateway (engine-semantics §18)."""

from __future__ import annotations

from tests.bpmn_builder import BpmnFile
from tests.engine_driver import EngineDriver


def file():
    b = BpmnFile("p").start("s").element("inclusiveGateway", "fork").element("inclusiveGateway", "join")
    b.service_task("a", job_type="a").service_task("b", job_type="b").end("e")
    return (
        b.chain("s", "fork")
        .flow("fork", "a", "=x > 0")
        .flow("fork", "b", "=x > 1")
        .chain("a", "join", "e")
        .chain("b", "join")
    )


def test_the_join_waits_for_the_branches_that_were_taken():
    d = EngineDriver(file(), restarts=True)
    key = d.create("p", {"x": 2})

    d.complete("a")
    before = d.state(key)
    d.complete("b")

    assert before == "ACTIVATED"
    assert d.state(key) == "COMPLETED"


def test_a_single_branch_passes_the_join_alone():
    d = EngineDriver(file(), restarts=True)
    key = d.create("p", {"x": 1})

    d.complete("a")

    assert d.state(key) == "COMPLETED"


def test_no_condition_that_holds_is_an_incident_that_can_be_resolved():
    d = EngineDriver(file())
    key = d.create("p", {"x": 0})
    incident = d.incident(key)

    d.set_variables(key, x=2)
    d.resolve(incident.key)

    assert incident.error_type == "CONDITION_ERROR"
    assert d.elements(key, active=True) == ["b", "a"]


def test_a_condition_that_is_no_boolean_takes_nothing_though_others_are_true():
    b = BpmnFile("p").start("s").element("inclusiveGateway", "g").end("a").end("b").flow("s", "g")
    d = EngineDriver(b.flow("g", "a", "=true").flow("g", "b", "=x"), restarts=True)
    key = d.create("p")
    before = d.elements(key)
    incident = d.incident(key)

    d.set_variables(key, x=True)
    d.resolve(incident.key)

    assert before == ["s", "g"]
    assert incident.error_message.startswith("Expected result of the expression 'x' to be 'BOOLEAN', but was 'NULL'.")
    assert d.elements(key) == ["s", "g", "b", "a"]


def test_the_default_flow_is_taken_only_when_no_condition_is_true():
    b = BpmnFile("p").start("s").element("inclusiveGateway", "g", default="g-a").end("a").end("b").flow("s", "g")
    d = EngineDriver(b.flow("g", "a").flow("g", "b", "=x"))

    none, one = d.create("p", {"x": False}), d.create("p", {"x": True})

    assert d.elements(none) == ["s", "g", "a"]
    assert d.elements(one) == ["s", "g", "b"]


def test_the_join_lets_its_token_go_when_the_other_one_ends_elsewhere():
    b = BpmnFile("p").start("s").element("parallelGateway", "fork").service_task("t", job_type="w")
    b.element("exclusiveGateway", "choice", default="away").end("elsewhere").element("inclusiveGateway", "join").end(
        "e"
    )
    b.flow("s", "fork").flow("fork", "join").chain("fork", "t", "choice").flow("choice", "elsewhere", id_="away")
    d = EngineDriver(b.flow("choice", "join", "=back").flow("join", "e"), restarts=True)
    key = d.create("p")
    before = d.elements(key)

    d.complete("w", back=False)

    assert "join" not in before
    assert d.state(key) == "COMPLETED"
    assert d.elements(key).count("join") == 1


def test_a_boundary_event_that_could_still_bring_a_token_holds_the_join_up():
    b = BpmnFile("p").start("s").element("parallelGateway", "fork").service_task("t", job_type="w").end("done")
    b.boundary("late", "t", b.timer_event(duration="PT1H")).element("inclusiveGateway", "join").end("e")
    b.flow("s", "fork").flow("fork", "join").chain("fork", "t", "done").flow("late", "join").flow("join", "e")
    d = EngineDriver(b, restarts=True)
    in_time, late = d.create("p"), d.create("p")
    before = d.elements(late)

    d.complete("w")
    d.advance(3_600_000)

    assert "join" not in before
    assert [d.state(key) for key in (in_time, late)] == ["COMPLETED", "COMPLETED"]
    assert [d.elements(key).count("join") for key in (in_time, late)] == [1, 1]
