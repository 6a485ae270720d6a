"""Start event (engine-semantics §7, §9, §11)."""

from __future__ import annotations

from tests.bpmn_builder import BpmnFile
from tests.engine_driver import EngineDriver, refused

from kiang.protocol.commands import CreateProcessInstance


def by_message(**start):
    b = BpmnFile("p")
    b.start("s", b.message_event("hello"), **start).service_task("t", job_type="w").end("e")
    return b.chain("s", "t", "e")


def test_output_mappings_of_a_none_start_event_are_carried_out():
    d = EngineDriver(BpmnFile("p").start("s", outputs={"y": "=x + 1"}).end("e").flow("s", "e"))

    key = d.create("p", {"x": 1})

    assert d.variables(key) == {"x": 1, "y": 2}


def test_what_a_message_brings_is_local_to_the_event_and_goes_to_the_instance():
    d = EngineDriver(by_message())

    d.publish("hello", v=1)

    (key,) = d.instances("p")
    assert d.variables(d.element(key, "s")) == d.variables(key) == {"v": 1}


def test_with_output_mappings_the_rest_stays_at_the_event():
    d = EngineDriver(by_message(outputs={"out": "=v"}))

    d.publish("hello", v=1, w=2)

    (key,) = d.instances("p")
    assert d.variables(d.element(key, "s")) == {"v": 1, "w": 2}
    assert d.variables(key) == {"out": 1}


def test_an_output_mapping_that_fails_is_an_incident_of_the_start_event():
    d = EngineDriver(by_message(outputs={"out": "=assert(v, v > 1)"}), restarts=True)
    d.publish("hello", v=1)
    (key,) = d.instances("p")
    incident = d.incident(key)

    d.set_variables(d.element(key, "s"), local=True, v=2)
    d.resolve(incident.key)

    assert (incident.error_type, incident.element_id) == ("IO_MAPPING_ERROR", "s")
    assert d.variables(key) == {"out": 2}


def test_only_the_latest_version_is_started_by_a_message():
    d = EngineDriver(by_message())
    d.deploy("file0.bpmn", by_message(outputs={"out": "=v"}))

    d.publish("hello", v=1)

    assert [d.variables(key) for key in d.instances("p")] == [{"out": 1}]


def test_a_process_without_none_start_event_cannot_be_started_by_hand():

    d = EngineDriver(by_message())

    answer = d.execute(CreateProcessInstance("p"))

    assert "Expected to create instance of process with none start event, but there is no such event" in refused(answer)


def test_two_none_start_events_are_refused():
    answer = EngineDriver().deploy("p.bpmn", BpmnFile("p").start("a").start("b").end("e").flow("a", "e").flow("b", "e"))

    assert "Multiple none start events are not allowed" in refused(answer)
