"""Terminate end event (engine-semantics §9)."""

from __future__ import annotations

from tests.bpmn_builder import BpmnFile, multi_instance
from tests.engine_driver import EngineDriver, refused

from kiang.protocol.commands import CompleteJob, CreateProcessInstance


def forked(b=None):
    b = b or BpmnFile("p")
    b.start("s").service_task("a", job_type="a").service_task("other", job_type="other").end(
        "stop", b.terminate_event()
    )
    return b.flow("s", "other").flow("s", "a").flow("a", "stop")


def test_the_event_completes_then_all_else_is_terminated_then_the_process_completes():
    d = EngineDriver(forked(), restarts=True)
    key = d.create("p")
    other = d.job("other")

    d.complete("a", x=1)

    story = d.story("stop", "other")
    assert story.index("stop COMPLETED") < story.index("other TERMINATING") < story.index("other TERMINATED")
    assert d.state(key) == "COMPLETED"
    assert d.variables(key) == {"x": 1}
    assert "but no such job was found" in refused(d.execute(CompleteJob(other.key)))


def test_in_a_sub_process_only_that_ends_and_the_token_goes_on():
    b = BpmnFile("p").start("s0").service_task("beside", job_type="beside")
    with b.sub_process("sub"):
        forked(b)
    d = EngineDriver(b.end("e").flow("s0", "beside").chain("s0", "sub", "e"), restarts=True)
    key = d.create("p")

    d.complete("a")

    assert d.elements(key, active=True) == ["beside"]
    assert ("sub", "COMPLETED") in d.life(key)
    assert ("e", "COMPLETED") in d.life(key)


def test_an_incident_of_what_is_terminated_is_gone():
    d = EngineDriver(forked())
    key = d.create("p")
    d.fail("other")

    d.complete("a")

    assert d.incidents(key) == []
    assert d.state(key) == "COMPLETED"


def test_a_token_that_waits_at_a_join_does_not_hold_it_up():
    b = BpmnFile("p").start("s").element("parallelGateway", "fork").element("parallelGateway", "join")
    b.service_task("a", job_type="a").service_task("t", job_type="w").end("stop", b.terminate_event()).end("e")
    b.flow("s", "fork").flow("fork", "join").chain("fork", "t", "join", "e").chain("fork", "a", "stop")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")

    d.complete("a")

    assert d.state(key) == "COMPLETED"
    assert "join" not in d.elements(key)


def test_nothing_behind_a_branch_that_would_go_on_begins():
    b = (
        BpmnFile("p")
        .start("s")
        .element("parallelGateway", "fork")
        .element("task", "quick")
        .service_task("t", job_type="w")
    )
    b.end("stop", b.terminate_event()).flow("s", "fork").chain("fork", "quick", "t").flow("fork", "stop")
    d = EngineDriver(b)

    key = d.create("p")

    assert d.state(key) == "COMPLETED"
    assert d.jobs("w") == []


def test_whoever_awaits_the_result_gets_it():
    d = EngineDriver(forked())
    key = d.execute(CreateProcessInstance("p", awaits_result=True))

    d.complete("a", x=1)

    assert d.results[key].variables == {"x": "1"}


def test_a_called_process_that_terminates_itself_lets_the_caller_go_on():
    caller = BpmnFile("caller").start("s").call_activity("c", "p").end("e").chain("s", "c", "e")
    d = EngineDriver(forked(), caller, restarts=True)
    key = d.create("caller")

    d.complete("a", x=1)

    assert d.state(key) == "COMPLETED"
    assert d.variables(key) == {"x": 1}


def test_in_one_run_of_a_multi_instance_sub_process_the_other_runs_go_on():
    b = BpmnFile("p").start("s0")
    with b.sub_process("sub", inner=multi_instance("=[1, 2]", "i")):
        forked(b)
    d = EngineDriver(b.end("done").chain("s0", "sub", "done"), restarts=True)
    key = d.create("p")

    d.complete("a")

    assert d.elements(key, active=True) == ["sub", "sub", "a", "other"]
    d.complete("a")
    assert d.state(key) == "COMPLETED"


def test_in_an_event_sub_process_only_that_ends():
    b = BpmnFile("p").start("s").service_task("main", job_type="main").flow("s", "main")
    with b.event_sub_process("esp"):
        b.start("s2", b.signal_event("go"), interrupting=False).service_task("h", job_type="h").service_task(
            "h2", job_type="h2"
        )
        b.end("stop", b.terminate_event()).flow("s2", "h").flow("s2", "h2").flow("h", "stop")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")
    d.broadcast("go")

    d.complete("h")

    assert d.elements(key, active=True) == ["main"]
    assert ("esp", "COMPLETED") in d.life(key)
