"""Input and output mappings (engine-semantics §7)."""

from __future__ import annotations

import pytest
from tests.bpmn_builder import BpmnFile, io_mapping, tag
from tests.engine_driver import EngineDriver, refused


def file(inputs=None, outputs=None):
    b = BpmnFile("p").start("s").service_task("t", job_type="w", inputs=inputs, outputs=outputs)
    return b.end("e").chain("s", "t", "e")


def local(d, variables=None):
    """Local variables of the task of a new instance."""
    return d.variables(d.element(d.create("p", variables or {}), "t"))


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"a": "=x + 1", "b": "=a * 2"}, {"a": 2, "b": 4}),
        ({"a": "text"}, {"a": "text"}),
        ({"a": "12"}, {"a": "12"}),
        ({"a": "="}, {"a": "="}),
        ({"a": "=missing"}, {"a": None}),
        ({"a.b": "=1", "a.c": "=2"}, {"a": {"b": 1, "c": 2}}),
        ({"deep.value": "=1", "deep.again": "=deep.value"}, {"deep": {"value": 1, "again": None}}),
        ({"a.b": "=1", "other": "=a.b"}, {"a": {"b": 1}, "other": 1}),
        ({"a": "=1", "a.q": "=2"}, {"a": {"q": 2}}),
    ],
)
def test_input_mappings_make_local_variables_in_order(inputs, expected):
    assert local(EngineDriver(file(inputs)), {"x": 1}) == expected


def test_a_nested_input_does_not_merge_with_a_variable_outside():
    d = EngineDriver(file({"o.b": "=2"}))

    assert local(d, {"o": {"a": 1}}) == {"o": {"b": 2}}


def test_of_two_mappings_to_one_target_the_last_one_counts_and_does_not_see_the_first():
    task = tag("zeebe:taskDefinition", type="w") + (
        '<zeebe:ioMapping><zeebe:input source="=1" target="a"/><zeebe:input source="=a + 1" target="a"/></zeebe:ioMapping>'
    )
    d = EngineDriver(BpmnFile("p").start("s").element("serviceTask", "t", extensions=task).flow("s", "t"))

    assert local(d) == {"a": None}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"b": 1}),
        ({"o": {"a": 0}}, {"a": 0, "b": 1}),
        ({"o": {"b": {"deep": 1}}}, {"b": 1}),
        ({"o": None}, {"b": 1}),
        ({"o": 5}, None),
        ({"o": [1]}, None),
    ],
)
def test_a_nested_output_merges_into_the_variable_outside(before, after):
    d = EngineDriver(file(outputs={"o.b": "=r"}))
    key = d.create("p", before)

    d.complete("w", r=1)

    assert d.variables(key) == {"o": after}


def test_outputs_change_the_nearest_scope_that_has_the_variable():
    b = BpmnFile("p").start("s")
    with b.sub_process("sub", extensions=io_mapping({"near": "=0"})):
        b.start("s1").service_task("t", job_type="w", outputs={"near": "=r", "far": "=r"}).flow("s1", "t")
    d = EngineDriver(b.flow("s", "sub"))
    key = d.create("p")

    d.complete("w", r=1)

    assert d.variables(d.element(key, "sub")) == {"near": 1}
    assert d.variables(key) == {"far": 1}


def test_outputs_see_the_inputs_and_what_the_job_brought_and_write_past_the_task():
    d = EngineDriver(file({"i": "=1"}, {"i": "=i + r"}))
    key = d.create("p")
    task = d.element(key, "t")

    d.complete("w", r=1)

    assert d.variables(task) == {"i": 1, "r": 1}
    assert d.variables(key) == {"i": 2}


def test_a_failing_input_is_an_incident_while_the_element_is_activating():
    d = EngineDriver(file({"y": "=assert(x, x != null)"}), restarts=True)
    key = d.create("p")
    incident = d.incident(key)

    d.set_variables(key, x=1)
    d.resolve(incident.key)

    assert (incident.error_type, incident.element_id) == ("IO_MAPPING_ERROR", "t")
    assert incident.error_message.startswith(
        "Assertion failure on evaluate the expression '{y:assert(x, x != null)}': The condition is not fulfilled"
    )
    assert d.job("w").element_id == "t"


def test_a_failing_output_is_an_incident_while_the_element_is_completing_and_keeps_the_result():
    d = EngineDriver(file(outputs={"y": "=assert(r + x, x != null)"}), restarts=True)
    key = d.create("p")
    d.complete("w", r=1)
    incident = d.incident(key)

    d.set_variables(key, x=2)
    d.resolve(incident.key)

    assert incident.error_type == "IO_MAPPING_ERROR"
    assert d.state(key) == "COMPLETED"
    assert d.variables(key) == {"x": 2, "y": 3}


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"outputs": {"a": "static"}}, "Expected expression but found static value 'static'."),
        ({"outputs": {"a b": "=1"}}, "doesn't match the pattern"),
        ({"inputs": {"null": "=1"}}, "is one of the reserved words"),
        ({"inputs": {"a": "=1 +"}}, "failed to parse expression '1 +'"),
        ({"inputs": {"a": "=1 // one"}}, "Failed to build variable mapping expression: "),
    ],
)
def test_what_cannot_be_mapped_is_refused(mapping, message):
    assert message in refused(EngineDriver().deploy("p.bpmn", file(**mapping)))
