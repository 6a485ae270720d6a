"""Global task listeners: they run for every user task of every process, around the listeners of the model."""

from __future__ import annotations

import json

import pytest
from tests.bpmn_builder import BpmnFile, listeners, tag
from tests.engine_driver import EngineDriver, document

from kiang.engine.state.global_listener import GLOBAL_LISTENERS, GLOBAL_LISTENERS_MAX
from kiang.protocol.answers import Done, Rejection
from kiang.protocol.cluster import CreateGlobalListener, DeleteGlobalListener, UpdateGlobalListener
from kiang.protocol.commands import (
    AssignUserTask,
    CancelProcessInstance,
    CompleteJob,
    CompleteUserTask,
    FailJob,
    JobResult,
    SetVariables,
    UpdateUserTask,
)
from kiang.protocol.enums import ErrorType, JobKind, ListenerEventType, RejectionType, UserTaskState


@pytest.fixture(params=[False, True], ids=["running", "restarting"])
def restarts(request) -> bool:
    return bool(request.param)


def file(*own, extensions: str = "", id_: str = "p") -> BpmnFile:
    b = BpmnFile(id_).start("s").user_task("t", extensions=extensions + listeners(*own, kind="task")).end("e")
    return b.chain("s", "t", "e")


def listen(d: EngineDriver, id_: str, *events: str, **options) -> None:
    answer = d.execute(CreateGlobalListener(id_, options.pop("job_type", id_), events, **options))
    assert isinstance(answer, Done), answer


def state(d: EngineDriver, instance: int) -> str:
    return UserTaskState(d.user_task(instance).state).name


def waiting_types(d: EngineDriver, instance: int) -> list[str]:
    """Types of the jobs that have not ended."""
    return [row.job_type for row in d.job_rows(instance) if row.state < 4]


def run_all(d: EngineDriver, instance: int, types: tuple[str, ...]) -> list[str]:
    """Complete listeners as they come; their types in order."""
    ran: list[str] = []
    while True:
        jobs = [job for type_ in types for job in d.jobs(type_)]
        if not jobs:
            return ran
        (job,) = jobs
        ran.append(job.job_type)
        d.execute(CompleteJob(job.key))


def test_they_run_by_priority_and_id_around_the_listeners_of_the_model(restarts):
    d = EngineDriver(file(("completing", "own1"), ("completing", "own2")), restarts=restarts)
    listen(d, "b", "completing")
    listen(d, "a", "completing")
    listen(d, "high", "completing", priority=70)
    listen(d, "low", "completing", priority=-3)
    listen(d, "after_low", "completing", after_non_global=True, priority=1)
    listen(d, "after_high", "all", after_non_global=True, priority=2)
    listen(d, "elsewhere", "assigning", "canceling")
    key = d.create("p")
    types = ("high", "a", "b", "low", "own1", "own2", "after_high", "after_low", "elsewhere")
    created = run_all(d, key, types)

    d.execute(CompleteUserTask(d.user_task(key).key))

    assert created == ["after_high"]
    assert run_all(d, key, types) == ["high", "a", "b", "low", "own1", "own2", "after_high", "after_low"]
    assert (state(d, key), d.state(key)) == ("COMPLETED", "COMPLETED")


def test_one_of_all_events_runs_with_each_of_them_in_every_process(restarts):
    assignee = tag("zeebe:assignmentDefinition", assignee="ann")
    d = EngineDriver(file(extensions=assignee), file(id_="q"), restarts=restarts)
    listen(d, "audit", "all")
    told = []

    def ran() -> None:
        job = d.job("audit")
        told.append((job.process_id, job.listener_event_type.name, job.kind))
        d.execute(CompleteJob(job.key))

    key, other = d.create("p"), d.create("q")
    ran()
    ran()
    ran()
    task = d.user_task(key).key
    d.execute(AssignUserTask(task, "bob"))
    ran()
    d.execute(UpdateUserTask(task, {"priority": 3}))
    ran()
    d.execute(SetVariables(d.element(key, "t"), document({"x": 1}), local=True))
    ran()
    d.execute(CompleteUserTask(task))
    ran()
    d.execute(CancelProcessInstance(other))
    ran()

    kind = JobKind.TASK_LISTENER
    assert sorted(told[:3]) == [("p", "ASSIGNING", kind), ("p", "CREATING", kind), ("q", "CREATING", kind)]
    assert told[3:] == [
        ("p", "ASSIGNING", kind),
        ("p", "UPDATING", kind),
        ("p", "UPDATING", kind),
        ("p", "COMPLETING", kind),
        ("q", "CANCELING", kind),
    ]
    assert (d.state(key), d.state(other)) == ("COMPLETED", "TERMINATED")


def test_a_change_is_for_what_begins_afterwards_also_of_tasks_that_are_there(restarts):
    d = EngineDriver(file(), restarts=restarts)
    key = d.create("p")
    listen(d, "one", "completing", job_type="first")
    listen(d, "two", "completing", job_type="second", priority=1)
    d.execute(CompleteUserTask(d.user_task(key).key))

    d.execute(UpdateGlobalListener("one", "changed", ("completing",)))
    d.execute(DeleteGlobalListener("two"))
    listen(d, "three", "completing", job_type="third", priority=0)
    d.complete("first")
    d.complete("second")
    other = d.create("p")
    d.execute(CompleteUserTask(d.user_task(other).key))

    assert d.state(key) == "COMPLETED"
    assert run_all(d, other, ("first", "second", "changed", "third")) == ["changed", "third"]
    assert d.state(other) == "COMPLETED"


def test_one_may_correct_and_another_deny_as_those_of_the_model(restarts):
    d = EngineDriver(file(), restarts=restarts)
    key = d.create("p")
    task = d.user_task(key).key
    listen(d, "correct", "assigning", priority=60)
    listen(d, "check", "assigning", "completing")

    d.execute(AssignUserTask(task, "ann"))
    d.execute(CompleteJob(d.job("correct").key, {}, JobResult(corrections={"assignee": "bob", "priority": 7})))
    seen = json.loads(d.job("check").headers)
    check = next(row for row in d.job_rows(key) if row.job_type == "check")
    d.execute(CompleteJob(check.key))
    corrected = (d.user_task(key).assignee, d.user_task(key).priority)
    d.execute(CompleteUserTask(task))
    d.execute(CompleteJob(d.job("check").key, {}, JobResult(denied=True, denied_reason="no")))

    assert seen["io.camunda.zeebe:assignee"] == "bob"
    assert seen["io.camunda.zeebe:changedAttributes"] == '["assignee","priority"]'
    assert corrected == ("bob", 7)
    assert (state(d, key), d.state(key)) == ("CREATED", "ACTIVATED")


def test_the_jobs_carry_the_headers_of_the_task_and_the_retries_of_the_listener(restarts):
    headers = tag("zeebe:taskHeaders", tag("zeebe:header", key="color", value="red"))
    d = EngineDriver(file(("creating", "own"), extensions=headers), restarts=restarts)
    listen(d, "one", "creating", retries=5)
    d.create("p")

    job = d.job("one")
    d.execute(CompleteJob(job.key))
    own = d.job("own")

    assert (job.retries, own.retries) == (5, 3)
    assert (job.kind, job.listener_event_type) == (JobKind.TASK_LISTENER, ListenerEventType.CREATING)
    assert json.loads(job.headers)["color"] == json.loads(own.headers)["color"] == "red"


def test_one_that_runs_out_of_retries_is_tried_again_when_its_incident_is_resolved(restarts):
    d = EngineDriver(file(), restarts=restarts)
    listen(d, "one", "completing", retries=1)
    listen(d, "two", "completing", priority=1)
    key = d.create("p")
    d.execute(CompleteUserTask(d.user_task(key).key))

    d.execute(FailJob(d.job("one").key, 0, "broken"))
    incident = d.incident(key)
    d.execute(DeleteGlobalListener("one"))
    d.resolve(incident.key)
    still = waiting_types(d, key)

    assert incident.error_type == ErrorType.TASK_LISTENER_NO_RETRIES
    assert still == ["one"]


def test_an_instance_that_waits_for_a_listener_can_be_canceled(restarts):
    d = EngineDriver(file(), restarts=restarts)
    listen(d, "made", "creating")
    listen(d, "bye", "canceling")
    key = d.create("p")

    d.execute(CancelProcessInstance(key))
    types = waiting_types(d, key)
    d.complete("bye")

    assert types == ["bye"]
    assert (state(d, key), d.state(key)) == ("CANCELED", "TERMINATED")


@pytest.mark.parametrize(
    ("command", "kind", "reason"),
    [
        (
            CreateGlobalListener("x", "t", ("all",)),
            RejectionType.ALREADY_EXISTS,
            "Expected a global USER_TASK listener with id 'x' to not exist, but a listener with the same id was found",
        ),
        (
            UpdateGlobalListener("y", "t", ("all",)),
            RejectionType.NOT_FOUND,
            "Expected a global USER_TASK listener with id 'y' to exist, but it was not found",
        ),
        (
            DeleteGlobalListener("y"),
            RejectionType.NOT_FOUND,
            "Expected a global USER_TASK listener with id 'y' to exist, but it was not found",
        ),
        (
            CreateGlobalListener(" ", "t", ("all",)),
            RejectionType.INVALID_ARGUMENT,
            "Missing id for the provided global USER_TASK listener",
        ),
        (
            UpdateGlobalListener("x", "", ("all",)),
            RejectionType.INVALID_ARGUMENT,
            "Missing type for the provided global USER_TASK listener with id 'x'",
        ),
        (
            UpdateGlobalListener("x", "t", ()),
            RejectionType.INVALID_ARGUMENT,
            "Missing event types for the provided global USER_TASK listener with id 'x'",
        ),
        (
            CreateGlobalListener("z", "t", ("create", "all", "complete")),
            RejectionType.INVALID_ARGUMENT,
            "Invalid event types for the provided global USER_TASK listener with id 'z': 'create', 'complete'",
        ),
    ],
)
def test_what_cannot_be_is_refused(command, kind, reason):
    d = EngineDriver()
    listen(d, "x", "creating")

    rejection = d.execute(command)

    assert isinstance(rejection, Rejection)
    assert (rejection.type, rejection.reason) == (kind, reason)
    assert [(row.id, row.job_type, row.event_types) for row in d.rows(GLOBAL_LISTENERS)] == [("x", "x", '["creating"]')]


def test_there_is_a_most_that_can_be():
    d = EngineDriver()
    for number in range(GLOBAL_LISTENERS_MAX):
        listen(d, f"l{number}", "all")

    rejection = d.execute(CreateGlobalListener("more", "t", ("all",)))

    assert rejection.type is RejectionType.INVALID_STATE
