"""FailJob (engine-semantics §3.6)."""

from __future__ import annotations

from kiang.engine.actions import incidents, jobs
from kiang.engine.actions.variables import set_local
from kiang.engine.processing import Processing
from kiang.engine.processors.lookup import check_lease, job_to
from kiang.protocol.answers import Done
from kiang.protocol.commands import FailJob
from kiang.protocol.enums import ErrorType, JobKind
from kiang.protocol.events import JobFailed

ERROR_MESSAGE_LENGTH_MAX = 10_000
"""Characters of a worker's message that are kept."""

NO_RETRIES_TYPES = {
    JobKind.BPMN_ELEMENT: ErrorType.JOB_NO_RETRIES,
    JobKind.EXECUTION_LISTENER: ErrorType.EXECUTION_LISTENER_NO_RETRIES,
    JobKind.TASK_LISTENER: ErrorType.TASK_LISTENER_NO_RETRIES,
    JobKind.AD_HOC_SUB_PROCESS: ErrorType.AD_HOC_SUB_PROCESS_NO_RETRIES,
}
"""Incident of a job that may not be tried again, by what the job is for."""


def fail_job(p: Processing, command: FailJob) -> Done:
    """The job can be tried again, at once or after its back-off, or an incident is raised."""
    job = job_to(p, command.job_key, "fail")
    check_lease(job, command.lease_token, "fail")
    message = shortened(command.error_message)
    rests = command.retries > 0 and command.retry_backoff_ms > 0
    p.emit(JobFailed(job.key, command.retries, message, p.after(command.retry_backoff_ms) if rests else 0))
    if command.variables:
        set_local(p, p.state.resident(job.element_instance_key), command.variables)
    if command.retries <= 0:
        incidents.raise_for_job(p, job, NO_RETRIES_TYPES[JobKind(job.kind)], message or "No more retries left.")
    elif not rests:
        jobs.make_available(p, job)
    return Done(job.key)


def shortened(message: str) -> str:
    """A worker's message as it is kept."""
    return message if len(message) <= ERROR_MESSAGE_LENGTH_MAX else message[:ERROR_MESSAGE_LENGTH_MAX] + "..."
