"""Receive task (engine-semantics §9, §10, §11)."""

from __future__ import annotations

from tests.bpmn_builder import BpmnFile, multi_instance
from tests.engine_driver import EngineDriver, refused


def file(correlation_key="=id", **task):
    return BpmnFile("p").start("s").receive_task("t", "paid", correlation_key, **task).end("e").chain("s", "t", "e")


def test_its_variables_go_out_like_those_of_a_job():
    d = EngineDriver(file(), restarts=True)
    key = d.create("p", {"id": "a"})

    d.publish("paid", "a", amount=5)

    assert d.state(key) == "COMPLETED"
    assert d.variables(key) == {"id": "a", "amount": 5}


def test_with_output_mappings_only_what_is_mapped_goes_out():
    d = EngineDriver(file(outputs={"total": "=amount"}))
    key = d.create("p", {"id": "a"})

    d.publish("paid", "a", amount=5)

    assert d.variables(key) == {"id": "a", "total": 5}


def test_the_correlation_key_sees_the_input_mappings():
    d = EngineDriver(file("=local", inputs={"local": "=id + 1"}))
    key = d.create("p", {"id": 1})

    d.publish("paid", "2")

    assert d.state(key) == "COMPLETED"


def test_a_buffered_message_is_taken_at_once():
    d = EngineDriver(file())
    d.publish("paid", "a", ttl_ms=1_000)

    key = d.create("p", {"id": "a"})

    assert d.state(key) == "COMPLETED"


def test_a_missing_key_is_an_incident_until_the_variable_is_there():
    d = EngineDriver(file(), restarts=True)
    key = d.create("p")
    incident = d.incident(key)

    d.set_variables(key, id=7.9)
    d.resolve(incident.key)
    d.publish("paid", "7")

    assert incident.error_type == "EXTRACT_VALUE_ERROR"
    assert incident.error_message.startswith(
        "Failed to extract the correlation key for 'id': The value must be either a string or a number, but was 'NULL'."
    )
    assert d.state(key) == "COMPLETED"


def test_a_message_after_the_task_was_left_reaches_nobody():
    b = file()
    b.boundary("late", "t", b.timer_event(duration="PT1S")).service_task("after", job_type="w").end("e2")
    d = EngineDriver(b.chain("late", "after", "e2"))
    key = d.create("p", {"id": "a"})
    d.advance(1_000)

    d.publish("paid", "a", amount=5)

    assert d.elements(key, active=True) == ["after"]
    assert "amount" not in d.variables(key)


def test_of_one_multi_instance_each_run_waits_for_its_own_message():
    d = EngineDriver(file("=item", inner=multi_instance("=[1, 2]", "item")))
    key = d.create("p")

    d.publish("paid", "2")
    waiting = d.state(key)
    d.publish("paid", "1")

    assert (waiting, d.state(key)) == ("ACTIVATED", "COMPLETED")


def test_a_boundary_event_with_the_same_message_is_refused():
    b = file()
    b.boundary("b", "t", b.message_event("paid", "=id")).end("e2").flow("b", "e2")

    answer = EngineDriver().deploy("p.bpmn", b)

    assert "Cannot reference the same message name as a boundary event" in refused(answer)
