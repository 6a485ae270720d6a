"""Incidents: one row each; resolved ones stay for searches."""

from __future__ import annotations

from typing import ClassVar

from kiang.engine.state.table import Index, Row, Table
from kiang.protocol.enums import IncidentState


class Incident(Row):
    """One incident.

    Attributes:
        key: Incident key.
        element_id: Of the element, or `NO_CATCH_EVENT_FOUND` for a job's error that nothing caught.
        element_instance_key: The element instance that is stuck.
        job_key: The job that is stuck; 0 if it is the element itself.
        variable_scope_key: Where a correction of variables helps.
        error_type: `ErrorType`.
        state: `IncidentState`.
    """

    key: int
    process_instance_key: int
    process_definition_key: int
    element_id: str
    element_instance_key: int
    job_key: int
    variable_scope_key: int
    error_type: str
    error_message: str
    state: int
    created_at: int
    resolved_at: int | None = None
    tenant_id: str = "<default>"

    MUTABLE: ClassVar[tuple[str, ...]] = ("process_definition_key", "element_id", "state", "resolved_at")

    @property
    def is_open(self) -> bool:
        """Whether it waits to be resolved."""
        return self.state == IncidentState.ACTIVE


INCIDENTS = Table("incident", Incident, (Index(("process_instance_key", "state")), Index(("state", "key"))))
