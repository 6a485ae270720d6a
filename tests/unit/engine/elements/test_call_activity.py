"""Call activity (engine-semantics §17)."""

from __future__ import annotations

from tests.bpmn_builder import BpmnFile
from tests.engine_driver import EngineDriver, refused

from kiang.protocol.commands import CancelProcessInstance, CompleteJob


def child(**more):
    return BpmnFile("child", **more).start("s").service_task("t", job_type="w").end("e").chain("s", "t", "e")


def parent(**called):
    return BpmnFile("parent").start("s").call_activity("c", "child", **called).end("e").chain("s", "c", "e")


def test_the_called_instance_gets_the_variables_and_gives_its_own_back():
    d = EngineDriver(child(), parent(), restarts=True)
    key = d.create("parent", {"x": 1})

    d.complete("w", y=2)

    assert d.variables(d.instances("child")[0]) == {"x": 1, "y": 2}
    assert d.state(key) == "COMPLETED"
    assert d.variables(key) == {"x": 1, "y": 2}


def test_cancelling_the_caller_ends_the_called_one_which_cannot_be_cancelled_itself():
    d = EngineDriver(child(), parent(), restarts=True)
    key = d.create("parent")
    called = d.instances("child")[0]

    refusal = d.execute(CancelProcessInstance(called))
    d.execute(CancelProcessInstance(key))

    assert f"Cancel the root process instance '{key}' instead." in refused(refusal)
    assert (d.state(key), d.state(called)) == ("TERMINATED", "TERMINATED")


def test_an_unknown_process_is_an_incident_until_it_is_deployed():
    d = EngineDriver(parent())
    key = d.create("parent")
    incident = d.incident(key)

    d.deploy("child.bpmn", child())
    d.resolve(incident.key)
    d.complete("w")

    assert incident.error_type == "CALLED_ELEMENT_ERROR"
    assert d.state(key) == "COMPLETED"


def test_an_error_of_the_called_instance_is_caught_by_the_caller():
    b = parent()
    b.boundary("caught", "c", b.error_event("oops")).end("e2").chain("caught", "e2")
    d = EngineDriver(child(), b)
    key = d.create("parent")

    d.throw("w", "oops")

    assert d.state(key) == "COMPLETED"
    assert d.state(d.instances("child")[0]) == "TERMINATED"


def test_a_process_that_calls_itself_without_end_stops_with_an_incident():
    b = (
        BpmnFile("p")
        .start("s")
        .service_task("t", job_type="w")
        .call_activity("c", "p")
        .end("e")
        .chain("s", "t", "c", "e")
    )
    d = EngineDriver(b)
    d.create("p")

    for _ in range(1_001):
        jobs = d.jobs("w")
        if not jobs:
            break
        for job in jobs:
            d.execute(CompleteJob(job.key))

    last = d.instances("p")[-1]
    assert len(d.instances("p")) == 1_000
    assert "reached the maximum depth of 1000" in d.incident(last).error_message
