"""Appliers of incidents."""

from __future__ import annotations

from kiang.engine.appliers.applier import Appliers
from kiang.engine.state.incident import Incident
from kiang.engine.state.state import State
from kiang.protocol import events
from kiang.protocol.enums import IncidentState


def incident_created(state: State, e: events.IncidentCreated) -> None:
    """An element is stuck."""
    scope = state.resident(e.element_instance_key)
    state.add_incident(
        Incident(
            e.key,
            scope.process_instance_key,
            scope.process_definition_key,
            e.element_id,
            e.element_instance_key,
            e.job_key,
            e.variable_scope_key,
            e.error_type,
            e.error_message,
            IncidentState.ACTIVE,
            state.now,
            tenant_id=scope.tenant_id,
        )
    )
    scope.incident_key = e.key
    state.changed(scope)


def incident_resolved(state: State, e: events.IncidentResolved) -> None:
    """It is stuck no more."""
    incident = state.incident(e.key)
    assert incident is not None
    incident.state = IncidentState.RESOLVED
    incident.resolved_at = state.now
    state.end_incident(incident)
    scope = state.resident(incident.element_instance_key)
    if scope.incident_key == e.key:
        scope.incident_key = 0
        if incident.job_key == 0:
            scope.listener_index = 0  # all listeners of the phase run again
        state.changed(scope)


APPLIERS: Appliers = {events.IncidentCreated: incident_created, events.IncidentResolved: incident_resolved}
