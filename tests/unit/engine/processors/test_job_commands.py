"""Commands on jobs (engine-semantics §3)."""

from __future__ import annotations

import pytest
from tests.bpmn_builder import BpmnFile
from tests.engine_driver import EngineDriver, refused

from kiang.engine.state.job import JOBS
from kiang.protocol.commands import (
    ActivateJobs,
    CompleteJob,
    FailJob,
    ThrowError,
    UpdateJob,
    UpdateJobRetries,
    UpdateJobTimeout,
    YieldJob,
)
from kiang.protocol.enums import JobState


@pytest.fixture(params=[False, True], ids=["running", "restarting"])
def d(request):
    file = BpmnFile("p").start("s").service_task("t", job_type="w").end("e").chain("s", "t", "e")
    return EngineDriver(file, restarts=request.param)


def test_jobs_are_activated_oldest_first_and_higher_priority_before(d):
    keys = [d.job_rows(d.create("p"))[0].key for _ in range(3)]
    d.execute(UpdateJob(keys[2], priority=5))

    assert [job.key for job in d.jobs("w")] == [keys[2], keys[0], keys[1]]


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (ActivateJobs("w", "me", 1, 0), "max jobs to activate to be greater than zero, but it was '0'"),
        (ActivateJobs("w", "me", 0, 1), "timeout to be greater than zero, but it was '0'"),
        (ActivateJobs(" ", "me", 1, 1), "type to be present, but it was blank"),
    ],
)
def test_an_activation_that_cannot_be_meant_is_refused(d, command, text):
    assert text in refused(d.execute(command))


def test_a_job_that_takes_too_long_is_free_again_with_its_retries(d):
    d.create("p")
    first = d.jobs("w", timeout_ms=1_000)[0]

    d.advance(1_000)
    held = d.jobs("w")
    d.advance(1)
    second = d.job("w")

    assert held == []
    assert (second.key, second.retries) == (first.key, first.retries)


def test_a_late_completion_counts_while_nobody_has_been_faster(d):
    key = d.create("p")
    job = d.jobs("w", timeout_ms=1_000)[0]
    d.advance(2_000)

    d.execute(CompleteJob(job.key))
    again = d.execute(CompleteJob(job.key))

    assert d.state(key) == "COMPLETED"
    assert f"Expected to complete job with key '{job.key}', but no such job was found" in refused(again)


def test_a_failed_job_rests_for_its_back_off(d):
    d.create("p")
    d.fail("w", retries=2, backoff_ms=5_000)

    during = d.jobs("w")
    d.advance(5_001)

    assert during == []
    assert d.job("w").retries == 2


def test_commands_during_a_back_off_are_refused(d):
    instance = d.create("p")
    d.fail("w", retries=2, backoff_ms=5_000)
    key = d.job_rows(instance)[0].key

    for command, verb in (
        (CompleteJob(key), "complete"),
        (FailJob(key, 1), "fail"),
        (ThrowError(key, "oops"), "throw an error for"),
    ):
        text = f"Expected to {verb} job with key '{key}', but it is in state 'FAILED'"
        assert text in refused(d.execute(command))


def test_a_job_without_retries_needs_some_before_its_incident_can_be_resolved(d):
    key = d.create("p")
    d.fail("w", message="broken", why="x")
    incident = d.incident(key)

    early = d.resolve(incident.key)
    d.execute(UpdateJobRetries(incident.job_key, 1))
    d.resolve(incident.key)
    d.complete("w")

    assert (incident.error_type, incident.error_message) == ("JOB_NO_RETRIES", "broken")
    assert "has no retries left" in refused(early)
    assert d.state(key) == "COMPLETED"
    assert d.variables(d.element(key, "t")) == {"why": "x"}


def test_a_message_that_is_too_long_is_cut(d):
    key = d.create("p")

    d.fail("w", message="x" * 10_001)

    assert d.incident(key).error_message == "x" * 10_000 + "..."


def test_an_error_that_nothing_catches_is_an_incident_of_the_job(d):
    key = d.create("p")

    d.throw("w", "oops", "why")

    incident = d.incident(key)
    assert incident.element_id == "NO_CATCH_EVENT_FOUND"
    assert incident.error_message == (
        "Expected to throw an error event with the code 'oops' with message 'why', but it was not caught."
        " No error events are available in the scope."
    )


def test_a_yielded_job_is_free_again_at_once(d):
    d.create("p")
    job = d.job("w")

    d.execute(YieldJob(job.key))

    assert d.job("w").key == job.key


def test_the_time_of_a_worker_can_be_changed_only_while_somebody_works(d):
    instance = d.create("p")
    key = d.job_rows(instance)[0].key

    idle = d.execute(UpdateJobTimeout(key, 1))
    d.jobs("w", timeout_ms=1_000)
    d.execute(UpdateJobTimeout(key, 10_000))
    d.advance(5_000)

    assert f"Expected to update the timeout of job with key '{key}', but it is not active" in refused(idle)
    assert d.rows(JOBS, key=key)[0].state == JobState.ACTIVATED


def test_retries_must_be_positive(d):
    key = d.job_rows(d.create("p"))[0].key

    answer = d.execute(UpdateJobRetries(key, 0))

    assert "with a positive amount of retries, but the amount given was '0'" in refused(answer)


@pytest.mark.parametrize(
    "command", [CompleteJob(1), FailJob(1, 1), ThrowError(1, "x"), UpdateJobRetries(1, 1), UpdateJobTimeout(1, 1)]
)
def test_a_refused_command_changes_nothing(d, command):
    d.create("p")
    before = (d.store.header, len(d.events))

    answer = d.execute(command)

    assert "rejected with code 'NOT_FOUND'" in refused(answer)
    assert (d.store.header, len(d.events)) == before
