"""Inputs without the attribute `source`, as templates write them when nobody has filled them in."""

from __future__ import annotations

import pytest

from kiang.bpmn.reader import InvalidBpmnError, read

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"


def file_with(mapping: str) -> bytes:
    return (
        f'<b:definitions xmlns:b="{BPMN}" xmlns:z="{ZEEBE}" targetNamespace="t"><b:process id="p" isExecutable="true">'
        f'<b:startEvent id="s"/><b:serviceTask id="t"><b:extensionElements><z:taskDefinition type="x"/><z:ioMapping>{mapping}'
        '</z:ioMapping></b:extensionElements></b:serviceTask><b:sequenceFlow id="f" sourceRef="s" targetRef="t"/>'
        "</b:process></b:definitions>"
    ).encode()


def test_an_input_without_source_is_null():
    (process,) = read("p.bpmn", file_with('<z:input target="a"/><z:input source="x" target="b"/>'), now_ms=0)

    mappings = process.nodes["t"].inputs
    assert mappings is not None
    assert mappings.feel.evaluate({}) == {"a": None, "b": "x"}


@pytest.mark.parametrize(
    "mapping", ['<z:input source="" target="a"/>', '<z:output target="a"/>', '<z:input source="x"/>']
)
def test_an_empty_source_and_an_output_without_one_are_faults(mapping):
    with pytest.raises(InvalidBpmnError, match="not found"):
        read("p.bpmn", file_with(mapping), now_ms=0)
