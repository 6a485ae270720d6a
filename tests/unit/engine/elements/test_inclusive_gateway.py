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
