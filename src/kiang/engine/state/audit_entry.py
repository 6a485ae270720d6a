"""The audit log: one row for each operation that somebody has asked for."""

from __future__ import annotations

from kiang.engine.state.table import Index, Row, Table


class AuditEntry(Row):
    """One operation; see `protocol.audit.Operation` and `protocol.audit.Audit`.

    Attributes:
        at: Epoch ms.
    """

    key: int
    at: int
    actor_type: str
    actor_id: str
    channel: str
    batch_operation_key: int
    batch_operation_type: str
    category: str
    entity_type: str
    operation_type: str
    entity_key: str
    result: str
    tenant_id: str
    process_definition_id: str
    process_definition_key: int
    process_instance_key: int
    root_process_instance_key: int
    element_instance_key: int
    job_key: int
    user_task_key: int
    decision_requirements_id: str
    decision_requirements_key: int
    decision_definition_id: str
    decision_definition_key: int
    decision_evaluation_key: int
    deployment_key: int
    form_key: int
    resource_key: int
    related_entity_key: str
    related_entity_type: str
    description: str


AUDIT_ENTRIES = Table(
    "audit_entry",
    AuditEntry,
    (
        Index(("process_instance_key", "key")),
        Index(("user_task_key", "key")),
        Index(("actor_id", "key")),
        Index(("entity_type", "operation_type", "key")),
    ),
)
