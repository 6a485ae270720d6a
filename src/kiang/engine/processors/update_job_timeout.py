"""UpdateJobTimeout: how long a worker still has (engine-semantics §3.2)."""

from __future__ import annotations

from kiang.engine.processing import Processing, Refused
from kiang.engine.processors.lookup import any_job
from kiang.engine.state.job import Job
from kiang.protocol.answers import Done
from kiang.protocol.commands import UpdateJobTimeout
from kiang.protocol.enums import JobState, RejectionType
from kiang.protocol.events import JobTimeoutUpdated


def update_job_timeout(p: Processing, command: UpdateJobTimeout) -> Done:
    """The deadline becomes now and `timeout_ms`, which may be negative: then the job is free soon."""
    job = any_job(p, command.job_key)
    check_active(job)
    p.emit(JobTimeoutUpdated(job.key, p.after(command.timeout_ms)))
    return Done(job.key)


def check_active(job: Job) -> None:
    """A job that somebody works on.

    Raises:
        Refused: Nobody does.
    """
    if job.state != JobState.ACTIVATED:
        raise Refused(
            RejectionType.INVALID_STATE,
            f"Expected to update the timeout of job with key '{job.key}', but it is not active",
        )
