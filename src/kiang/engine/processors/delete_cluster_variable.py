"""DeleteClusterVariable: expressions see a cluster variable no more."""

from __future__ import annotations

from kiang.engine.actions.cluster import existing_variable
from kiang.engine.processing import Processing
from kiang.protocol.answers import Done
from kiang.protocol.cluster import DeleteClusterVariable
from kiang.protocol.events import ClusterVariableDeleted


def delete_cluster_variable(p: Processing, command: DeleteClusterVariable) -> Done:
    """What a process has read of it stays what it was."""
    row = existing_variable(p, command.tenant_id, command.name)
    p.emit(ClusterVariableDeleted(row.key))
    return Done(row.key)
