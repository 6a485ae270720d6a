"""Finding what a command names, or refusing it."""

from __future__ import annotations

from kiang.engine.processing import Processing, Refused
from kiang.engine.state.job import Job
from kiang.engine.state.user_task import UserTask
from kiang.protocol.enums import JobState, RejectionType, UserTaskState


def job_to(p: Processing, key: int, verb: str) -> Job:
    """A job that a worker may end: one that is not finished, and neither waits for a back-off nor for an incident.

    Raises:
        Refused: There is none.
    """
    job = p.state.job(key)
    if job is None:
        raise Refused(RejectionType.NOT_FOUND, f"Expected to {verb} job with key '{key}', but no such job was found")
    if job.state > JobState.ACTIVATED:
        state = JobState(job.state).name
        raise Refused(
            RejectionType.INVALID_STATE, f"Expected to {verb} job with key '{key}', but it is in state '{state}'"
        )
    return job


def check_lease(job: Job, lease_token: str | None, verb: str) -> None:
    """Whether who ends or updates a job holds it: one that was activated with a lease belongs to its last activation alone (8.10).

    Raises:
        Refused: It does not.
    """
    if job.lease_token and lease_token != job.lease_token:
        text = f"Expected to {verb} job with key '{job.key}', but it did not hold the supplied lease. The job may have been re-activated."
        raise Refused(RejectionType.INVALID_STATE, text)


def any_job(p: Processing, key: int) -> Job:
    """A job that is not finished, to be updated.

    Raises:
        Refused: There is none.
    """
    job = p.state.job(key)
    if job is None:
        raise Refused(RejectionType.NOT_FOUND, f"Expected to update job with key '{key}', but no such job was found")
    return job


def user_task_to(p: Processing, key: int, verb: str) -> UserTask:
    """A user task that rests.

    Raises:
        Refused: There is none, or it is on its way to another state.
    """
    task = p.state.user_task(key)
    if task is None:
        text = f"Expected to {verb} user task with key '{key}', but no such user task was found"
        raise Refused(RejectionType.NOT_FOUND, text)
    if task.state != UserTaskState.CREATED:
        state = UserTaskState(task.state).name
        text = f"Expected to {verb} user task with key '{key}', but it is in state '{state}'"
        raise Refused(RejectionType.INVALID_STATE, text)
    return task
