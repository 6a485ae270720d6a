"""ResolveIncident (engine-semantics §6)."""

from __future__ import annotations

from kiang.engine.actions import jobs
from kiang.engine.lifecycle import retry
from kiang.engine.processing import Processing, Refused
from kiang.protocol.answers import Done
from kiang.protocol.commands import ResolveIncident
from kiang.protocol.enums import RejectionType
from kiang.protocol.events import IncidentResolved, JobReactivatable


def resolve_incident(p: Processing, command: ResolveIncident) -> Done:
    """What was stuck is tried again; if it fails again, that is a new incident."""
    incident = p.state.incident(command.incident_key)
    if incident is None:
        raise Refused(
            RejectionType.NOT_FOUND,
            f"Expected to resolve incident with key '{command.incident_key}', but no such incident was found",
        )
    if incident.job_key:
        job = p.state.job(incident.job_key)
        assert job is not None
        if job.retries <= 0:
            raise Refused(
                RejectionType.NOT_FOUND,
                f"Expected to resolve incident with key '{incident.key}', but job with key '{job.key}' has no retries"
                " left. Please update the job retries and retry resolving the incident",
            )
        p.emit(IncidentResolved(incident.key))
        p.emit(JobReactivatable(job.key))
        jobs.make_available(p, job)
    else:
        p.emit(IncidentResolved(incident.key))
        retry(p, p.state.resident(incident.element_instance_key))
    return Done(incident.key)
