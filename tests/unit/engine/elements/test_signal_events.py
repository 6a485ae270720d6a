"""Signals (engine-semantics §13)."""

from __future__ import annotations

from tests.bpmn_builder import BpmnFile
from tests.engine_driver import EngineDriver


def waiting():
    b = BpmnFile("p")
    return b.start("s").catch("c", b.signal_event("go")).end("e").chain("s", "c", "e")


def test_a_signal_reaches_everybody_who_waits_and_nobody_later():
    d = EngineDriver(waiting(), restarts=True)
    keys = [d.create("p") for _ in range(250)]

    d.broadcast("go", x=1)
    later = d.create("p")

    assert {d.state(key) for key in keys} == {"COMPLETED"}
    assert d.state(later) == "ACTIVATED"


def test_a_throw_event_broadcasts_its_inputs():
    b = BpmnFile("sender")
    b.start("s").throw("send", b.signal_event("go"), inputs={"x": "=2"}).end("e").chain("s", "send", "e")
    d = EngineDriver(waiting(), b)
    key = d.create("p")

    d.create("sender", {"other": 1})

    assert d.variables(key) == {"x": 2}


def test_a_start_event_starts_an_instance_at_each_broadcast():
    b = BpmnFile("p")
    b.start("s", b.signal_event("go")).end("e").chain("s", "e")
    d = EngineDriver(b, restarts=True)

    d.broadcast("go", n=1)
    d.broadcast("go", n=2)

    assert [d.variables(key) for key in d.instances("p")] == [{"n": 1}, {"n": 2}]
