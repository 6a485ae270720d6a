"""Script task (engine-semantics §19)."""

from __future__ import annotations

import pytest
from tests.bpmn_builder import BpmnFile, multi_instance
from tests.engine_driver import EngineDriver


def file(expression, **task):
    return BpmnFile("p").start("s").script_task("t", expression, "r", **task).end("e").chain("s", "t", "e")


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("=x + 1", 3),
        ('="a" + "b"', "ab"),
        ("=missing", None),
        ("=[x, true, {a: null}]", [2, True, {"a": None}]),
        ('=duration("PT90S")', "PT1M30S"),
        ("=1 + 2 // three", 3),
    ],
)
def test_the_result_may_be_of_any_type(expression, result):
    d = EngineDriver(file(expression))

    key = d.create("p", {"x": 2})

    assert d.variables(key) == {"x": 2, "r": result}


def test_the_script_sees_the_input_mappings_and_outputs_keep_the_result_inside():
    d = EngineDriver(file("=a * 2", inputs={"a": "=x + 1"}, outputs={"out": "=r + 1"}))

    key = d.create("p", {"x": 1})

    assert d.variables(key) == {"x": 1, "out": 5}


def test_a_result_variable_with_a_dot_is_one_name():
    b = BpmnFile("p").start("s").script_task("t", "=1", "a.b").end("e").chain("s", "t", "e")

    d = EngineDriver(b)

    assert d.variables(d.create("p")) == {"a.b": 1}


def test_a_script_that_fails_is_an_incident_until_it_succeeds():
    d = EngineDriver(file("=assert(x, x != null)"), restarts=True)
    key = d.create("p")
    incident = d.incident(key)

    d.set_variables(key, x=1)
    d.resolve(incident.key)

    assert (incident.error_type, incident.element_id) == ("EXTRACT_VALUE_ERROR", "t")
    assert "Assertion failure on evaluate the expression 'assert(x, x != null)'" in incident.error_message
    assert d.state(key) == "COMPLETED"


def test_of_branches_that_write_one_variable_the_first_of_the_document_wins():
    b = BpmnFile("p").start("s").element("parallelGateway", "g")
    for name in ("first", "second"):
        b.script_task(name, f'="{name}"', "r").end(f"end-{name}").chain("g", name, f"end-{name}")
    d = EngineDriver(b.flow("s", "g"))

    key = d.create("p")

    assert d.variables(key) == {"r": "first"}


def test_each_run_of_a_multi_instance_has_its_own_result():
    loop = multi_instance("=[1, 2, 3]", "i", output_collection="rs", output_element="=r")
    d = EngineDriver(file("=i * i", inner=loop))

    key = d.create("p")

    assert d.variables(key) == {"rs": [1, 4, 9]}


def test_with_a_task_definition_it_is_a_job():
    b = BpmnFile("p").start("s").job_task("scriptTask", "t", job_type="python").end("e").chain("s", "t", "e")
    d = EngineDriver(b)
    key = d.create("p")

    d.complete("python", r=1)

    assert d.variables(key) == {"r": 1}
