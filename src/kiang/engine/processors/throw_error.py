"""ThrowError (engine-semantics §14)."""

from __future__ import annotations

from kiang.engine.actions import agents, errors, incidents
from kiang.engine.processing import Processing, Refused
from kiang.engine.processors.fail_job import shortened
from kiang.engine.processors.lookup import check_lease, job_to
from kiang.protocol.answers import Done
from kiang.protocol.commands import ThrowError
from kiang.protocol.enums import ErrorType, JobKind, RejectionType
from kiang.protocol.events import JobErrorThrown


def throw_error(p: Processing, command: ThrowError) -> Done:
    """An error event catches the error of the job, or an incident is raised."""
    job = job_to(p, command.job_key, "throw an error for")
    check_lease(job, command.lease_token, "throw an error for")
    if job.kind != JobKind.BPMN_ELEMENT:
        raise Refused(
            RejectionType.INVALID_STATE,
            f"Cannot throw BPMN error from {JobKind(job.kind).name} job with key '{job.key}', type '{job.job_type}'"
            f" and processInstanceKey '{job.process_instance_key}'",
        )
    message = shortened(command.error_message)
    search = errors.find_catch(p, p.state.resident(job.element_instance_key), command.error_code)
    p.emit(JobErrorThrown(job.key, command.error_code, message, search.catch is not None))
    if search.catch is not None:
        if p.state.has_agents:
            agents.job_destroyed(p, p.state.resident(job.element_instance_key), job.key)
        errors.caught(p, search.catch, command.variables)
    else:
        text = errors.not_caught_text(command.error_code, message, search.available)
        incidents.raise_for_job(p, job, ErrorType.UNHANDLED_ERROR_EVENT, text)
    return Done(job.key)
