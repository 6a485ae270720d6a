"""CreateClusterVariable: a value that the expressions of every process see."""

from __future__ import annotations

from kiang.engine.actions.cluster import check_value, scope_of
from kiang.engine.processing import Processing, Refused
from kiang.engine.state.cluster_variable import CLUSTER_VARIABLES_MAX
from kiang.protocol.answers import Done
from kiang.protocol.cluster import CreateClusterVariable
from kiang.protocol.enums import RejectionType
from kiang.protocol.events import ClusterVariableCreated


def create_cluster_variable(p: Processing, command: CreateClusterVariable) -> Done:
    """A name is given once for everybody, and once for each tenant."""
    name, tenant_id = command.name, command.tenant_id
    if not name:
        raise Refused(
            RejectionType.INVALID_ARGUMENT,
            f"Invalid cluster variable name: '{name}'. Cluster variable can not be null or empty.",
        )
    if any(character.isspace() for character in name):
        raise Refused(
            RejectionType.INVALID_ARGUMENT,
            f"Invalid cluster variable name: '{name}'. The name must not contains any whitespace.",
        )
    check_value(name, command.value)
    known = p.state.cluster_variables
    if known.named(tenant_id, name) is not None:
        raise Refused(
            RejectionType.ALREADY_EXISTS,
            f"Invalid cluster variable name: '{name}'. The name already exists in the scope '{scope_of(tenant_id)}'",
        )
    if len(known.values(tenant_id)) >= CLUSTER_VARIABLES_MAX:
        raise Refused(
            RejectionType.INVALID_STATE,
            f"Expected to create cluster variable '{name}' in the scope '{scope_of(tenant_id)}', but there are"
            f" {CLUSTER_VARIABLES_MAX} already, the most that it can hold",
        )
    key = p.state.next_key()
    p.emit(ClusterVariableCreated(key, name, command.value, tenant_id, command.metadata, command.kind))
    return Done(key)
