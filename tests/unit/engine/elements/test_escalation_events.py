"""Escalation events (engine-semantics §14)."""

from __future__ import annotations

import pytest
from tests.bpmn_builder import BpmnFile, multi_instance
from tests.engine_driver import EngineDriver


def file(*catches, code="a", end=False):
    """A sub-process that escalates, with boundary events (id, code, interrupting)."""
    b = BpmnFile("p").start("s")
    with b.sub_process("sub"):
        b.start("s1").service_task("t", job_type="w")
        if end:
            b.end("throw", b.escalation_event(code)).chain("s1", "t", "throw")
        else:
            b.throw("throw", b.escalation_event(code)).service_task("after", job_type="after")
            b.chain("s1", "t", "throw", "after")
    for id_, caught, interrupting in catches:
        b.boundary(id_, "sub", b.escalation_event(caught), interrupting=interrupting)
        b.end(f"{id_}-end").flow(id_, f"{id_}-end")
    return b.end("e").chain("s", "sub", "e")


def test_a_non_interrupting_catch_lets_both_paths_go_on():
    d = EngineDriver(file(("b", "a", False)), restarts=True)
    key = d.create("p")

    d.complete("w")

    assert d.elements(key, active=True) == ["sub", "after"]
    assert ("throw", "COMPLETED") in d.life(key)
    assert ("b-end", "COMPLETED") in d.life(key)


def test_an_interrupting_catch_terminates_the_throwing_event_with_the_rest():
    d = EngineDriver(file(("b", "a", True)), restarts=True)
    key = d.create("p")

    d.complete("w")

    life = dict(d.life(key))
    assert d.state(key) == "COMPLETED"
    assert life["throw"] == life["sub"] == "TERMINATED"
    assert "after" not in life


def test_an_exact_code_is_preferred_to_one_that_catches_all():
    d = EngineDriver(file(("all", None, True), ("exact", "a", True)))
    key = d.create("p")

    d.complete("w")

    assert "exact" in d.elements(key)
    assert "all" not in d.elements(key)


@pytest.mark.parametrize("end", [False, True])
def test_what_nobody_catches_does_nothing(end):
    d = EngineDriver(file(("b", "other", True), end=end), restarts=True)
    key = d.create("p")

    d.complete("w")

    assert d.incidents(key) == []
    assert ("throw", "COMPLETED") in d.life(key)
    assert "b" not in d.elements(key)


def test_it_carries_no_variables_and_its_outputs_see_those_of_the_scope_around():
    b = BpmnFile("p").start("s")
    with b.sub_process("sub"):
        b.start("s1").end("throw", b.escalation_event("a"), outputs={"x": "=1"}).flow("s1", "throw")
    b.boundary("b", "sub", b.escalation_event("a"), interrupting=False, outputs={"seen": "=y"}).end("e").flow(
        "s", "sub"
    )
    d = EngineDriver(b.flow("b", "e"))

    key = d.create("p", {"y": 5})

    assert d.variables(d.element(key, "b")) == {}
    assert d.variables(key)["seen"] == 5


def test_it_reaches_the_caller_of_a_process():
    child = BpmnFile("child").start("s")
    child.end("e", child.escalation_event("a")).flow("s", "e")
    b = BpmnFile("p").start("s").call_activity("c", "child")
    b.boundary("b", "c", b.escalation_event("a"), interrupting=False).end("b-end").end("e").chain("s", "c", "e")
    d = EngineDriver(child, b.flow("b", "b-end"), restarts=True)

    key = d.create("p")

    assert d.state(key) == d.state(d.instances("child")[0]) == "COMPLETED"
    assert "b-end" in d.elements(key)


def test_thrown_inside_a_non_interrupting_handler_of_the_same_code_it_starts_that_one_again():
    b = BpmnFile("p").start("s").service_task("t", job_type="w")
    b.throw("throw", b.escalation_event("a")).service_task("after", job_type="after").chain("s", "t", "throw", "after")
    with b.event_sub_process("esp"):
        b.start("s2", b.escalation_event("a"), interrupting=False).service_task("h", job_type="handle")
        b.end("again", b.escalation_event("a")).chain("s2", "h", "again")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")
    d.complete("w")

    d.complete("handle")

    assert d.elements(key).count("esp") == 2
    assert d.elements(key, active=True) == ["after", "esp", "h"]


def test_thrown_inside_an_interrupting_handler_of_the_same_code_it_counts_as_not_caught():
    b = BpmnFile("p").start("s")
    b.end("throw", b.escalation_event("a")).flow("s", "throw")
    with b.event_sub_process("esp"):
        b.start("s2", b.escalation_event("a")).end("again", b.escalation_event("a")).flow("s2", "again")
    d = EngineDriver(b)

    key = d.create("p")

    assert d.state(key) == "COMPLETED"
    assert d.life(key)[-1] == ("again", "COMPLETED")


def test_a_code_that_is_no_text_is_an_incident_until_it_is():
    d = EngineDriver(file(("b", "a", False), code="=code", end=True), restarts=True)
    key = d.create("p")
    d.complete("w")
    incident = d.incident(key)

    d.set_variables(key, code="a")
    d.resolve(incident.key)

    assert (incident.error_type, incident.element_id) == ("EXTRACT_VALUE_ERROR", "throw")
    assert "b-end" in d.elements(key)
    assert d.state(key) == "COMPLETED"


def test_each_run_of_a_multi_instance_sub_process_escalates_by_itself():
    b = BpmnFile("p").start("s")
    with b.sub_process("sub", inner=multi_instance("=[1, 2, 3]")):
        b.start("s1").end("throw", b.escalation_event("a")).flow("s1", "throw")
    b.boundary("b", "sub", b.escalation_event("a"), interrupting=False).end("b-end").flow("s", "sub").flow("b", "b-end")
    d = EngineDriver(b)

    key = d.create("p")

    assert d.elements(key).count("b-end") == 3
    assert d.state(key) == "COMPLETED"


def test_an_interrupting_event_sub_process_ends_the_path_that_escalated():
    b = BpmnFile("p").start("s").service_task("t", job_type="w")
    b.throw("throw", b.escalation_event("a")).service_task("after", job_type="after").chain("s", "t", "throw", "after")
    b.service_task("beside", job_type="beside").flow("s", "beside")
    with b.event_sub_process("esp"):
        b.start("s2", b.escalation_event("a")).service_task("h", job_type="h").flow("s2", "h")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")

    d.complete("w")

    assert d.elements(key, active=True) == ["esp", "h"]
    assert ("throw", "TERMINATED") in d.life(key)
    assert "after" not in d.elements(key)


def test_of_two_escalations_at_once_the_second_is_caught_too_and_ends_with_what_the_first_interrupts():
    b = BpmnFile("p").start("start")
    with b.sub_process("sub"):
        b.start("s").element("parallelGateway", "fork").chain("s", "fork")
        for id_ in ("one", "two"):
            b.throw(id_, b.escalation_event("oops")).chain("fork", id_)
    b.boundary("caught", "sub", b.escalation_event("oops")).end("end").chain("caught", "end").chain("start", "sub")
    d = EngineDriver(b.xml())

    key = d.create("p")

    assert d.elements(key).count("caught") == 1
    assert [state for id_, state in d.life(key) if id_ in {"one", "two"}] == ["TERMINATED", "TERMINATED"]
