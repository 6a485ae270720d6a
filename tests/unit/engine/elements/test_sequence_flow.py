"""Sequence flow (engine-semantics §2)."""

from __future__ import annotations

from tests.bpmn_builder import BpmnFile
from tests.engine_driver import EngineDriver, refused


def test_several_flows_behind_a_task_fork_the_last_of_the_document_first():
    b = BpmnFile("p").start("s").service_task("a", job_type="a").service_task("b", job_type="b")
    d = EngineDriver(b.flow("s", "a").flow("s", "b"))

    key = d.create("p")

    assert d.elements(key, active=True) == ["b", "a"]


def test_an_element_with_several_incoming_flows_is_entered_once_for_each_token():
    b = BpmnFile("p").start("s").element("task", "a").element("task", "b").service_task("t", job_type="w").end("e")
    d = EngineDriver(b.flow("s", "a").flow("s", "b").flow("a", "t").flow("b", "t").flow("t", "e"))
    key = d.create("p")

    d.complete("w")
    between = d.state(key)
    d.complete("w")

    assert (between, d.state(key)) == ("ACTIVATED", "COMPLETED")
    assert d.elements(key).count("e") == 2


def test_an_element_without_outgoing_flow_ends_its_path():
    d = EngineDriver(BpmnFile("p").start("s").element("task", "t").flow("s", "t"))

    key = d.create("p")

    assert d.state(key) == "COMPLETED"


def test_a_flow_is_taken_between_the_end_of_one_element_and_the_begin_of_the_next():
    d = EngineDriver(BpmnFile("p").start("s").end("e").flow("s", "e"))

    d.create("p")

    kinds = [type(event).__name__ for event in d.events]
    taken = kinds.index("SequenceFlowTaken")
    assert kinds[taken - 1 : taken + 2] == ["ElementCompleted", "SequenceFlowTaken", "ElementActivating"]


def test_a_condition_behind_a_task_is_refused():
    b = BpmnFile("p").start("s").element("task", "t").end("e").flow("s", "t").flow("t", "e", "=true")

    answer = EngineDriver().deploy("p.bpmn", b)

    assert "Conditional sequence flows are only supported at exclusive or inclusive gateway" in refused(answer)
