"""Loops that never wait."""

from __future__ import annotations

import pytest
from tests.bpmn_builder import BpmnFile

from kiang.bpmn.reader import read
from kiang.errors import InvalidBpmnError


def loop_in(file: BpmnFile) -> str | None:
    try:
        read("f.bpmn", file.xml(), now_ms=0)
    except InvalidBpmnError as error:
        return error.findings[0].message.partition("loop: ")[2]
    return None


@pytest.mark.parametrize("kind", ["task", "manualTask", "parallelGateway", "intermediateThrowEvent"])
def test_elements_that_are_passed_make_a_loop(kind):
    file = BpmnFile("p").start("s").element("task", "a").element(kind, "b").chain("s", "a", "b", "a")

    assert loop_in(file) == "a > b > a"


def test_a_loop_with_a_job_waits():
    file = BpmnFile("p").start("s").element("task", "a").service_task("b", job_type="w").chain("s", "a", "b", "a")

    assert loop_in(file) is None


def test_a_loop_goes_through_sub_processes():
    file = BpmnFile("p").start("s").element("task", "a")
    with file.sub_process("sub"):
        file.start("inside").end("done").flow("inside", "done")

    assert loop_in(file.chain("s", "a", "sub", "a")) == "a > sub > inside > done > a"


def test_a_process_that_calls_itself_at_once_is_a_loop():
    assert loop_in(BpmnFile("p").start("s").call_activity("c", "p").flow("s", "c")) == "c > s > c"


def test_loops_of_gateways_alone_are_accepted():
    file = BpmnFile("p").start("s").element("parallelGateway", "a").element("parallelGateway", "b")

    assert loop_in(file.chain("s", "a", "b", "a")) is None
