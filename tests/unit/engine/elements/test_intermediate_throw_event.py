"""Intermediate throw event (engine-semantics §7, §9, §13)."""

from __future__ import annotations

from tests.bpmn_builder import BpmnFile
from tests.engine_driver import EngineDriver


def file(event="", **throw):
    return BpmnFile("p").start("s").throw("t", event, **throw).end("e").chain("s", "t", "e")


def test_a_none_one_passes_with_its_output_mappings():
    d = EngineDriver(file(outputs={"y": "=x + 1"}, inputs={"x": "=5"}))

    key = d.create("p", {"x": 1})

    assert d.state(key) == "COMPLETED"
    assert d.variables(key) == {"x": 1, "y": 2}


def test_a_message_one_is_a_job():
    b = BpmnFile("p").start("s")
    b.throw("t", b.message_event("hello"), job_type="send")
    d = EngineDriver(b.end("e").chain("s", "t", "e"), restarts=True)
    key = d.create("p")
    d.fail("send", message="no line")

    incident = d.incident(key)

    assert (incident.error_type, incident.element_id, incident.error_message) == ("JOB_NO_RETRIES", "t", "no line")


def test_a_signal_one_goes_on_at_once_and_what_it_starts_comes_after_it():
    b = BpmnFile("p").start("s")
    b.throw("t", b.signal_event("go")).end("e").chain("s", "t", "e")
    b.process("q").start("by-signal", b.signal_event("go")).end("q-end").flow("by-signal", "q-end")
    d = EngineDriver(b)

    key = d.create("p", {"x": 1})

    (started,) = d.instances("q")
    assert (d.state(key), d.state(started)) == ("COMPLETED", "COMPLETED")
    assert d.variables(started) == {}


def test_a_signal_name_that_is_no_text_is_an_incident_and_nothing_is_thrown():
    b = BpmnFile("p").start("s")
    b.throw("t", b.signal_event("=name")).end("e").chain("s", "t", "e")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")
    incident = d.incident(key)

    d.set_variables(key, name="go")
    d.resolve(incident.key)

    assert incident.error_message.startswith("Expected result of the expression 'name' to be 'STRING', but was 'NULL'.")
    assert d.state(key) == "COMPLETED"
