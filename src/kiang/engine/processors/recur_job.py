"""RecurJob: the back-off of a job is over (engine-semantics §3.2)."""

from __future__ import annotations

from kiang.engine.actions import jobs
from kiang.engine.processing import Processing
from kiang.protocol.answers import Done
from kiang.protocol.commands import RecurJob
from kiang.protocol.enums import JobState
from kiang.protocol.events import JobRecurred


def recur_job(p: Processing, command: RecurJob) -> Done:
    """The job can be activated again."""
    job = p.state.job(command.job_key)
    if job is not None and job.state == JobState.FAILED and job.recur_at is not None and job.recur_at < p.now:
        p.emit(JobRecurred(job.key))
        jobs.make_available(p, job)
    return Done(command.job_key)
