"""TimeOutJob: a worker took too long (engine-semantics §3.2)."""

from __future__ import annotations

from kiang.engine.actions import jobs
from kiang.engine.processing import Processing
from kiang.protocol.answers import Done
from kiang.protocol.commands import TimeOutJob
from kiang.protocol.enums import JobState
from kiang.protocol.events import JobTimedOut


def time_out_job(p: Processing, command: TimeOutJob) -> Done:
    """The job is free again, its retries as before, unless its worker was faster after all."""
    job = p.state.job(command.job_key)
    if job is not None and job.state == JobState.ACTIVATED and job.deadline is not None and job.deadline < p.now:
        p.emit(JobTimedOut(job.key))
        jobs.make_available(p, job)
    return Done(command.job_key)
