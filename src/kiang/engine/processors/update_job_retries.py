"""UpdateJobRetries: how often a job may still be tried (engine-semantics §3.2)."""

from __future__ import annotations

from kiang.engine.processing import Processing, Refused
from kiang.engine.processors.lookup import any_job
from kiang.protocol.answers import Done
from kiang.protocol.commands import UpdateJobRetries
from kiang.protocol.enums import RejectionType
from kiang.protocol.events import JobRetriesUpdated


def update_job_retries(p: Processing, command: UpdateJobRetries) -> Done:
    """In any state; resolves no incident and makes nothing activatable."""
    job = any_job(p, command.job_key)
    check_retries(command.job_key, command.retries)
    p.emit(JobRetriesUpdated(job.key, command.retries))
    return Done(job.key)


def check_retries(job_key: int, retries: int) -> None:
    """Retries that a job can be given.

    Raises:
        Refused: They are not positive.
    """
    if retries < 1:
        raise Refused(
            RejectionType.INVALID_ARGUMENT,
            f"Expected to update retries for job with key '{job_key}' with a positive amount of retries,"
            f" but the amount given was '{retries}'",
        )
