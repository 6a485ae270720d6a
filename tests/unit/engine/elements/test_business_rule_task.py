"""Business rule task (engine-semantics §19)."""

from __future__ import annotations

from tests.bpmn_builder import BpmnFile
from tests.engine_driver import EngineDriver

from kiang.protocol.commands import Deploy

DECISION = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="drg" name="drg" namespace="urn:test">
  <decision id="d" name="d"><literalExpression id="l"><text>{text}</text></literalExpression></decision>
</definitions>"""


def decide(d, text):
    """Deploy the decision."""
    return d.execute(Deploy((("d.dmn", DECISION.format(text=text).encode()),)))


def file(**task):
    return BpmnFile("p").start("s").decision_task("t", "d", "r", **task).end("e").chain("s", "t", "e")


def test_the_result_of_the_latest_version_becomes_a_variable():
    d = EngineDriver(file())
    decide(d, "x + 1")
    decide(d, "x + 2")

    key = d.create("p", {"x": 1})

    assert d.state(key) == "COMPLETED"
    assert d.variables(key) == {"x": 1, "r": 3}


def test_the_decision_sees_the_input_mappings_and_outputs_keep_the_result_inside():
    d = EngineDriver(file(inputs={"x": "=y * 10"}, outputs={"out": "=r"}))
    decide(d, "x + 1")

    key = d.create("p", {"y": 2})

    assert d.variables(key) == {"y": 2, "out": 21}


def test_an_unknown_decision_is_an_incident_until_it_is_deployed():
    d = EngineDriver(file(), restarts=True)
    key = d.create("p")
    incident = d.incident(key)

    decide(d, "1")
    d.resolve(incident.key)

    assert incident.error_type == "CALLED_DECISION_ERROR"
    assert incident.error_message == "Expected to evaluate decision 'd', but no decision found for id 'd'"
    assert d.variables(key) == {"r": 1}


def test_a_decision_that_fails_is_an_incident_of_its_own_type():
    d = EngineDriver(file(), restarts=True)
    decide(d, "assert(x, x != null)")
    key = d.create("p")
    incident = d.incident(key)

    d.set_variables(key, x=5)
    d.resolve(incident.key)

    assert incident.error_type == "DECISION_EVALUATION_ERROR"
    assert incident.error_message.startswith("Expected to evaluate decision 'd', but ")
    assert d.variables(key) == {"x": 5, "r": 5}


def test_the_id_may_be_an_expression_and_must_be_text():
    b = BpmnFile("p").start("s").decision_task("t", "=which", "r").end("e").chain("s", "t", "e")
    d = EngineDriver(b)
    decide(d, "1")

    good, bad = d.create("p", {"which": "d"}), d.create("p", {"which": 1})

    assert d.state(good) == "COMPLETED"
    assert (
        d.incident(bad).error_message == "Expected result of the expression 'which' to be 'STRING', but was 'NUMBER'."
    )


def test_with_a_task_definition_it_is_a_job():
    b = BpmnFile("p").start("s").job_task("businessRuleTask", "t", job_type="rules").end("e").chain("s", "t", "e")
    d = EngineDriver(b)
    key = d.create("p")

    d.complete("rules", r=1)

    assert d.variables(key) == {"r": 1}
