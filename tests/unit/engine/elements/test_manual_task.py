"""Manual task (engine-semantics §7, §9)."""

from __future__ import annotations

import pytest
from tests.bpmn_builder import BpmnFile, multi_instance
from tests.engine_driver import EngineDriver, refused


def file(**task):
    return BpmnFile("p").start("s").element("manualTask", "t", **task).end("e").chain("s", "t", "e")


def test_the_token_passes_through_all_steps_of_the_life_of_an_element():
    d = EngineDriver(file())

    key = d.create("p")

    assert d.state(key) == "COMPLETED"
    assert d.story("t") == ["t ACTIVATING", "t ACTIVATED", "t COMPLETING", "t COMPLETED"]


@pytest.mark.parametrize("mapping", [{"inputs": {"x": "=1"}}, {"outputs": {"x": "=assert(null, false)"}}])
def test_mappings_are_not_carried_out_even_if_they_would_fail(mapping):
    d = EngineDriver(file(**mapping))

    key = d.create("p")

    assert d.state(key) == "COMPLETED"
    assert d.variables(key) == d.variables(d.element(key, "t")) == {}


def test_listeners_run_around_it():
    d = EngineDriver(file(execution_listeners=(("start", "before"), ("end", "after"))), restarts=True)
    key = d.create("p")

    d.complete("before", inside=1)
    d.complete("after", outside=2)

    assert d.state(key) == "COMPLETED"
    assert d.variables(key) == {"outside": 2}
    assert d.variables(d.element(key, "t")) == {"inside": 1}


def test_it_may_be_a_multi_instance():
    d = EngineDriver(file(inner=multi_instance("=[1, 2, 3]")))

    key = d.create("p")

    assert d.state(key) == "COMPLETED"
    assert d.elements(key).count("t") == 4


def test_a_loop_in_which_nothing_waits_is_refused():
    b = BpmnFile("p").start("s").element("exclusiveGateway", "g").element("manualTask", "t").chain("s", "g", "t", "g")

    answer = EngineDriver().deploy("p.bpmn", b)

    assert "Processes are not allowed to contain a straight-through processing loop: " in refused(answer)
