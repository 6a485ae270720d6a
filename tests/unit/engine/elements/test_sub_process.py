"""Sub-process (engine-semantics §7, §9)."""

from __future__ import annotations

import pytest
from tests.bpmn_builder import BpmnFile, io_mapping, listeners, multi_instance
from tests.engine_driver import EngineDriver, refused

from kiang.protocol.commands import CancelProcessInstance


def file(*, extensions="", inner="", boundary=None):
    b = BpmnFile("p").start("s")
    with b.sub_process("sub", extensions=extensions, inner=inner):
        b.start("s2").service_task("t", job_type="w").end("e2").chain("s2", "t", "e2")
    if boundary:
        b.boundary("b", "sub", boundary(b)).end("b-end").flow("b", "b-end")
    return b.end("e").chain("s", "sub", "e")


def test_it_is_active_before_what_is_inside_begins_and_completes_after_it():
    d = EngineDriver(file())
    d.create("p")

    d.complete("w")

    story = [step for step in d.story("sub", "s2", "e2") if "ING" not in step]
    assert story == ["sub ACTIVATED", "s2 ACTIVATED", "s2 COMPLETED", "e2 ACTIVATED", "e2 COMPLETED", "sub COMPLETED"]


def test_results_inside_go_to_the_process_unless_the_sub_process_has_the_variable():
    d = EngineDriver(file(extensions=io_mapping({"mine": "=1"})))
    key = d.create("p")

    d.complete("w", mine=2, other=3)

    assert d.variables(d.element(key, "sub")) == {"mine": 2}
    assert d.variables(key) == {"other": 3}


def test_output_mappings_are_evaluated_in_its_scope():
    d = EngineDriver(file(extensions=io_mapping({"mine": "=1"}, {"out": "=mine + other"})))
    key = d.create("p")

    d.complete("w", mine=2, other=3)

    assert d.variables(key) == {"other": 3, "out": 5}


def test_a_failing_output_mapping_is_an_incident_of_the_sub_process_when_all_inside_is_done():
    d = EngineDriver(file(extensions=io_mapping(outputs={"out": "=assert(x, x != null)"})), restarts=True)
    key = d.create("p")
    d.complete("w")
    incident = d.incident(key)

    d.set_variables(key, x=1)
    d.resolve(incident.key)

    assert (incident.error_type, incident.element_id) == ("IO_MAPPING_ERROR", "sub")
    assert d.variables(key) == {"x": 1, "out": 1}


def test_an_interrupting_boundary_event_terminates_from_outside_to_inside_and_back():
    d = EngineDriver(file(boundary=lambda b: b.timer_event(duration="PT1S")))
    key = d.create("p")

    d.advance(1_000)

    story = d.story("sub", "t", "b")
    assert story[story.index("sub TERMINATING") : story.index("b ACTIVATING")] == [
        "sub TERMINATING",
        "t TERMINATING",
        "t JobCanceled",
        "t TERMINATED",
        "sub TERMINATED",
    ]
    assert d.state(key) == "COMPLETED"


def test_cancelling_terminates_what_is_inside():
    d = EngineDriver(file(), restarts=True)
    key = d.create("p")

    d.execute(CancelProcessInstance(key))

    assert d.state(key) == "TERMINATED"
    assert d.life(key)[1:] == [("sub", "TERMINATED"), ("s2", "COMPLETED"), ("t", "TERMINATED")]


def test_it_completes_when_a_path_inside_stops_without_end_event():
    b = BpmnFile("p").start("s")
    with b.sub_process("sub"):
        b.start("s2").element("task", "t").flow("s2", "t")
    d = EngineDriver(b.end("e").chain("s", "sub", "e"))

    key = d.create("p")

    assert d.elements(key)[-1] == "e"


def test_it_waits_for_all_paths_inside():
    b = BpmnFile("p").start("s")
    with b.sub_process("sub"):
        b.start("s2").service_task("a", job_type="a").service_task("b", job_type="b").flow("s2", "a").flow("s2", "b")
    d = EngineDriver(b.end("e").chain("s", "sub", "e"), restarts=True)
    key = d.create("p")

    d.complete("b")
    between = d.elements(key, active=True)
    d.complete("a")

    assert between == ["sub", "a"]
    assert d.state(key) == "COMPLETED"


def test_its_listeners_run_around_all_that_is_inside():
    d = EngineDriver(file(extensions=listeners(("start", "before"), ("end", "after"))), restarts=True)
    key = d.create("p")
    early = d.jobs("w")

    d.complete("before", x=1)
    d.complete("w")
    between = d.state(key)
    d.complete("after", y=2)

    assert early == []
    assert (between, d.state(key)) == ("ACTIVATED", "COMPLETED")
    assert d.variables(d.element(key, "sub")) == {"x": 1}
    assert d.variables(key) == {"y": 2}


def test_each_run_of_a_multi_instance_has_a_scope_of_its_own():
    loop = multi_instance("=[1, 2]", "i", output_collection="rs", output_element="=r")
    d = EngineDriver(file(inner=loop), restarts=True)
    key = d.create("p")

    d.complete("w", r="a")
    d.complete("w", r="b")

    assert d.variables(key) == {"rs": ["a", "b"]}


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        (lambda b: b.element("task", "t"), "Must have exactly one start event"),
        (lambda b: b.start("a", b.timer_event(duration="PT1S")), "Start events in subprocesses must be of type none"),
    ],
)
def test_one_that_cannot_begin_is_refused(inside, message):
    b = BpmnFile("p").start("s")
    with b.sub_process("sub"):
        inside(b)

    assert message in refused(EngineDriver().deploy("p.bpmn", b.flow("s", "sub")))
