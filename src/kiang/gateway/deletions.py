"""History that somebody deletes: it goes from the store, and the audit log says so."""

from __future__ import annotations

from collections.abc import Sequence

from kiang.engine.state.decision import DECISION_INSTANCES
from kiang.engine.state.process_definition import PROCESS_DEFINITIONS
from kiang.engine.state.process_instance import PROCESS_INSTANCES
from kiang.protocol.audit import AuditedEntity, Operation, OperationType
from kiang.store.history import remove_evaluations, remove_instances
from kiang.store.port import Store


def delete_instances(store: Store, keys: Sequence[int]) -> tuple[Operation, ...]:
    """Delete process instances that have ended; what that was for the audit log. May block for the disk.

    Raises:
        StoreError: The store refuses.
    """
    rows = store.select(PROCESS_INSTANCES, [("key", "in", list(keys))], ("key",))
    definitions = sorted({row.process_definition_key for row in rows})
    names = {row.key: row.name for row in store.select(PROCESS_DEFINITIONS, [("key", "in", definitions)])}
    remove_instances(store, keys)
    return tuple(
        Operation(
            AuditedEntity.PROCESS_INSTANCE,
            OperationType.DELETE,
            str(row.key),
            tenant_id=row.tenant_id,
            process_definition_id=row.process_id,
            process_definition_key=row.process_definition_key,
            process_instance_key=row.key,
            root_process_instance_key=row.root_process_instance_key or row.key,
            description=names.get(row.process_definition_key) or row.process_id,
        )
        for row in rows
    )


def delete_evaluations(store: Store, keys: Sequence[int]) -> tuple[Operation, ...]:
    """As `delete_instances`, for evaluations of decisions; none for those that are not there."""
    rows = store.select(DECISION_INSTANCES, [("evaluation_key", "in", list(keys))], ("key",))
    remove_evaluations(store, keys)
    asked = {row.evaluation_key: row for row in rows}
    asked |= {row.evaluation_key: row for row in rows if row.decision_key == row.root_decision_key}
    return tuple(
        Operation(
            AuditedEntity.DECISION,
            OperationType.DELETE,
            str(row.evaluation_key),
            tenant_id=row.tenant_id,
            decision_requirements_id=row.requirements_id,
            decision_requirements_key=row.requirements_key,
            decision_definition_id=row.decision_id,
            decision_definition_key=row.decision_key,
            decision_evaluation_key=row.evaluation_key,
            description=row.decision_name,
        )
        for row in asked.values()
    )
