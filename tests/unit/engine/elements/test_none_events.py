"""None events (engine-semantics §9)."""

from __future__ import annotations

from tests.bpmn_builder import BpmnFile
from tests.engine_driver import EngineDriver, refused


def test_all_three_pass_through_all_steps():
    d = EngineDriver(BpmnFile("p").start("s").throw("t").end("e").chain("s", "t", "e"))

    key = d.create("p")

    assert d.state(key) == "COMPLETED"
    for name in ("s", "t", "e"):
        assert d.story(name) == [f"{name} {step}" for step in ("ACTIVATING", "ACTIVATED", "COMPLETING", "COMPLETED")]


def test_their_output_mappings_are_carried_out_in_turn():
    b = (
        BpmnFile("p")
        .start("s", outputs={"a": "=1"})
        .throw("t", outputs={"b": "=a + 1"})
        .end("e", outputs={"c": "=b + 1"})
    )
    d = EngineDriver(b.chain("s", "t", "e"))

    key = d.create("p")

    assert d.variables(key) == {"a": 1, "b": 2, "c": 3}


def test_their_listeners_hold_them_up():
    b = BpmnFile("p").start("s", execution_listeners=(("end", "after-start"),))
    b.throw("t", execution_listeners=(("start", "before-throw"),)).end("e", execution_listeners=(("end", "after-end"),))
    d = EngineDriver(b.chain("s", "t", "e"), restarts=True)
    key = d.create("p")

    seen = []
    for job_type in ("after-start", "before-throw", "after-end"):
        seen.append(d.life(key)[-1])
        d.complete(job_type)

    assert seen == [("s", "COMPLETING"), ("t", "ACTIVATING"), ("e", "COMPLETING")]
    assert d.state(key) == "COMPLETED"


def test_a_none_catch_or_boundary_event_is_refused():
    catch = BpmnFile("p").start("s").catch("c", "").end("e").chain("s", "c", "e")
    boundary = (
        BpmnFile("p")
        .start("s")
        .service_task("t", job_type="w")
        .boundary("b", "t", "")
        .end("e")
        .flow("s", "t")
        .flow("b", "e")
    )

    answers = [refused(EngineDriver().deploy("p.bpmn", b)) for b in (catch, boundary)]

    assert all("Must have exactly one event definition" in answer for answer in answers)
