"""Service task (engine-semantics §3, §7, §9)."""

from __future__ import annotations

import json

import pytest
from tests.bpmn_builder import BpmnFile
from tests.engine_driver import EngineDriver, refused

from kiang.protocol.commands import UpdateJobRetries


def file(**task):
    return BpmnFile("p").start("s").service_task("t", **{"job_type": "w", **task}).end("e").chain("s", "t", "e")


def test_the_job_is_created_before_the_task_is_active_and_gone_before_the_task_completes():
    d = EngineDriver(file())
    d.create("p")

    d.complete("w")

    assert d.story("t") == [
        "t ACTIVATING",
        "t JobCreated",
        "t ACTIVATED",
        "t JobActivated",
        "t JobCompleted",
        "t COMPLETING",
        "t COMPLETED",
    ]


def test_type_and_retries_may_be_expressions_and_headers_without_value_are_left_out():
    d = EngineDriver(file(job_type='="pay-" + method', retries="=tries", task_headers={"unit": "EUR", "blank": ""}))
    d.create("p", {"method": "card", "tries": 2.9})

    job = d.job("pay-card")

    assert job.retries == 2
    assert json.loads(job.headers) == {"unit": "EUR"}


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({"job_type": "=kind"}, "Expected result of the expression 'kind' to be 'STRING', but was 'NULL'."),
        ({"job_type": "123"}, "Expected result of the expression '123' to be 'STRING', but was 'NUMBER'."),
        ({"retries": "=kind"}, "Expected result of the expression 'kind' to be 'NUMBER', but was 'NULL'."),
        ({"retries": "three"}, "Expected result of the expression 'three' to be 'NUMBER', but was 'STRING'."),
    ],
)
def test_a_type_or_number_of_retries_that_does_not_fit_is_an_incident_of_the_task(task, message):
    d = EngineDriver(file(**task))

    key = d.create("p")

    incident = d.incident(key)
    assert (incident.error_type, incident.element_id) == ("EXTRACT_VALUE_ERROR", "t")
    assert incident.error_message.startswith(message)
    assert d.job_rows(key) == []


def test_resolving_an_expression_evaluates_the_input_mappings_again():
    d = EngineDriver(file(job_type="=kind", inputs={"kind": "=given"}), restarts=True)
    key = d.create("p")
    first = d.incident(key)

    d.set_variables(key, given=5)
    d.resolve(first.key)
    second = d.incident(key)
    d.set_variables(key, given="w")
    d.resolve(second.key)

    assert second.key != first.key
    assert "to be 'STRING', but was 'NUMBER'" in second.error_message
    assert d.incidents(key) == []
    assert d.job("w").element_id == "t"


def test_a_job_without_retries_is_an_incident_that_needs_retries_to_be_resolved():
    d = EngineDriver(file(), restarts=True)
    key = d.create("p")
    d.fail("w", message="no paper", tray=2)
    incident = d.incident(key)

    too_early = d.resolve(incident.key)
    d.execute(UpdateJobRetries(incident.job_key, 1))
    d.resolve(incident.key)

    assert (incident.error_type, incident.error_message) == ("JOB_NO_RETRIES", "no paper")
    assert f"but job with key '{incident.job_key}' has no retries left" in refused(too_early)
    assert d.variables(d.element(key, "t")) == {"tray": 2}
    assert d.job("w").key == incident.job_key


def test_a_failure_without_message_has_the_text_of_the_engine():
    d = EngineDriver(file())
    key = d.create("p")

    d.fail("w")

    assert d.incident(key).error_message == "No more retries left."


def test_results_go_to_the_nearest_scope_that_has_the_variable_and_else_to_the_process():
    d = EngineDriver(file(inputs={"inside": "=1"}))
    key = d.create("p", {"outside": 1})
    task = d.element(key, "t")

    d.complete("w", inside=2, outside=3, new=4)

    assert d.variables(key) == {"outside": 3, "new": 4}
    assert d.variables(task) == {"inside": 2}


def test_a_result_equal_to_a_local_variable_is_not_stopped_by_it():
    d = EngineDriver(file(inputs={"inside": "=1"}))
    key = d.create("p")

    d.complete("w", inside=1)

    assert d.variables(key) == {"inside": 1}


def test_with_output_mappings_only_what_is_mapped_leaves_the_task():
    d = EngineDriver(file(outputs={"sum": "=a + b"}))
    key = d.create("p")

    d.complete("w", a=1, b=2)

    assert d.variables(key) == {"sum": 3}
    assert d.variables(d.element(key, "t")) == {"a": 1, "b": 2}


def test_an_error_that_nothing_catches_is_an_incident_and_resolving_hands_the_job_out_again():
    d = EngineDriver(file(), restarts=True)
    key = d.create("p")
    d.throw("w", "broken", "it is", detail=1)
    incident = d.incident(key)

    nothing = d.jobs("w")
    d.resolve(incident.key)

    assert incident.error_type == "UNHANDLED_ERROR_EVENT"
    assert incident.error_message == (
        "Expected to throw an error event with the code 'broken' with message 'it is', but it was not caught."
        " No error events are available in the scope."
    )
    assert nothing == []
    assert d.variables(key) == d.variables(d.element(key, "t")) == {}
    assert d.job("w").retries == 3
