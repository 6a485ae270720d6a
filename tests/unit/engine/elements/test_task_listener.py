"""Task listener (engine-semantics §5, §20)."""

from __future__ import annotations

import json

from tests.bpmn_builder import BpmnFile, listeners, tag
from tests.engine_driver import EngineDriver, document, refused

from kiang.protocol.answers import Done, Rejection
from kiang.protocol.commands import (
    AssignUserTask,
    CancelProcessInstance,
    CompleteJob,
    CompleteUserTask,
    JobResult,
    ThrowError,
    UpdateJobRetries,
)
from kiang.protocol.enums import JobKind, UserTaskState


def file(*task_listeners, extensions=""):
    b = BpmnFile("p")
    b.start("s").user_task("t", extensions=extensions + listeners(*task_listeners, kind="task")).end("e")
    return b.chain("s", "t", "e")


def state(d, instance):
    return UserTaskState(d.user_task(instance).state).name


def test_listeners_of_one_event_run_one_after_the_other_before_it_takes_place():
    d = EngineDriver(file(("completing", "first"), ("completing", "second")), restarts=True)
    key = d.create("p")
    task = d.user_task(key).key

    awaited = d.execute(CompleteUserTask(task, document({"x": 1})))
    before = state(d, key)
    d.complete("first")
    between = state(d, key)
    d.complete("second")

    assert awaited == task
    assert (before, between, state(d, key)) == ("COMPLETING", "COMPLETING", "COMPLETED")
    assert d.state(key) == "COMPLETED"


def test_whoever_has_asked_is_answered_at_the_end_of_the_listeners():
    d = EngineDriver(file(("assigning", "check")))
    key = d.create("p")
    task = d.user_task(key).key

    d.execute(AssignUserTask(task, "ann"))
    before = dict(d.results)
    d.complete("check")

    assert before == {}
    assert d.results == {task: Done(task)}
    assert d.user_task(key).assignee == "ann"


def test_a_listener_that_denies_rolls_the_transition_back():
    d = EngineDriver(file(("completing", "check")))
    key = d.create("p")
    task = d.user_task(key).key
    d.execute(CompleteUserTask(task))

    d.execute(CompleteJob(d.job("check").key, {}, JobResult(denied=True, denied_reason="not yet")))

    rejection = d.results[task]
    assert isinstance(rejection, Rejection)
    assert rejection.message == (
        f"Command 'COMPLETE' rejected with code 'INVALID_STATE': Completion of the User Task with key '{task}' was denied"
        " by Task Listener. Reason to deny: 'not yet'"
    )
    assert state(d, key) == "CREATED"
    assert d.state(key) == "ACTIVATED"


def test_corrections_of_a_listener_are_seen_by_the_next_one_and_take_effect():
    d = EngineDriver(file(("assigning", "first"), ("assigning", "second")))
    key = d.create("p")
    d.execute(AssignUserTask(d.user_task(key).key, "ann"))

    d.execute(CompleteJob(d.job("first").key, {}, JobResult(corrections={"assignee": "bob", "priority": 7})))
    second = d.job("second")
    d.execute(CompleteJob(second.key))

    assert json.loads(second.headers)["io.camunda.zeebe:assignee"] == "bob"
    assert (d.user_task(key).assignee, d.user_task(key).priority) == ("bob", 7)


def test_a_task_with_an_assignee_in_the_model_is_created_and_then_assigned():
    extensions = tag("zeebe:assignmentDefinition", assignee="ann")
    d = EngineDriver(file(("creating", "made"), ("assigning", "given"), extensions=extensions), restarts=True)
    key = d.create("p")

    first = (state(d, key), d.user_task(key).assignee)
    d.complete("made")
    second = state(d, key)
    d.complete("given")

    assert first == ("CREATING", "")
    assert second == "ASSIGNING"
    assert (state(d, key), d.user_task(key).assignee) == ("CREATED", "ann")


def test_canceling_listeners_hold_up_the_end_of_the_element():
    d = EngineDriver(file(("canceling", "bye")), restarts=True)
    key = d.create("p")

    d.execute(CancelProcessInstance(key))
    before = (state(d, key), d.state(key))
    d.complete("bye")

    assert before == ("CANCELING", "TERMINATING")
    assert (state(d, key), d.state(key)) == ("CANCELED", "TERMINATED")


def test_commands_during_a_transition_are_refused():
    d = EngineDriver(file(("assigning", "check")))
    task = d.user_task(d.create("p")).key
    d.execute(AssignUserTask(task, "ann"))

    answer = d.execute(CompleteUserTask(task))

    assert f"Expected to complete user task with key '{task}', but it is in state 'ASSIGNING'" in refused(answer)


def test_a_task_listener_takes_neither_variables_nor_errors():
    d = EngineDriver(file(("assigning", "check")))
    task = d.user_task(d.create("p")).key
    d.execute(AssignUserTask(task, "ann"))
    job = d.job("check")

    variables = d.execute(CompleteJob(job.key, document({"x": 1})))
    error = d.execute(ThrowError(job.key, "oops"))
    unknown = d.execute(CompleteJob(job.key, {}, JobResult(corrections={"name": "x"})))

    assert job.kind == JobKind.TASK_LISTENER
    assert "variables payload provided is not yet supported" in refused(variables)
    assert "Cannot throw BPMN error from TASK_LISTENER job" in refused(error)
    assert "property 'name' cannot be corrected" in refused(unknown)


def test_a_listener_without_retries_is_an_incident_that_can_be_resolved():
    d = EngineDriver(file(("completing", "check")))
    key = d.create("p")
    d.execute(CompleteUserTask(d.user_task(key).key))
    d.fail("check", message="broken")
    incident = d.incident(key)

    d.execute(UpdateJobRetries(incident.job_key, 1))
    d.resolve(incident.key)
    d.complete("check")

    assert (incident.error_type, incident.error_message) == ("TASK_LISTENER_NO_RETRIES", "broken")
    assert d.state(key) == "COMPLETED"


def test_setting_variables_of_the_task_is_an_update_that_a_listener_may_deny():
    d = EngineDriver(file(("updating", "check")), restarts=True)
    key = d.create("p")
    task, element = d.user_task(key).key, d.element(key, "t")

    d.set_variables(element, x=1)
    during = (state(d, key), d.variables(key), d.variables(element))
    busy = d.set_variables(element, x=2)
    d.execute(CompleteJob(d.job("check").key, {}, JobResult(denied=True, denied_reason="no")))
    denied = (state(d, key), d.variables(key))
    d.set_variables(element, x=3)
    d.complete("check")
    d.set_variables(element, local=True, y=4)
    d.complete("check")

    assert during == ("UPDATING", {}, {})
    assert refused(busy).endswith(
        f"Expected to trigger update transition for user task with key '{task}', but it is in state 'UPDATING'"
    )
    assert denied == ("CREATED", {})
    assert (d.variables(key), d.variables(element)) == ({"x": 3}, {"y": 4})


def test_setting_variables_of_a_task_that_nothing_listens_to_is_no_update():
    d = EngineDriver(file(("completing", "check")), restarts=True)
    key = d.create("p")

    answer = d.set_variables(d.element(key, "t"), x=1)

    assert isinstance(answer, Done)
    assert d.variables(key) == {"x": 1}
