"""Raising and resolving incidents (engine-semantics §6)."""

from __future__ import annotations

from kiang.engine.failure import Failure
from kiang.engine.processing import Processing
from kiang.engine.state.job import Job
from kiang.engine.state.state import Scope
from kiang.protocol.enums import ErrorType
from kiang.protocol.events import IncidentCreated, IncidentResolved


def raise_for_element(p: Processing, scope: Scope, failure: Failure) -> None:
    """The element stays where it is until somebody resolves the incident."""
    p.emit(
        IncidentCreated(
            p.state.next_key(),
            scope.key,
            0,
            failure.scope_key or scope.key,
            scope.element_id,
            failure.type,
            failure.message,
        )
    )


def raise_for_job(p: Processing, job: Job, error_type: ErrorType, message: str) -> None:
    """The job stays out of the queue until somebody resolves the incident."""
    p.emit(
        IncidentCreated(
            p.state.next_key(),
            job.element_instance_key,
            job.key,
            job.element_instance_key,
            job.element_id,
            error_type,
            message,
        )
    )


def resolve_of(p: Processing, scope: Scope) -> None:
    """The element is about to end, and its incident with it."""
    if scope.incident_key:
        p.emit(IncidentResolved(scope.incident_key))
