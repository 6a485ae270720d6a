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


def test_one_broadcast_reaches_every_position_at_once():
    b = BpmnFile("p")
    b.start("s").service_task("t", job_type="w").boundary("b", "t", b.signal_event("go"), interrupting=False).end(
        "b-end"
    )
    b.element("eventBasedGateway", "g").catch("c", b.signal_event("go")).catch("x", b.timer_event(duration="PT1H")).end(
        "c-end"
    )
    b.flow("s", "t").flow("b", "b-end").flow("s", "g").flow("g", "c").flow("g", "x").flow("c", "c-end").flow(
        "x", "c-end"
    )
    with b.event_sub_process("esp"):
        b.start("s2", b.signal_event("go"), interrupting=False).end("e2").flow("s2", "e2")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")

    d.broadcast("go")

    assert {"b-end", "c-end", "e2"} <= set(d.elements(key))
    assert d.elements(key, active=True) == ["t"]


def test_an_end_event_that_broadcasts_starts_others_and_does_not_wait_for_them():
    b = BpmnFile("p")
    b.start("s").end("e", b.signal_event('="go-" + to'), inputs={"x": "=1"}).flow("s", "e")
    b.process("q").start("qs", b.signal_event("go-q")).service_task("qt", job_type="w").flow("qs", "qt")
    d = EngineDriver(b, restarts=True)

    key = d.create("p", {"to": "q"})

    (started,) = d.instances("q")
    assert (d.state(key), d.state(started)) == ("COMPLETED", "ACTIVATED")
    assert d.variables(started) == {"x": 1}


def test_a_new_version_is_started_and_the_old_one_is_not():
    def starting(extra):
        b = BpmnFile("p")
        return b.start("s", b.signal_event("go"), outputs={"v": extra}).end("e").flow("s", "e")

    d = EngineDriver(starting("=1"))
    d.deploy("file0.bpmn", starting("=2"))

    d.broadcast("go")

    assert [d.variables(key) for key in d.instances("p")] == [{"v": 2}]


def test_a_thrown_signal_reaches_a_branch_that_begins_to_wait_in_the_same_moment():
    b = BpmnFile("p").start("s").element("parallelGateway", "fork").element("parallelGateway", "join").end("e")
    b.throw("tell", b.signal_event("go")).catch("hear", b.signal_event("go"))
    b.chain("s", "fork", "tell", "join", "e").chain("fork", "hear", "join")
    d = EngineDriver(b, restarts=True)

    key = d.create("p")

    assert d.state(key) == "COMPLETED"
