"""Event sub-process (engine-semantics §10)."""

from __future__ import annotations

import pytest
from tests.bpmn_builder import BpmnFile, multi_instance
from tests.engine_driver import EngineDriver, refused


def file(*, interrupting=True, outputs=None, event=None, before=None):
    b = BpmnFile("p").start("s")
    if before:
        before(b)
    b.service_task("t", job_type="w").end("e").chain("s", "t", "e")
    with b.event_sub_process("esp"):
        definition = event(b) if event else b.message_event("hello", "=id")
        b.start("s2", definition, interrupting=interrupting, outputs=outputs)
        b.service_task("h", job_type="handle").end("e2").chain("s2", "h", "e2")
    return b


def test_an_interrupting_one_ends_all_else_and_the_scope_completes_with_it():
    d = EngineDriver(file(), restarts=True)
    key = d.create("p", {"id": "a"})

    d.publish("hello", "a")
    between = d.elements(key, active=True)
    d.complete("handle")

    assert between == ["esp", "h"]
    assert d.state(key) == "COMPLETED"
    assert ("t", "TERMINATED") in d.life(key)


def test_what_is_interrupted_is_terminated_before_the_event_sub_process_is_entered():
    d = EngineDriver(file())
    d.create("p", {"id": "a"})

    d.publish("hello", "a")

    story = d.story("t", "esp", "s2")
    assert story[story.index("t TERMINATING") :] == [
        "t TERMINATING",
        "t JobCanceled",
        "t TERMINATED",
        "esp ACTIVATING",
        "esp ACTIVATED",
        "s2 ACTIVATING",
        "s2 ACTIVATED",
        "s2 COMPLETING",
        "s2 COMPLETED",
    ]


def test_after_an_interruption_the_event_is_not_waited_for_any_more():
    d = EngineDriver(file())
    key = d.create("p", {"id": "a"})

    d.publish("hello", "a")
    d.publish("hello", "a")

    assert d.elements(key).count("esp") == 1


def test_non_interrupting_ones_run_beside_the_scope_as_often_as_the_event_comes():
    d = EngineDriver(file(interrupting=False), restarts=True)
    key = d.create("p", {"id": "a"})

    d.publish("hello", "a", n=1)
    d.publish("hello", "a", n=2)
    d.complete("w")
    between = d.elements(key, active=True)
    d.complete("handle")
    d.complete("handle")

    assert between == ["esp", "h", "esp", "h"]
    assert d.state(key) == "COMPLETED"
    assert d.variables(key)["n"] == 2


def test_what_the_event_brings_goes_to_the_scope_around_and_is_not_kept():
    d = EngineDriver(file(interrupting=False))
    key = d.create("p", {"id": "a"})

    d.publish("hello", "a", v=1)

    assert d.variables(d.element(key, "esp")) == d.variables(d.element(key, "s2")) == {}
    assert d.variables(key) == {"id": "a", "v": 1}


def test_with_output_mappings_of_the_start_event_the_rest_stays_there():
    d = EngineDriver(file(interrupting=False, outputs={"out": "=v"}))
    key = d.create("p", {"id": "a"})

    d.publish("hello", "a", v=1, w=2)

    assert d.variables(d.element(key, "s2")) == {"v": 1, "w": 2}
    assert d.variables(key) == {"id": "a", "out": 1}


def test_a_failing_expression_is_an_incident_of_the_start_event_of_the_scope_and_holds_it_up():
    d = EngineDriver(file(), restarts=True)
    key = d.create("p")
    incident = d.incident(key)
    waiting = d.jobs("w")

    d.set_variables(key, id="a")
    d.resolve(incident.key)

    assert (incident.error_type, incident.element_id) == ("EXTRACT_VALUE_ERROR", "s")
    assert waiting == []
    assert len(d.jobs("w")) == 1


def test_a_buffered_message_interrupts_what_stands_behind_the_start_event():
    d = EngineDriver(file(), restarts=True)
    d.publish("hello", "a", ttl_ms=1_000)

    key = d.create("p", {"id": "a"})

    assert d.elements(key, active=True) == ["esp", "h"]
    assert d.jobs("w") == []


def test_in_a_sub_process_it_sees_the_end_of_that_only():
    b = BpmnFile("p").start("s")
    with b.sub_process("sub"):
        b.start("s2").service_task("t", job_type="w").chain("s2", "t")
        with b.event_sub_process("esp"):
            b.start("s3", b.timer_event(duration="PT1S")).end("e3").flow("s3", "e3")
    b.service_task("after", job_type="after").end("e").chain("s", "sub", "after", "e")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")

    d.advance(1_000)

    assert d.elements(key, active=True) == ["after"]
    assert ("sub", "COMPLETED") in d.life(key)


def test_an_interrupting_one_inside_another_one_runs_too():
    b = BpmnFile("p").start("s").service_task("t", job_type="w").flow("s", "t")
    with b.event_sub_process("outer"):
        b.start("s2", b.signal_event("first")).service_task("h", job_type="handle").flow("s2", "h")
        with b.event_sub_process("inner"):
            b.start("s3", b.signal_event("second")).service_task("hh", job_type="handle-again").flow("s3", "hh")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")

    d.broadcast("first")
    d.broadcast("second")
    between = d.elements(key, active=True)
    d.complete("handle-again")

    assert between == ["outer", "inner", "hh"]
    assert d.state(key) == "COMPLETED"


def test_a_boundary_event_of_an_interrupted_sub_process_still_triggers():
    b = BpmnFile("p").start("s")
    with b.sub_process("sub"):
        b.start("s2").service_task("t", job_type="w").flow("s2", "t")
        with b.event_sub_process("esp"):
            b.start("s3", b.signal_event("go")).service_task("h", job_type="handle").flow("s3", "h")
    b.boundary("b", "sub", b.timer_event(duration="PT1S")).end("e").flow("s", "sub").flow("b", "e")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")
    d.broadcast("go")

    d.advance(1_000)

    assert d.state(key) == "COMPLETED"
    assert d.elements(key)[-2:] == ["b", "e"]


def test_one_without_event_is_refused():
    answer = EngineDriver().deploy("p.bpmn", file(event=lambda b: ""))

    assert "Start events in event subprocesses must be one of: message, timer, error, signal or escalation" in refused(
        answer
    )


def test_an_interruption_ends_incidents_of_what_it_terminates():
    d = EngineDriver(file(), restarts=True)
    key = d.create("p", {"id": "a"})
    d.fail("w")

    d.publish("hello", "a")

    assert d.incidents(key) == []
    assert d.elements(key, active=True) == ["esp", "h"]


def test_an_interruption_frees_tokens_that_wait_at_a_join():
    b = BpmnFile("p").start("s").element("parallelGateway", "fork").element("parallelGateway", "join")
    b.service_task("t", job_type="w").end("e").flow("s", "fork").flow("fork", "join").chain("fork", "t", "join", "e")
    with b.event_sub_process("esp"):
        b.start("s2", b.timer_event(duration="PT1S")).end("e2").flow("s2", "e2")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")

    d.advance(1_000)

    assert d.state(key) == "COMPLETED"
    assert d.elements(key)[-1] == "e2"


def test_a_cycle_fires_as_often_as_it_says_while_the_scope_is_active():
    d = EngineDriver(file(event=lambda b: b.timer_event(cycle="R3/PT1S"), interrupting=False), restarts=True)
    key = d.create("p")

    for _ in range(5):
        d.advance(1_000)

    assert d.elements(key).count("esp") == 3


def test_inside_a_multi_instance_each_run_listens_for_itself():
    b = BpmnFile("p").start("s")
    with b.sub_process("sub", inner=multi_instance('=["a", "b"]', "i")):
        b.start("s1").service_task("t", job_type="w").flow("s1", "t")
        with b.event_sub_process("esp"):
            b.start("s2", b.message_event("hello", "=i")).end("e2").flow("s2", "e2")
    d = EngineDriver(b.end("e").chain("s", "sub", "e"), restarts=True)
    key = d.create("p")

    d.publish("hello", "b")

    assert d.elements(key, active=True) == ["sub", "sub", "t"]
    d.complete("w")
    assert d.state(key) == "COMPLETED"


@pytest.mark.parametrize("kind", ["message", "signal"])
@pytest.mark.parametrize("interrupting", [True, False])
def test_of_one_event_the_boundary_event_of_its_scope_has_it_alone(kind, interrupting):
    b = BpmnFile("p").start("s")

    def event():
        return b.signal_event("go") if kind == "signal" else b.message_event("go", "=1")

    with b.sub_process("sub"):
        b.start("s1").service_task("t", job_type="w").flow("s1", "t")
        with b.event_sub_process("esp"):
            b.start("s2", event(), interrupting=interrupting).service_task("h", job_type="h").flow("s2", "h")
    b.boundary("b", "sub", event(), interrupting=not interrupting).end("e").flow("s", "sub").flow("b", "e")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")

    for _ in range(2):
        if kind == "signal":
            d.broadcast("go")
        else:
            d.publish("go", "1")

    # with a message the subscription ends as the event sub-process has asked for, with a signal it does not
    assert d.elements(key).count("b") == (2 if interrupting and kind == "signal" else 1)
    assert "esp" not in d.elements(key)


def test_those_of_a_scope_are_subscribed_as_they_stand_and_before_its_boundary_events():
    b = BpmnFile("p").start("s")
    with b.sub_process("sub"):
        b.start("s1").service_task("t", job_type="w").flow("s1", "t")
        for name in ("x1", "x2"):
            with b.event_sub_process(f"esp-{name}"):
                b.start(f"s-{name}", b.message_event(name, f"={name}")).end(f"e-{name}").flow(f"s-{name}", f"e-{name}")
    b.boundary("b", "sub", b.message_event("x3", "=x3")).end("e").flow("s", "sub").flow("b", "e")
    d = EngineDriver(b)

    first, second, third = d.create("p"), d.create("p", {"x1": 1}), d.create("p", {"x1": 1, "x2": 1})

    assert [f"'x{n}'" in d.incident(key).error_message for n, key in enumerate((first, second, third), 1)] == [True] * 3


def test_a_sub_process_does_not_end_before_one_that_its_own_last_step_has_begun():
    b = BpmnFile("p").start("start")
    with b.sub_process("sub"):
        b.start("s").throw("tell", b.signal_event("told")).end("e").chain("s", "tell", "e")
        with b.event_sub_process("beside"):
            b.start("begin", b.signal_event("told"), interrupting=False)
            b.service_task("work", job_type="work").end("done").chain("begin", "work", "done")
    b.end("end").chain("start", "sub", "end")
    d = EngineDriver(b.xml(), restarts=True)
    key = d.create("p")

    d.complete("work")

    assert d.state(key) == "COMPLETED"
    assert d.elements(key).count("beside") == 1
