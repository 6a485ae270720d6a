"""Error events (engine-semantics §14)."""

from __future__ import annotations

import pytest
from tests.bpmn_builder import BpmnFile, multi_instance
from tests.engine_driver import EngineDriver, refused

from kiang.protocol.commands import ThrowError


def caught_by(*codes, task=None, **boundary):
    """A job with a boundary event for each code; None catches all."""
    b = BpmnFile("p").start("s").service_task("t", job_type="w", **(task or {}))
    for code in codes:
        name = f"on-{code}".replace("=", "")
        b.boundary(name, "t", b.error_event(code), **boundary).end(f"{name}-end").flow(name, f"{name}-end")
    return b.end("e").chain("s", "t", "e")


def test_an_exact_code_is_preferred_to_one_that_catches_all():
    d = EngineDriver(caught_by(None, "a"), restarts=True)
    exact, other = d.create("p"), d.create("p")

    d.throw("w", "a")
    d.throw("w", "b")

    assert d.elements(exact)[-1] == "on-a-end"
    assert d.elements(other)[-1] == "on-None-end"


def test_the_job_is_gone_and_the_activity_terminated_before_the_event_is_entered():
    d = EngineDriver(caught_by("a"))
    d.create("p")

    d.throw("w", "a")

    assert d.story("t", "on-a")[4:8] == ["t JobErrorThrown", "t TERMINATING", "t TERMINATED", "on-a ACTIVATING"]


def test_variables_of_the_error_stay_at_the_boundary_event_unless_they_are_mapped():
    d = EngineDriver(caught_by("a"), caught_by("a", outputs={"out": "=why"}))
    kept = d.create("p", version=1)
    d.throw("w", "a", why="so")
    mapped = d.create("p", version=2)
    d.throw("w", "a", why="so")

    assert d.variables(d.element(kept, "on-a")) == {"why": "so"}
    assert d.variables(kept) == {}
    assert d.variables(mapped) == {"out": "so"}


def test_the_nearest_scope_wins():
    b = BpmnFile("p").start("s")
    with b.sub_process("outer"):
        b.start("s1")
        with b.sub_process("inner"):
            b.start("s2").service_task("t", job_type="w").flow("s2", "t")
        b.boundary("near", "inner", b.error_event()).end("near-end").flow("s1", "inner").flow("near", "near-end")
    b.boundary("far", "outer", b.error_event("a")).end("far-end").flow("s", "outer").flow("far", "far-end")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")

    d.throw("w", "a")

    assert "near" in d.elements(key)
    assert "far" not in d.elements(key)
    assert d.state(key) == "COMPLETED"


def both_of_one_scope(boundary, event_sub_process):
    b = BpmnFile("p").start("s")
    with b.sub_process("sub"):
        b.start("s1").service_task("t", job_type="w").flow("s1", "t")
        with b.event_sub_process("esp"):
            b.start("s2", b.error_event(event_sub_process)).end("e2").flow("s2", "e2")
    b.boundary("b", "sub", b.error_event(boundary)).end("b-end").flow("s", "sub").flow("b", "b-end")
    return b


@pytest.mark.parametrize(
    ("boundary", "event_sub_process", "winner"),
    [("a", "a", "esp"), ("a", None, "b"), (None, "a", "esp"), (None, None, "esp")],
)
def test_boundary_event_and_event_sub_process_of_one_scope_are_one_list(boundary, event_sub_process, winner):
    d = EngineDriver(both_of_one_scope(boundary, event_sub_process))
    key = d.create("p")

    d.throw("w", "a")

    assert winner in d.elements(key)
    assert ({"esp", "b"} - {winner}).isdisjoint(d.elements(key))


def test_variables_of_the_error_go_outwards_from_an_event_sub_process():
    d = EngineDriver(both_of_one_scope("x", "a"))
    key = d.create("p")

    d.throw("w", "a", why="so")

    assert d.variables(key) == {"why": "so"}


def test_an_error_from_inside_the_handler_is_not_caught_by_the_scope_that_was_interrupted():
    b = BpmnFile("p").start("s")
    with b.sub_process("sub"):
        b.start("s1").service_task("t", job_type="w").flow("s1", "t")
        with b.event_sub_process("esp"):
            b.start("s2", b.error_event("a")).end("again", b.error_event("b")).flow("s2", "again")
    b.boundary("b", "sub", b.error_event("b")).end("b-end").flow("s", "sub").flow("b", "b-end")
    d = EngineDriver(b)
    key = d.create("p")

    d.throw("w", "a")

    incident = d.incident(key)
    assert (incident.error_type, incident.element_id) == ("UNHANDLED_ERROR_EVENT", "again")
    assert incident.error_message == (
        "Expected to throw an error event with the code 'b', but it was not caught."
        " No error events are available in the scope."
    )


def test_what_is_not_caught_names_the_codes_that_would_be_from_inside_to_outside():
    b = BpmnFile("p").start("s")
    with b.sub_process("sub"):
        b.start("s1").service_task("t", job_type="w").flow("s1", "t")
        for code in ("a", "c"):
            b.boundary(code, "t", b.error_event(code)).end(f"{code}-end").flow(code, f"{code}-end")
    b.boundary("z", "sub", b.error_event("z")).end("z-end").flow("s", "sub").flow("z", "z-end")
    d = EngineDriver(b)
    key = d.create("p")

    d.throw("w", "q")

    assert d.incident(key).error_message.endswith("but it was not caught. Available error events are [c, a, z]")
    assert d.incident(key).element_id == "NO_CATCH_EVENT_FOUND"


def test_an_end_event_throws_to_the_scope_around_and_terminates_what_else_is_there():
    b = BpmnFile("p").start("s")
    with b.sub_process("sub"):
        b.start("s1").service_task("t", job_type="w").end("thrown", b.error_event("=code"))
        b.service_task("other", job_type="other").flow("s1", "other").chain("s1", "t", "thrown")
    b.boundary("b", "sub", b.error_event("a")).end("b-end").flow("s", "sub").flow("b", "b-end")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")

    d.complete("w", code="a")

    life = dict(d.life(key))
    assert d.state(key) == "COMPLETED"
    assert life["thrown"] == life["other"] == life["sub"] == "TERMINATED"


def test_an_end_event_that_nothing_catches_is_an_incident_and_each_try_throws_again():
    b = BpmnFile("p").start("s")
    d = EngineDriver(b.end("e", b.error_event("=code")).flow("s", "e"), restarts=True)
    key = d.create("p", {"code": "a"})
    first = d.incident(key)

    d.set_variables(key, code="b")
    d.resolve(first.key)

    assert (first.error_type, first.element_id) == ("UNHANDLED_ERROR_EVENT", "e")
    assert "with the code 'a'" in first.error_message
    assert "with the code 'b'" in d.incident(key).error_message


def test_an_error_of_one_run_ends_a_whole_multi_instance():
    d = EngineDriver(caught_by("a", task={"inner": multi_instance("=[1, 2]")}), restarts=True)
    key = d.create("p")

    d.throw("w", "a")

    assert d.state(key) == "COMPLETED"
    assert [state for id_, state in d.life(key) if id_ == "t"] == ["TERMINATED"] * 3


def test_a_job_that_has_failed_cannot_throw_and_one_that_was_never_taken_can():
    d = EngineDriver(caught_by("a"))
    failed, untouched = d.create("p"), d.create("p")
    d.fail("w")

    answer = d.execute(ThrowError(d.job_rows(failed)[0].key, "a"))
    d.execute(ThrowError(d.job_rows(untouched)[0].key, "a"))

    assert "is in state 'FAILED'" in refused(answer)
    assert d.state(untouched) == "COMPLETED"


def test_a_code_that_is_caught_must_not_be_an_expression():
    assert "The errorCode of the error catch event is not allowed to be an expression" in refused(
        EngineDriver().deploy("p.bpmn", caught_by("=code"))
    )


def test_two_of_one_code_at_one_activity_are_refused():
    b = caught_by("a")
    b.boundary("again", "t", b.error_event("a")).end("x").flow("again", "x")

    assert "Multiple error catch events with the same error code 'a' are not supported on the same scope." in refused(
        EngineDriver().deploy("p.bpmn", b)
    )


def test_an_error_of_a_process_called_by_one_run_ends_all_runs_and_what_they_called():
    child = BpmnFile("child").start("s").service_task("t", job_type="w").end("e").chain("s", "t", "e")
    b = BpmnFile("p").start("s").call_activity("c", "child", inner=multi_instance("=[1, 2]"))
    b.boundary("b", "c", b.error_event("a")).end("b-end").end("e").chain("s", "c", "e").flow("b", "b-end")
    d = EngineDriver(child, b, restarts=True)
    key = d.create("p")

    d.throw("w", "a", why="so")

    assert d.state(key) == "COMPLETED"
    assert [d.state(each) for each in d.instances("child")] == ["TERMINATED", "TERMINATED"]
    assert d.variables(d.element(key, "b")) == {"why": "so"}


def test_an_error_inside_a_non_interrupting_handler_is_caught_by_the_scope_around():
    b = BpmnFile("p").start("s")
    with b.sub_process("sub"):
        b.start("s1").service_task("t", job_type="w").flow("s1", "t")
        with b.event_sub_process("esp"):
            b.start("s2", b.signal_event("go"), interrupting=False).service_task("h", job_type="h").flow("s2", "h")
    b.boundary("b", "sub", b.error_event("a")).end("b-end").flow("s", "sub").flow("b", "b-end")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")
    d.broadcast("go")

    d.throw("h", "a")

    assert d.state(key) == "COMPLETED"
    assert ("esp", "TERMINATED") in d.life(key)
    assert ("t", "TERMINATED") in d.life(key)


def test_an_error_of_a_called_process_without_catch_is_an_incident_there_and_not_of_the_caller():
    child = BpmnFile("child").start("s")
    child.end("e", child.error_event("a")).flow("s", "e")
    b = BpmnFile("p").start("s").call_activity("c", "child").end("e").chain("s", "c", "e")
    b.boundary("b", "c", b.error_event("other")).end("b-end").flow("b", "b-end")
    d = EngineDriver(child, b)
    key = d.create("p")

    incident = d.incident(d.instances("child")[0])

    assert d.incidents(key) == []
    assert incident.error_message.endswith("Available error events are [other]")
