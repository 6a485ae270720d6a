"""Suspending and resuming process instances."""

from __future__ import annotations

import pytest
from tests.bpmn_builder import BpmnFile
from tests.engine_driver import EngineDriver, refused

from kiang.protocol.commands import (
    CancelProcessInstance,
    CompleteJob,
    ResumeProcessInstance,
    SuspendProcessInstance,
)


def one_task():
    return (
        BpmnFile("p")
        .start("s")
        .service_task("t", job_type="w")
        .service_task("u", job_type="u")
        .end("e")
        .chain("s", "t", "u", "e")
    )


@pytest.fixture(params=[False, True], ids=["running", "restarting"])
def restarts(request):
    return request.param


def test_jobs_of_a_suspended_instance_cannot_be_activated_until_it_is_resumed(restarts):
    d = EngineDriver(one_task(), restarts=restarts)
    key = d.create("p")

    d.execute(SuspendProcessInstance(key))
    suspended = d.jobs("w")
    d.execute(ResumeProcessInstance(key))

    assert suspended == []
    assert len(d.jobs("w")) == 1


def test_a_job_that_somebody_works_on_can_be_completed_but_nothing_follows(restarts):
    d = EngineDriver(one_task(), restarts=restarts)
    key = d.create("p")
    job = d.job("w")
    d.execute(SuspendProcessInstance(key))

    d.execute(CompleteJob(job.key))
    waiting = d.elements(key, active=True)
    d.execute(ResumeProcessInstance(key))

    assert waiting == ["t"]
    assert d.elements(key, active=True) == ["u"]


def test_a_timer_that_comes_meanwhile_takes_effect_when_the_instance_is_resumed(restarts):
    b = BpmnFile("p")
    b.start("s").service_task("t", job_type="w").boundary("late", "t", b.timer_event(duration="PT1M"))
    b.end("e").end("e2").chain("s", "t", "e").chain("late", "e2")
    d = EngineDriver(b, restarts=restarts)
    key = d.create("p")
    d.execute(SuspendProcessInstance(key))

    d.advance(60_000)
    waiting = d.elements(key, active=True)
    d.execute(ResumeProcessInstance(key))

    assert waiting == ["t"]
    assert d.state(key) == "COMPLETED"


def test_a_message_that_comes_meanwhile_is_not_lost(restarts):
    b = BpmnFile("p")
    b.start("s").catch("m", b.message_event("news", '="k"')).end("e").chain("s", "m", "e")
    d = EngineDriver(b, restarts=restarts)
    key = d.create("p")
    d.execute(SuspendProcessInstance(key))

    d.publish("news", "k", x=1)
    state = d.state(key)
    d.execute(ResumeProcessInstance(key))

    assert state == "ACTIVATED"
    assert d.state(key) == "COMPLETED"
    assert d.variables(key) == {"x": 1}


def test_called_instances_stand_still_with_their_caller(restarts):
    child = BpmnFile("child").start("s").service_task("t", job_type="w").end("e").chain("s", "t", "e")
    parent = BpmnFile("parent").start("s").call_activity("c", "child").end("e").chain("s", "c", "e")
    d = EngineDriver(child, parent, restarts=restarts)
    key = d.create("parent")

    d.execute(SuspendProcessInstance(key))
    suspended = d.jobs("w")
    refusal = d.execute(SuspendProcessInstance(d.instances("child")[0]))
    d.execute(ResumeProcessInstance(key))
    d.complete("w")

    assert suspended == []
    assert f"Suspend the root process instance '{key}' instead" in refused(refusal)
    assert d.state(key) == "COMPLETED"


def test_a_suspended_instance_can_be_cancelled(restarts):
    d = EngineDriver(one_task(), restarts=restarts)
    key = d.create("p")
    d.execute(SuspendProcessInstance(key))

    d.execute(CancelProcessInstance(key))

    assert d.state(key) == "TERMINATED"


def test_what_cannot_be_suspended_or_resumed_is_refused():
    d = EngineDriver(one_task())
    key = d.create("p")

    unknown = d.execute(SuspendProcessInstance(1))
    running = d.execute(ResumeProcessInstance(key))
    d.execute(SuspendProcessInstance(key))
    twice = d.execute(SuspendProcessInstance(key))

    assert "'NOT_FOUND': Expected to suspend process instance with key '1'" in refused(unknown)
    assert "but it is not suspended" in refused(running)
    assert "but it is suspended already" in refused(twice)
