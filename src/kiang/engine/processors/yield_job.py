"""YieldJob: what was pushed did not arrive (engine-semantics §4)."""

from __future__ import annotations

from kiang.engine.actions import jobs
from kiang.engine.processing import Processing, Refused
from kiang.protocol.answers import Done
from kiang.protocol.commands import YieldJob
from kiang.protocol.enums import JobState, RejectionType
from kiang.protocol.events import JobYielded


def yield_job(p: Processing, command: YieldJob) -> Done:
    """The job is free again."""
    job = p.state.job(command.job_key)
    if job is None:
        raise Refused(
            RejectionType.NOT_FOUND, f"Expected to yield job with key '{command.job_key}', but no such job was found"
        )
    if job.state != JobState.ACTIVATED:
        raise Refused(
            RejectionType.INVALID_STATE,
            f"Expected to yield job with key '{job.key}', but it is in state '{JobState(job.state).name}'",
        )
    p.emit(JobYielded(job.key))
    jobs.make_available(p, job)
    return Done(job.key)
