"""Intermediate catch event (engine-semantics §7, §10)."""

from __future__ import annotations

import pytest
from tests.bpmn_builder import BpmnFile
from tests.engine_driver import EngineDriver, refused

from kiang.protocol.commands import CancelProcessInstance

EVENTS = {
    "message": (lambda b: b.message_event("hello", "=id"), lambda d: d.publish("hello", "a", v=1)),
    "signal": (lambda b: b.signal_event("hello"), lambda d: d.broadcast("hello", v=1)),
}


def file(event, **catch):
    b = BpmnFile("p")
    return b.start("s").catch("c", event(b), **catch).end("e").chain("s", "c", "e")


@pytest.mark.parametrize("kind", list(EVENTS))
def test_what_comes_in_goes_outwards_and_nothing_is_kept(kind):
    event, trigger = EVENTS[kind]
    d = EngineDriver(file(event), restarts=True)
    key = d.create("p", {"id": "a"})

    trigger(d)

    assert d.variables(d.element(key, "c")) == {}
    assert d.variables(key) == {"id": "a", "v": 1}


@pytest.mark.parametrize("kind", list(EVENTS))
def test_with_output_mappings_only_what_is_mapped_goes_out_and_inputs_are_ignored(kind):
    event, trigger = EVENTS[kind]
    d = EngineDriver(file(event, inputs={"v": "=assert(null, false)"}, outputs={"out": "=v + 1"}))
    key = d.create("p", {"id": "a"})

    trigger(d)

    assert d.variables(key) == {"id": "a", "out": 2}


def test_a_name_that_is_no_text_is_an_incident_and_nothing_is_waited_for():
    d = EngineDriver(file(lambda b: b.signal_event("=name")), restarts=True)
    key = d.create("p", {"name": 1})
    incident = d.incident(key)

    d.broadcast("1")
    d.set_variables(key, name="hello")
    d.resolve(incident.key)
    d.broadcast("hello")

    assert incident.error_message == "Expected result of the expression 'name' to be 'STRING', but was 'NUMBER'."
    assert d.state(key) == "COMPLETED"


@pytest.mark.parametrize("kind", list(EVENTS))
def test_an_event_that_comes_after_the_end_reaches_nobody(kind):
    event, trigger = EVENTS[kind]
    d = EngineDriver(file(event))
    key = d.create("p", {"id": "a"})
    d.execute(CancelProcessInstance(key))

    trigger(d)

    assert d.variables(key) == {"id": "a"}
    assert d.life(key)[-1] == ("c", "TERMINATED")


def test_an_event_that_cannot_be_waited_for_is_refused():
    answer = EngineDriver().deploy("p.bpmn", file(lambda b: b.error_event("x")))

    assert "Event definition must be one of: message, timer, signal, or link" in refused(answer)
