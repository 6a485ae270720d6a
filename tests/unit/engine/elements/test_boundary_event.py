"""Boundary event (engine-semantics §10, §16)."""

from __future__ import annotations

import pytest
from tests.bpmn_builder import BpmnFile, multi_instance
from tests.engine_driver import EngineDriver, refused

from kiang.protocol.commands import CancelProcessInstance, CompleteJob


def with_message(*, interrupting=True, task=None, **boundary):
    b = BpmnFile("p")
    b.start("s").service_task("t", job_type="w", **(task or {}))
    b.boundary("b", "t", b.message_event("hello", "=id"), interrupting=interrupting, **boundary)
    return b.end("e").end("b-end").chain("s", "t", "e").flow("b", "b-end")


def test_the_activity_is_terminated_with_its_job_before_the_event_is_entered():
    d = EngineDriver(with_message())
    d.create("p", {"id": "a"})

    d.publish("hello", "a")

    assert d.story("t", "b")[3:] == [
        "t TERMINATING",
        "t JobCanceled",
        "t TERMINATED",
        "b ACTIVATING",
        "b ACTIVATED",
        "b COMPLETING",
        "b COMPLETED",
    ]


def test_a_non_interrupting_event_leaves_the_activity_and_happens_again_and_again():
    d = EngineDriver(with_message(interrupting=False), restarts=True)
    key = d.create("p", {"id": "a"})

    d.publish("hello", "a", n=1)
    d.publish("hello", "a", n=2)
    d.complete("w")
    d.publish("hello", "a", n=3)

    assert d.elements(key).count("b") == 2
    assert d.state(key) == "COMPLETED"
    assert d.variables(key)["n"] == 2


def test_what_comes_in_is_local_to_the_event_and_goes_to_the_scope_around_not_to_the_activity():
    d = EngineDriver(with_message(task={"inputs": {"v": "=0"}}))
    key = d.create("p", {"id": "a"})

    d.publish("hello", "a", v=1)

    assert d.variables(d.element(key, "t")) == {"v": 0}
    assert d.variables(d.element(key, "b")) == {"v": 1}
    assert d.variables(key) == {"id": "a", "v": 1}


def test_with_output_mappings_only_what_is_mapped_goes_out():
    d = EngineDriver(with_message(outputs={"out": "=v + 1"}))
    key = d.create("p", {"id": "a"})

    d.publish("hello", "a", v=1)

    assert d.variables(key) == {"id": "a", "out": 2}


def test_an_output_mapping_that_fails_is_an_incident_of_the_event_and_the_activity_stays_gone():
    d = EngineDriver(with_message(outputs={"out": "=assert(v, v > 1)"}), restarts=True)
    key = d.create("p", {"id": "a"})
    d.publish("hello", "a", v=1)
    incident = d.incident(key)

    d.set_variables(d.element(key, "b"), local=True, v=2)
    d.resolve(incident.key)

    assert (incident.error_type, incident.element_id) == ("IO_MAPPING_ERROR", "b")
    assert d.state(key) == "COMPLETED"
    assert d.variables(key)["out"] == 2


def test_the_correlation_key_does_not_see_local_variables_of_the_activity():
    d = EngineDriver(with_message(task={"inputs": {"id": '="local"'}}))
    key = d.create("p", {"id": "a"})

    d.publish("hello", "local")
    before = d.elements(key, active=True)
    d.publish("hello", "a")

    assert before == ["t"]
    assert d.state(key) == "COMPLETED"


def test_a_timer_does_see_local_variables_of_the_activity():
    b = BpmnFile("p").start("s").service_task("t", job_type="w", inputs={"wait": '="PT1S"'})
    b.boundary("b", "t", b.timer_event(duration="=wait")).end("b-end")
    d = EngineDriver(b.flow("s", "t").flow("b", "b-end"))
    key = d.create("p")

    d.advance(1_000)

    assert d.state(key) == "COMPLETED"


def test_a_failing_expression_is_an_incident_of_the_activity_which_creates_no_job():
    d = EngineDriver(with_message(), restarts=True)
    key = d.create("p")
    incident = d.incident(key)
    jobs = d.jobs("w")

    d.set_variables(key, id="a")
    d.resolve(incident.key)

    assert (incident.error_type, incident.element_id) == ("EXTRACT_VALUE_ERROR", "t")
    assert jobs == []
    assert len(d.jobs("w")) == 1


def test_it_ends_an_activity_that_has_an_incident_and_the_incident_with_it():
    d = EngineDriver(with_message(), restarts=True)
    key = d.create("p", {"id": "a"})
    d.fail("w")
    before = d.incidents(key)

    d.publish("hello", "a")

    assert len(before) == 1
    assert d.incidents(key) == []
    assert d.state(key) == "COMPLETED"


def test_at_a_multi_instance_it_belongs_to_the_body_and_ends_all_runs():
    d = EngineDriver(with_message(task={"inner": multi_instance("=[1, 2, 3]", "i")}), restarts=True)
    key = d.create("p", {"id": "a"})
    d.complete("w")

    d.publish("hello", "a")

    assert d.state(key) == "COMPLETED"
    assert [state for id_, state in d.life(key) if id_ == "t"] == [
        "TERMINATED",
        "COMPLETED",
        "TERMINATED",
        "TERMINATED",
    ]
    assert d.elements(key).count("b") == 1


def test_of_two_that_are_due_at_the_same_time_only_one_interrupts():
    b = BpmnFile("p").start("s").service_task("t", job_type="w")
    for name in ("b1", "b2"):
        b.boundary(name, "t", b.timer_event(duration="PT1S")).end(f"{name}-end").flow(name, f"{name}-end")
    d = EngineDriver(b.flow("s", "t"), restarts=True)
    key = d.create("p")

    d.advance(1_000)

    assert d.state(key) == "COMPLETED"
    assert sum(d.elements(key).count(name) for name in ("b1", "b2")) == 1


def test_a_non_interrupting_path_goes_on_after_the_activity_has_ended():
    b = BpmnFile("p").start("s").service_task("t", job_type="w").service_task("beside", job_type="beside").end("e")
    b.boundary("b", "t", b.timer_event(duration="PT1S"), interrupting=False).chain("s", "t", "e").flow("b", "beside")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")
    d.advance(1_000)

    d.complete("w")
    between = d.state(key)
    d.complete("beside")

    assert (between, d.state(key)) == ("ACTIVATED", "COMPLETED")


def test_cancelling_the_instance_enters_no_boundary_event():
    d = EngineDriver(with_message())
    key = d.create("p", {"id": "a"})
    job = d.job("w")

    d.execute(CancelProcessInstance(key))

    assert "but no such job was found" in refused(d.execute(CompleteJob(job.key)))
    assert d.elements(key) == ["s", "t"]


@pytest.mark.parametrize(
    ("event", "interrupting", "message"),
    [
        (lambda b: b.error_event("x"), False, "Non-Interrupting event of this type is not allowed"),
        (lambda b: b.timer_event(cycle="R/PT1S"), True, "Interrupting timer event with time cycle is not allowed."),
        (lambda b: b.escalation_event("x"), True, "should only be attached to a subprocess, or a call activity."),
        (lambda b: b.terminate_event(), True, "Boundary events must be one of: "),
    ],
)
def test_what_cannot_stand_there_is_refused(event, interrupting, message):
    b = BpmnFile("p").start("s").service_task("t", job_type="w")
    b.boundary("b", "t", event(b), interrupting=interrupting).end("e").flow("s", "t").flow("b", "e")

    assert message in refused(EngineDriver().deploy("p.bpmn", b))


def test_they_are_subscribed_from_the_last_of_the_document_to_the_first():
    b = BpmnFile("p").start("s").service_task("t", job_type="w").flow("s", "t")
    for name in ("b1", "b2", "b3"):
        b.boundary(name, "t", b.timer_event(duration="PT1S"), interrupting=False).end(f"{name}-end")
        b.flow(name, f"{name}-end")
    d = EngineDriver(b)
    key = d.create("p")

    d.advance(1_000)

    assert [each for each in d.elements(key) if each in {"b1", "b2", "b3"}] == ["b3", "b2", "b1"]


def test_of_several_that_fail_the_one_that_comes_last_in_the_document_is_the_incident():
    b = BpmnFile("p").start("s").receive_task("t", "own", "=x0").flow("s", "t")
    for name in ("x1", "x2"):
        b.boundary(name, "t", b.message_event(name, f"={name}")).end(f"{name}-end").flow(name, f"{name}-end")
    d = EngineDriver(b)

    of_all, of_boundaries = d.create("p"), d.create("p", {"x0": 1})

    assert (
        "correlation key for 'x0'" in d.incident(of_all).error_message
    )  # what the activity itself waits for comes first
    assert "correlation key for 'x2'" in d.incident(of_boundaries).error_message
