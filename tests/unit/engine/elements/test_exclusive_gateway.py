"""Exclusive gateway (engine-semantics §18)."""

from __future__ import annotations

import pytest
from tests.bpmn_builder import BpmnFile
from tests.engine_driver import EngineDriver, refused


def file(*conditions, default=None, **gateway):
    """A gateway with flows to e0, e1 …, in document order."""
    b = BpmnFile("p").start("s").element("exclusiveGateway", "g", default=default, **gateway).flow("s", "g")
    for number, condition in enumerate(conditions):
        b.end(f"e{number}").flow("g", f"e{number}", condition)
    return b


def test_the_last_true_condition_of_the_document_wins():
    d = EngineDriver(file("=true", "=true", "=false"))

    key = d.create("p")

    assert d.elements(key) == ["s", "g", "e1"]


def test_conditions_behind_the_first_true_one_are_not_evaluated():
    d = EngineDriver(file("=missing > 1", "=true"))

    key = d.create("p")

    assert d.state(key) == "COMPLETED"


def test_a_condition_that_fails_on_the_way_is_an_incident_though_another_would_be_true():
    d = EngineDriver(file("=true", "=x > 1"), restarts=True)
    key = d.create("p")
    incident = d.incident(key)

    d.set_variables(key, x=0)
    d.resolve(incident.key)

    assert (incident.error_type, incident.element_id) == ("EXTRACT_VALUE_ERROR", "g")
    assert incident.error_message.startswith(
        "Expected result of the expression 'x > 1' to be 'BOOLEAN', but was 'NULL'."
    )
    assert d.elements(key) == ["s", "g", "e0"]


def test_the_default_flow_is_taken_when_nothing_else_is_and_its_condition_is_not_evaluated():
    d = EngineDriver(file("=1", "=false", default="g-e0"))

    key = d.create("p")

    assert d.elements(key) == ["s", "g", "e0"]


def test_no_true_condition_and_no_default_is_an_incident_and_each_try_makes_a_new_one():
    d = EngineDriver(file("=x = 1", "=x = 2"), restarts=True)
    key = d.create("p", {"x": 3})
    first = d.incident(key)

    d.resolve(first.key)
    second = d.incident(key)
    d.set_variables(key, x=2)
    d.resolve(second.key)

    assert first.error_type == second.error_type == "CONDITION_ERROR"
    assert first.error_message == "Expected at least one condition to evaluate to true, or to have a default flow"
    assert first.key != second.key
    assert d.elements(key) == ["s", "g", "e1"]


def test_a_single_flow_with_a_condition_is_evaluated_and_one_without_is_taken():
    d = EngineDriver(
        file("=false"), BpmnFile("q").start("s").element("exclusiveGateway", "g").end("e").chain("s", "g", "e")
    )

    with_condition, without = d.create("p"), d.create("q")

    assert d.incident(with_condition).error_type == "CONDITION_ERROR"
    assert d.state(without) == "COMPLETED"


def test_without_outgoing_flow_the_path_ends():
    d = EngineDriver(file())

    key = d.create("p")

    assert d.state(key) == "COMPLETED"


def test_as_a_join_it_lets_every_token_through():
    b = (
        BpmnFile("p")
        .start("s")
        .element("parallelGateway", "fork")
        .element("exclusiveGateway", "g")
        .service_task("t", job_type="w")
    )
    b.flow("s", "fork").flow("fork", "g", id_="one").flow("fork", "g", id_="two").flow("g", "t")
    d = EngineDriver(b)

    d.create("p")

    assert len(d.jobs("w")) == 2


def test_its_conditions_see_what_its_start_listeners_give():
    d = EngineDriver(file("=x = 1", "=x = 2", execution_listeners=(("start", "before"),)), restarts=True)
    key = d.create("p")

    d.complete("before", x=1)

    assert d.elements(key) == ["s", "g", "e0"]
    assert d.variables(key) == {}


def test_comparing_with_a_missing_variable_for_equality_is_no_incident():
    d = EngineDriver(file("=missing = 1", "=missing != 1"))

    key = d.create("p")

    assert d.elements(key) == ["s", "g", "e1"]


@pytest.mark.parametrize(
    ("conditions", "default", "message"),
    [
        ((None, "=true"), None, "Must have a condition or be default flow"),
        (("=true",), "s-g", "Default flow must start at gateway"),
    ],
)
def test_what_cannot_be_decided_is_refused(conditions, default, message):
    answer = EngineDriver().deploy("p.bpmn", file(*conditions, default=default))

    assert message in refused(answer)
