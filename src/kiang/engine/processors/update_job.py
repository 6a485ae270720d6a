"""UpdateJob: retries, time-out and priority in one command (REST)."""

from __future__ import annotations

from kiang.engine.processing import Processing
from kiang.engine.processors.lookup import any_job, check_lease
from kiang.engine.processors.update_job_retries import check_retries
from kiang.engine.processors.update_job_timeout import check_active
from kiang.protocol.answers import Done
from kiang.protocol.commands import UpdateJob
from kiang.protocol.events import JobPriorityUpdated, JobRetriesUpdated, JobTimeoutUpdated


def update_job(p: Processing, command: UpdateJob) -> Done:
    """All are checked before any is changed."""
    job = any_job(p, command.job_key)
    if command.lease_token is not None:
        check_lease(job, command.lease_token, "update")
    if command.retries is not None:
        check_retries(job.key, command.retries)
    if command.timeout_ms is not None:
        check_active(job)
    if command.retries is not None:
        p.emit(JobRetriesUpdated(job.key, command.retries))
    if command.timeout_ms is not None:
        p.emit(JobTimeoutUpdated(job.key, p.after(command.timeout_ms)))
    if command.priority is not None:
        p.emit(JobPriorityUpdated(job.key, command.priority))
    return Done(job.key)
