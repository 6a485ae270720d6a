"""Compensation events (engine-semantics §15)."""

from __future__ import annotations

import pytest
from tests.bpmn_builder import BpmnFile, multi_instance
from tests.engine_driver import EngineDriver, refused

from kiang.protocol.commands import CancelProcessInstance, UpdateJobRetries


def undoable(b, name, **task):
    """A job with a handler, both named after it."""
    b.service_task(name, job_type=name, **task).boundary(f"b-{name}", name, b.compensate_event())
    return b.service_task(f"undo-{name}", job_type=f"undo-{name}", isForCompensation=True).associate(
        f"b-{name}", f"undo-{name}"
    )


def in_a_row(*names, activity=None):
    b = BpmnFile("p").start("s")
    for name in names:
        undoable(b, name)
    return b.throw("throw", b.compensate_event(activity)).end("e").chain("s", *names, "throw", "e")


def test_handlers_begin_together_in_the_order_in_which_the_activities_completed_and_the_event_waits():
    d = EngineDriver(in_a_row("x", "y"), restarts=True)
    key = d.create("p")
    d.complete("x")
    d.complete("y")
    begun = d.elements(key, active=True)

    d.complete("undo-y")
    between = d.elements(key, active=True)
    d.complete("undo-x")

    assert begun == ["throw", "undo-x", "undo-y"]
    assert between == ["throw", "undo-x"]
    assert d.state(key) == "COMPLETED"


def test_all_boundary_events_are_passed_before_the_first_handler_begins():
    d = EngineDriver(in_a_row("x", "y"))
    d.create("p")

    d.complete("x")
    d.complete("y")

    steps = [step for step in d.story("b-x", "b-y", "undo-x", "undo-y") if "Job" not in step]
    assert [step for step in steps if step.endswith("COMPLETED") or step.startswith("undo")] == [
        "b-x COMPLETED",
        "b-y COMPLETED",
        "undo-x ACTIVATING",
        "undo-x ACTIVATED",
        "undo-y ACTIVATING",
        "undo-y ACTIVATED",
    ]


def test_nothing_to_undo_lets_the_event_pass():
    b = BpmnFile("p").start("s")
    undoable(b, "x")
    d = EngineDriver(b.throw("throw", b.compensate_event()).end("e").chain("s", "throw", "e"))

    key = d.create("p")

    assert d.elements(key) == ["s", "throw", "e"]
    assert d.state(key) == "COMPLETED"


def test_a_completion_is_undone_once():
    b = BpmnFile("p").start("s")
    undoable(b, "x")
    b.throw("first", b.compensate_event()).end("second", b.compensate_event()).chain("s", "x", "first", "second")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")
    d.complete("x")

    d.complete("undo-x")

    assert d.elements(key).count("undo-x") == 1
    assert d.state(key) == "COMPLETED"


def test_only_the_named_activity_is_undone():
    d = EngineDriver(in_a_row("x", "y", activity="x"))
    key = d.create("p")
    d.complete("x")
    d.complete("y")

    d.complete("undo-x")

    assert d.state(key) == "COMPLETED"
    assert "undo-y" not in d.elements(key)


def test_an_activity_that_has_not_completed_is_not_undone():
    b = BpmnFile("p").start("s").element("parallelGateway", "fork")
    undoable(undoable(b, "x"), "y").end("e", b.compensate_event()).end("ey")
    d = EngineDriver(b.flow("s", "fork").chain("fork", "x", "e").chain("fork", "y", "ey"), restarts=True)
    key = d.create("p")

    d.complete("x")
    d.complete("undo-x")

    assert d.elements(key, active=True) == ["y"]


def test_handlers_see_the_variables_of_now_and_their_results_go_out():
    d = EngineDriver(in_a_row("x", "y"), restarts=True)
    key = d.create("p")
    d.complete("x", n=1)
    d.complete("y", n=2)
    (job,) = d.jobs("undo-x", fetch=("n",))

    d.advance(10**9 + 1)
    d.complete("undo-x", undone=True)

    assert job.variables == '{"n":2}'
    assert d.variables(key) == {"n": 2, "undone": True}


def test_what_completed_inside_a_completed_sub_process_is_undone_too():
    b = BpmnFile("p").start("s")
    with b.sub_process("sub"):
        undoable(b.start("s1"), "x").flow("s1", "x")
    d = EngineDriver(b.throw("throw", b.compensate_event()).end("e").chain("s", "sub", "throw", "e"), restarts=True)
    key = d.create("p")
    d.complete("x")

    d.complete("undo-x")

    assert d.state(key) == "COMPLETED"


def test_what_completed_in_an_interrupted_sub_process_is_not_undone():
    b = BpmnFile("p").start("s")
    with b.sub_process("sub"):
        undoable(b.start("s1"), "x").service_task("t", job_type="w").chain("s1", "x", "t")
    b.boundary("late", "sub", b.timer_event(duration="PT1S")).end("e", b.compensate_event())
    d = EngineDriver(b.flow("s", "sub").flow("late", "e"), restarts=True)
    key = d.create("p")
    d.complete("x")

    d.advance(1_000)

    assert d.state(key) == "COMPLETED"
    assert "undo-x" not in d.elements(key)


def test_a_multi_instance_is_undone_once_and_what_is_inside_one_for_each_run():
    once = BpmnFile("once").start("s")
    undoable(once, "x", inner=multi_instance("=[1, 2]"))
    once.end("e", once.compensate_event()).chain("s", "x", "e")
    each = BpmnFile("each").start("s")
    with each.sub_process("sub", inner=multi_instance("=[1, 2]")):
        undoable(each.start("s1"), "x").flow("s1", "x")
    each.end("e", each.compensate_event()).chain("s", "sub", "e")
    d = EngineDriver(once, each)

    counts = []
    for process in ("once", "each"):
        key = d.create(process)
        d.complete("x")
        d.complete("x")
        counts.append(d.elements(key, active=True).count("undo-x"))

    assert counts == [1, 2]


def test_a_handler_without_retries_is_an_incident_and_the_event_waits_for_its_end():
    d = EngineDriver(in_a_row("x"), restarts=True)
    key = d.create("p")
    d.complete("x")
    d.fail("undo-x", retries=0, message="no")
    incident = d.incident(key)

    d.execute(UpdateJobRetries(incident.job_key, 1))
    d.resolve(incident.key)
    d.complete("undo-x")

    assert (incident.element_id, incident.error_message) == ("undo-x", "no")
    assert d.state(key) == "COMPLETED"


def test_cancelling_ends_the_handlers_too():

    d = EngineDriver(in_a_row("x"), restarts=True)
    key = d.create("p")
    d.complete("x")

    d.execute(CancelProcessInstance(key))

    assert d.state(key) == "TERMINATED"
    assert d.life(key)[-1] == ("undo-x", "TERMINATED")


@pytest.mark.parametrize(
    ("activity", "message"),
    [
        ("nowhere", "The referenced compensation activity 'nowhere' doesn't exist"),
        ("t", "must have either a compensation boundary event or be a subprocess"),
    ],
)
def test_a_reference_to_what_cannot_be_undone_is_refused(activity, message):
    b = BpmnFile("p").start("s").service_task("t", job_type="w")
    b.end("e", b.compensate_event(activity)).chain("s", "t", "e")

    assert message in refused(EngineDriver().deploy("p.bpmn", b))


def test_an_event_inside_an_event_sub_process_undoes_what_the_scope_around_has_done():
    b = BpmnFile("p").start("s")
    undoable(b, "x").service_task("t", job_type="w").chain("s", "x", "t")
    with b.event_sub_process("esp"):
        b.start("s2", b.error_event("a")).throw("throw", b.compensate_event()).end("e2").chain("s2", "throw", "e2")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")
    d.complete("x")
    d.throw("w", "a")

    begun = d.elements(key, active=True)
    d.complete("undo-x")

    assert "undo-x" in begun
    assert "throw" in begun
    assert d.state(key) == "COMPLETED"


def test_a_sub_process_with_a_handler_of_its_own_is_undone_by_that_one_and_those_inside():
    b = BpmnFile("p").start("s")
    with b.sub_process("sub"):
        undoable(b.start("s1"), "x").flow("s1", "x")
    b.boundary("b-sub", "sub", b.compensate_event())
    b.service_task("undo-sub", job_type="undo-sub", isForCompensation=True).associate("b-sub", "undo-sub")
    b.end("e", b.compensate_event()).chain("s", "sub", "e")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")
    d.complete("x")

    begun = d.elements(key, active=True)
    d.complete("undo-x")
    d.complete("undo-sub")

    assert sorted(begun) == ["e", "undo-sub", "undo-x"]
    assert d.state(key) == "COMPLETED"


def test_a_handler_may_be_a_sub_process():
    b = BpmnFile("p").start("s")
    b.service_task("x", job_type="x").boundary("b-x", "x", b.compensate_event())
    with b.sub_process("undo", isForCompensation=True):
        b.start("s1").service_task("t", job_type="w").flow("s1", "t")
    b.associate("b-x", "undo").end("e", b.compensate_event()).chain("s", "x", "e")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")
    d.complete("x")

    d.complete("w")

    assert d.state(key) == "COMPLETED"
    assert ("undo", "COMPLETED") in d.life(key)


def test_what_was_done_in_a_loop_is_undone_as_often():
    b = BpmnFile("p").start("s").element("exclusiveGateway", "again", default="out")
    undoable(b, "x").end("e", b.compensate_event()).chain("s", "x", "again").flow("again", "x", "=more")
    d = EngineDriver(b.flow("again", "e", id_="out"), restarts=True)
    key = d.create("p")

    d.complete("x", more=True)
    d.complete("x", more=False)

    assert d.elements(key, active=True).count("undo-x") == 2
