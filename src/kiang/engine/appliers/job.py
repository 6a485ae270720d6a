"""Appliers of the life of jobs."""

from __future__ import annotations

from kiang.engine.appliers.applier import Appliers
from kiang.engine.state.job import Job
from kiang.engine.state.state import Scope, State
from kiang.engine.state.statistics import COMPLETED, CREATED, FAILED
from kiang.protocol import events
from kiang.protocol.enums import JobState

NO_CATCH_EVENT_FOUND = "NO_CATCH_EVENT_FOUND"
"""Element id of a job whose error nothing has caught, as records show it."""


def _job(state: State, key: int) -> Job:
    job = state.job(key)
    assert job is not None
    return job


def job_created(state: State, e: events.JobCreated) -> None:
    """It is activatable, and its element waits for it."""
    scope = state.resident(e.element_instance_key)
    state.add_job(
        Job(
            e.key,
            scope.process_instance_key,
            scope.process_definition_key,
            scope.element_id,
            scope.key,
            e.job_type,
            _free_state(state, scope),
            e.retries,
            e.headers,
            state.now,
            e.kind,
            e.listener_event_type,
            priority=e.priority,
            tenant_id=scope.tenant_id,
        )
    )
    scope.job_key = e.key
    state.changed(scope)
    state.statistics.job(CREATED, e.job_type, "", scope.tenant_id, state.now)


def job_activated(state: State, e: events.JobActivated) -> None:
    """It belongs to a worker."""
    job = _job(state, e.key)
    job.worker = e.worker
    job.deadline = e.deadline
    job.lease_token = e.lease_token
    state.change_job(job, JobState.ACTIVATED)


def job_completed(state: State, e: events.JobCompleted) -> None:
    """It is done."""
    job = _job(state, e.key)
    state.statistics.job(COMPLETED, job.job_type, job.worker, job.tenant_id, state.now)
    _end(state, job, JobState.COMPLETED)


def job_canceled(state: State, e: events.JobCanceled) -> None:
    """It is gone with its element."""
    _end(state, _job(state, e.key), JobState.CANCELED)


def job_timed_out(state: State, e: events.JobTimedOut) -> None:
    """It is free again."""
    _free(state, e.key)


def job_recurred(state: State, e: events.JobRecurred) -> None:
    """It is free again."""
    _free(state, e.key)


def job_yielded(state: State, e: events.JobYielded) -> None:
    """It is free again."""
    _free(state, e.key)


def job_reactivatable(state: State, e: events.JobReactivatable) -> None:
    """It is free again, and is the job of its element again."""
    job = _free(state, e.key)
    job.element_id = state.resident(job.element_instance_key).element_id


def job_failed(state: State, e: events.JobFailed) -> None:
    """It is free again, rests, or waits for its incident to be resolved."""
    job = _job(state, e.key)
    state.statistics.job(FAILED, job.job_type, job.worker, job.tenant_id, state.now)
    job.retries = e.retries
    job.error_message = e.error_message
    job.deadline = None
    job.recur_at = e.recur_at or None
    is_free = e.retries > 0 and not e.recur_at
    scope = state.resident(job.element_instance_key)
    state.change_job(job, _free_state(state, scope) if is_free else JobState.FAILED)


def job_error_thrown(state: State, e: events.JobErrorThrown) -> None:
    """Its error is caught and it is over, or it waits for its incident to be resolved."""
    job = _job(state, e.key)
    state.statistics.job(FAILED, job.job_type, job.worker, job.tenant_id, state.now)
    job.error_code = e.error_code
    job.error_message = e.error_message
    if e.is_caught:
        _end(state, job, JobState.ERROR_CAUGHT)
    else:
        job.deadline = None
        job.element_id = NO_CATCH_EVENT_FOUND
        state.change_job(job, JobState.ERROR_THROWN)


def job_suspended(state: State, e: events.JobSuspended) -> None:
    """Nobody can have it for now."""
    state.change_job(_job(state, e.key), JobState.SUSPENDED)


def job_resumed(state: State, e: events.JobResumed) -> None:
    """It is free again."""
    state.change_job(_job(state, e.key), JobState.ACTIVATABLE)


def job_disabled(state: State, e: events.JobDisabled) -> None:
    """It waits for its incident to be resolved."""
    state.change_job(_job(state, e.key), JobState.FAILED)


def job_retries_updated(state: State, e: events.JobRetriesUpdated) -> None:
    """It may be tried more or less often."""
    job = _job(state, e.key)
    job.retries = e.retries
    state.change_job(job, job.state)


def job_priority_updated(state: State, e: events.JobPriorityUpdated) -> None:
    """It has another place in the queue."""
    job = _job(state, e.key)
    job.priority = e.priority
    state.change_job(job, job.state)


def job_timeout_updated(state: State, e: events.JobTimeoutUpdated) -> None:
    """Its worker has more or less time."""
    job = _job(state, e.key)
    job.deadline = e.deadline
    state.change_job(job, job.state)


def _free(state: State, key: int) -> Job:
    job = _job(state, key)
    job.worker = ""
    job.deadline = None
    job.recur_at = None
    state.change_job(job, _free_state(state, state.resident(job.element_instance_key)))
    return job


def _free_state(state: State, scope: Scope) -> JobState:
    """The state of a job that nothing keeps from being activated but, perhaps, the suspension of its instance."""
    return JobState.ACTIVATABLE if state.instance_of(scope).suspended_at is None else JobState.SUSPENDED


def _end(state: State, job: Job, end: JobState) -> None:
    job.deadline = None
    job.recur_at = None
    job.ended_at = state.now
    scope = state.resident(job.element_instance_key)
    if scope.job_key == job.key:
        scope.job_key = 0
        state.changed(scope)
    state.change_job(job, end)


APPLIERS: Appliers = {
    events.JobCreated: job_created,
    events.JobActivated: job_activated,
    events.JobCompleted: job_completed,
    events.JobCanceled: job_canceled,
    events.JobTimedOut: job_timed_out,
    events.JobRecurred: job_recurred,
    events.JobYielded: job_yielded,
    events.JobReactivatable: job_reactivatable,
    events.JobFailed: job_failed,
    events.JobErrorThrown: job_error_thrown,
    events.JobSuspended: job_suspended,
    events.JobResumed: job_resumed,
    events.JobDisabled: job_disabled,
    events.JobRetriesUpdated: job_retries_updated,
    events.JobPriorityUpdated: job_priority_updated,
    events.JobTimeoutUpdated: job_timeout_updated,
}
