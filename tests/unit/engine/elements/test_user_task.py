"""User task (engine-semantics §20)."""

from __future__ import annotations

import json

import pytest
from tests.bpmn_builder import BpmnFile, listeners, tag
from tests.engine_driver import EngineDriver, document, refused

from kiang.engine.state.user_task import USER_TASKS
from kiang.protocol.answers import Done
from kiang.protocol.commands import (
    AssignUserTask,
    CancelProcessInstance,
    CompleteUserTask,
    Deploy,
    UpdateUserTask,
)
from kiang.protocol.enums import UserTaskState


def file(*task_listeners, extensions=""):
    b = BpmnFile("p")
    b.start("s").user_task("t", extensions=extensions + listeners(*task_listeners, kind="task")).end("e")
    return b.chain("s", "t", "e")


def state(d, instance):
    return UserTaskState(d.user_task(instance).state).name


def test_a_native_task_waits_until_it_is_completed():
    d = EngineDriver(file(), restarts=True)
    key = d.create("p")
    task = d.user_task(key)

    answer = d.execute(CompleteUserTask(task.key, document({"x": 1})))

    assert answer == Done(task.key)
    assert d.state(key) == "COMPLETED"
    assert d.variables(key) == {"x": 1}
    assert state(d, key) == "COMPLETED"


def test_a_task_that_is_a_job_carries_its_attributes_as_headers():
    b = BpmnFile("p")
    assignment = tag("zeebe:assignmentDefinition", assignee="ann", candidateGroups="a, b")
    b.start("s").user_task("t", native=False, extensions=assignment).end("e").chain("s", "t", "e")
    d = EngineDriver(b)
    d.create("p")

    job = d.job("io.camunda.zeebe:userTask")

    assert job.retries == 1
    assert json.loads(job.headers) == {
        "io.camunda.zeebe:assignee": "ann",
        "io.camunda.zeebe:candidateGroups": '["a","b"]',
    }


def test_a_task_is_cancelled_with_its_instance():
    d = EngineDriver(file())
    key = d.create("p")

    d.execute(CancelProcessInstance(key))

    assert state(d, key) == "CANCELED"
    assert d.state(key) == "TERMINATED"


def test_claiming_is_refused_when_somebody_else_has_the_task():
    d = EngineDriver(file())
    task = d.user_task(d.create("p")).key
    d.execute(AssignUserTask(task, "ann"))

    other = d.execute(AssignUserTask(task, "bob", allow_override=False))
    same = d.execute(AssignUserTask(task, "ann", allow_override=False))
    empty = d.execute(AssignUserTask(task, " ", allow_override=False))

    assert "it has already been assigned" in refused(other)
    assert same == Done(task)
    assert "provided assignee is empty" in refused(empty)


def test_an_update_changes_what_it_names():
    d = EngineDriver(file(extensions=tag("zeebe:assignmentDefinition", candidateUsers="x,y")))
    key = d.create("p")

    d.execute(UpdateUserTask(d.user_task(key).key, {"priority": 80, "candidateGroups": ["g"], "dueDate": ""}))

    task = d.user_task(key)
    assert (task.priority, task.candidate_groups, task.candidate_users) == (80, '["g"]', '["x","y"]')


@pytest.mark.parametrize(
    ("extensions", "message"),
    [
        (tag("zeebe:assignmentDefinition", assignee="=x"), "'x' to be 'STRING', but was 'NULL'."),
        (tag("zeebe:assignmentDefinition", candidateGroups="=x"), "'x' to be 'ARRAY', but was 'NULL'."),
        (
            tag("zeebe:assignmentDefinition", candidateUsers="=[1]"),
            "to be 'ARRAY' containing 'STRING' items, but was 'ARRAY' containing at least one non-'STRING' item.",
        ),
        (tag("zeebe:taskSchedule", dueDate="=1"), "'1' to be one of '[NULL, DATE_TIME, STRING]', but was 'NUMBER'."),
        (
            tag("zeebe:taskSchedule", followUpDate='="soon"'),
            "Invalid date-time format 'soon' for expression '\"soon\"'.",
        ),
        (tag("zeebe:priorityDefinition", priority="=101"), "to be in the range [0,100] but was '101'."),
        (tag("zeebe:priorityDefinition", priority="=2.5"), "'2.5' to be an integer, but was a decimal."),
        (
            tag("zeebe:formDefinition", formId="f"),
            "Expected to find a form with id 'f', but no form with this id is found",
        ),
    ],
)
def test_an_attribute_that_does_not_fit_is_an_incident_and_no_task_is_there(extensions, message):
    d = EngineDriver(file(extensions=extensions))

    key = d.create("p")

    incident = d.incident(key)
    assert incident.error_type == ("FORM_NOT_FOUND" if "formId" in extensions else "EXTRACT_VALUE_ERROR")
    assert incident.element_id == "t"
    assert message in incident.error_message
    assert d.rows(USER_TASKS) == []


def test_resolving_creates_the_task_with_the_variables_of_now():
    d = EngineDriver(file(extensions=tag("zeebe:assignmentDefinition", assignee="=x")), restarts=True)
    key = d.create("p")

    d.set_variables(key, x="ann")
    d.resolve(d.incident(key).key)

    assert d.user_task(key).assignee == "ann"
    assert d.incidents(key) == []


def test_null_dates_and_an_empty_assignee_mean_none():
    extensions = tag("zeebe:assignmentDefinition", assignee='=""') + tag("zeebe:taskSchedule", dueDate="=null")
    d = EngineDriver(file(extensions=extensions))
    key = d.create("p")

    task = d.user_task(key)

    assert (task.assignee, task.due_date, task.priority) == ("", "", 50)


def test_a_form_is_found_in_its_latest_version_when_the_task_begins():
    d = EngineDriver(file(extensions=tag("zeebe:formDefinition", formId="=which")), restarts=True)
    key = d.create("p", {"which": "f"})
    deployed = d.execute(Deploy((("f.form", b'{"id": "f"}'),)))

    d.resolve(d.incident(key).key)

    assert d.user_task(key).form_key == deployed.items[0].key


def test_a_boundary_event_cancels_the_task_and_commands_come_too_late():
    b = file()
    b.boundary("late", "t", b.timer_event(duration="PT1S")).end("e2").flow("late", "e2")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")
    task = d.user_task(key).key

    d.advance(1_000)

    assert state(d, key) == "CANCELED"
    assert f"Expected to complete user task with key '{task}', but no such user task was found" in refused(
        d.execute(CompleteUserTask(task))
    )


def test_results_stay_inside_with_output_mappings():
    b = (
        BpmnFile("p")
        .start("s")
        .user_task("t", inputs={"x": "=1"}, outputs={"y": "=x + r"})
        .end("e")
        .chain("s", "t", "e")
    )
    d = EngineDriver(b, restarts=True)
    key = d.create("p")

    d.execute(CompleteUserTask(d.user_task(key).key, document({"r": 2})))

    assert d.variables(key) == {"y": 3}


@pytest.mark.parametrize(
    ("extensions", "message"),
    [
        (
            tag("zeebe:priorityDefinition", priority="200"),
            "Priority must be a number between 0 and 100, but was '200'.",
        ),
        (tag("zeebe:taskSchedule", dueDate="soon"), "be a valid DateTime String"),
        (tag("zeebe:formDefinition", formId="a", externalReference="b"), "Exactly one of the attributes"),
    ],
)
def test_a_static_attribute_that_cannot_fit_is_refused(extensions, message):
    assert message in refused(EngineDriver().deploy("p.bpmn", file(extensions=extensions)))
