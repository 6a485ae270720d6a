"""DeleteEntity: a group, role, tenant or mapping rule goes, with all that hangs on it."""

from __future__ import annotations

from kiang.engine.actions.identity import existing, forget
from kiang.engine.processing import Processing, Refused
from kiang.protocol.answers import Done
from kiang.protocol.commands import DEFAULT_TENANT
from kiang.protocol.enums import RejectionType
from kiang.protocol.events import ClusterVariableDeleted, EntityDeleted
from kiang.protocol.identity import DeleteEntity, EntityKind


def delete_entity(p: Processing, command: DeleteEntity) -> Done:
    """Everything but the default tenant, which every deployment without a tenant is in."""
    row = existing(p, command.kind, command.id, "delete")
    if command.kind == EntityKind.TENANT and command.id == DEFAULT_TENANT:
        raise Refused(
            RejectionType.INVALID_ARGUMENT,
            f"Expected to delete tenant with ID '{DEFAULT_TENANT}', but the default tenant cannot be deleted",
        )
    forget(p, command.kind, command.id)
    if command.kind == EntityKind.TENANT:
        for variable in p.state.cluster_variables.of_tenant(command.id):
            p.emit(ClusterVariableDeleted(variable.key))
    p.emit(EntityDeleted(row.key))
    return Done(row.key)
