"""UpdateClusterVariable: another value for a cluster variable; its kind stays."""

from __future__ import annotations

from kiang.engine.actions.cluster import check_value, existing_variable
from kiang.engine.processing import Processing
from kiang.protocol.answers import Done
from kiang.protocol.cluster import UpdateClusterVariable
from kiang.protocol.events import ClusterVariableUpdated


def update_cluster_variable(p: Processing, command: UpdateClusterVariable) -> Done:
    """Expressions see the new value with the next command."""
    row = existing_variable(p, command.tenant_id, command.name)
    check_value(command.name, command.value)
    metadata = row.metadata if command.metadata is None else command.metadata
    p.emit(ClusterVariableUpdated(row.key, command.value, metadata))
    return Done(row.key)
