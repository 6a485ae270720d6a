"""Execution listener (engine-semantics §5)."""

from __future__ import annotations

import pytest
from tests.bpmn_builder import BpmnFile, listeners, multi_instance
from tests.engine_driver import EngineDriver, refused

from kiang.protocol.commands import CancelProcessInstance, ThrowError, UpdateJobRetries
from kiang.protocol.enums import JobKind, ListenerEventType


def file(*entries, **task):
    b = BpmnFile("p").start("s").service_task("t", job_type="w", execution_listeners=entries, **task)
    return b.end("e").chain("s", "t", "e")


def test_they_run_one_after_the_other_as_they_stand_in_the_file():
    d = EngineDriver(file(("start", "a"), ("end", "c"), ("start", "b"), ("end", "d")), restarts=True)
    key = d.create("p")

    order = []
    while d.state(key) != "COMPLETED":
        (open_one,) = [row for row in d.job_rows(key) if row.job_type not in order]
        order.append(open_one.job_type)
        d.complete(open_one.job_type)

    assert order == ["a", "b", "w", "c", "d"]


def test_a_listener_is_a_job_of_its_own_kind_without_the_headers_of_the_task():
    d = EngineDriver(file(("start", "a"), task_headers={"h": "1"}))
    d.create("p")

    job = d.job("a")

    assert (job.kind, job.listener_event_type) == (JobKind.EXECUTION_LISTENER, ListenerEventType.START)
    assert (job.element_id, job.headers, job.retries) == ("t", "{}", 3)


def test_start_listeners_come_after_the_input_mappings_and_before_everything_else():
    d = EngineDriver(file(("start", "=before"), inputs={"before": '="a"', "x": "=1"}), restarts=True)
    key = d.create("p")

    jobs = d.jobs("a", fetch=("x",))

    assert jobs[0].variables == '{"x":1}'
    assert d.life(key)[-1] == ("t", "ACTIVATING")
    assert d.jobs("w") == []


def test_end_listeners_come_after_the_output_mappings():
    d = EngineDriver(file(("end", "a"), outputs={"y": "=x"}), restarts=True)
    key = d.create("p")

    d.complete("w", x=1)

    assert d.variables(key) == {"y": 1}
    assert d.life(key)[-1] == ("t", "COMPLETING")


def test_variables_of_a_start_listener_are_local_and_those_of_an_end_listener_go_out():
    d = EngineDriver(file(("start", "a"), ("end", "b")), restarts=True)
    key = d.create("p")

    d.complete("a", inside=1)
    d.complete("w")
    d.complete("b", outside=2)

    assert d.variables(d.element(key, "t")) == {"inside": 1}
    assert d.variables(key) == {"outside": 2}


@pytest.mark.parametrize(("event", "state"), [("start", "ACTIVATING"), ("end", "COMPLETING")])
def test_without_retries_it_is_an_incident_and_only_this_listener_is_tried_again(event, state):
    d = EngineDriver(file((event, "a"), (event, "b")), restarts=True)
    key = d.create("p")
    if event == "end":
        d.complete("w")
    d.complete("a")
    d.fail("b", message="no")
    incident = d.incident(key)

    d.execute(UpdateJobRetries(incident.job_key, 1))
    d.resolve(incident.key)

    assert (incident.error_type, incident.error_message) == ("EXECUTION_LISTENER_NO_RETRIES", "no")
    assert ("t", state) in d.life(key)
    assert d.jobs("a") == []
    assert [job.key for job in d.jobs("b")] == [incident.job_key]


def test_a_type_that_fails_is_an_incident_and_all_listeners_of_the_event_run_again():
    d = EngineDriver(file(("start", "a"), ("start", "=kind")), restarts=True)
    key = d.create("p")
    d.complete("a")
    incident = d.incident(key)

    d.set_variables(key, kind="b")
    d.resolve(incident.key)

    assert incident.error_type == "EXTRACT_VALUE_ERROR"
    assert len(d.jobs("a")) == 1


def test_a_task_that_fails_after_its_start_listeners_has_them_run_again():
    b = BpmnFile("p").start("s").service_task("t", job_type="=kind", execution_listeners=(("start", "a"),))
    d = EngineDriver(b.flow("s", "t"), restarts=True)
    key = d.create("p")
    d.complete("a")

    d.set_variables(key, kind="w")
    d.resolve(d.incident(key).key)
    d.complete("a")

    assert len(d.jobs("w")) == 1


def test_an_error_cannot_be_thrown_from_it_and_the_job_stays():
    d = EngineDriver(file(("start", "a")))
    key = d.create("p")
    job = d.job("a")

    answer = d.execute(ThrowError(job.key, "x"))
    d.advance(10**9 + 1)

    assert refused(answer).endswith(
        f"Cannot throw BPMN error from EXECUTION_LISTENER job with key '{job.key}', type 'a' and processInstanceKey '{key}'"
    )
    assert [each.key for each in d.jobs("a")] == [job.key]


def test_it_is_cancelled_with_its_element():
    d = EngineDriver(file(("start", "a")), restarts=True)
    key = d.create("p")

    d.execute(CancelProcessInstance(key))

    assert d.state(key) == "TERMINATED"
    assert d.jobs("a") == []


def test_of_a_multi_instance_it_runs_for_each_run_and_not_for_the_body():
    d = EngineDriver(file(("start", "a"), inner=multi_instance("=[1, 2]", "i")), restarts=True)
    d.create("p")

    jobs = d.jobs("a", fetch=("i",))

    assert [job.variables for job in jobs] == ['{"i":1}', '{"i":2}']


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda b: b.start("x", execution_listeners=(("start", "a"),)),
            "type 'start' are not supported by start events",
        ),
        (
            lambda b: b.element("exclusiveGateway", "x", execution_listeners=(("end", "a"),)),
            "type 'end' are not supported by gateway element",
        ),
        (
            lambda b: b.end("x", b.error_event("c"), execution_listeners=(("end", "a"),)),
            "type 'end' are not supported by [error] end events",
        ),
        (
            lambda b: b.service_task("x", job_type="w", execution_listeners=(("end", "a"), ("end", "a"))),
            "Found '2' duplicates based on eventType[end] and type[a], these combinations should be unique.",
        ),
    ],
)
def test_where_it_cannot_stand_is_refused(make, message):
    b = BpmnFile("p")
    make(b)

    assert message in refused(EngineDriver().deploy("p.bpmn", b))


def test_while_an_end_listener_runs_boundary_events_do_not_trigger_any_more():
    b = file(("end", "a"))
    b.boundary("late", "t", b.timer_event(duration="PT1S")).end("e2").flow("late", "e2")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")
    d.complete("w")

    d.advance(2_000)
    d.complete("a")

    assert "late" not in d.elements(key)
    assert d.state(key) == "COMPLETED"


def test_while_a_start_listener_runs_boundary_events_are_not_waited_for_yet():
    b = file(("start", "a"))
    b.boundary("b", "t", b.signal_event("go")).end("e2").flow("b", "e2")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")

    d.broadcast("go")
    d.complete("a")
    between = d.elements(key, active=True)
    d.broadcast("go")

    assert between == ["t"]
    assert d.elements(key)[-1] == "e2"


def test_an_instance_whose_process_listener_has_not_run_can_be_cancelled():
    b = BpmnFile("p", extensions=listeners(("start", "a"))).start("s").end("e").flow("s", "e")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")

    d.execute(CancelProcessInstance(key))

    assert d.state(key) == "TERMINATED"
    assert d.jobs("a") == []


def test_listeners_of_a_call_activity_run_around_the_called_instance():
    child = BpmnFile("child").start("s").service_task("t", job_type="w").end("e").chain("s", "t", "e")
    b = BpmnFile("p").start("s").call_activity("c", "child", execution_listeners=(("start", "a"), ("end", "b")))
    d = EngineDriver(child, b.end("e").chain("s", "c", "e"), restarts=True)
    key = d.create("p")
    early = d.instances("child")

    d.complete("a", given=1)
    called = d.variables(d.instances("child")[0])
    d.complete("w")
    between = d.state(key)
    d.complete("b")

    assert early == []
    assert called == {"given": 1}
    assert (between, d.state(key)) == ("ACTIVATED", "COMPLETED")
