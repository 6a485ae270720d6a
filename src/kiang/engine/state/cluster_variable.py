"""Cluster variables: values that expressions of every process see as `camunda.vars`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from kiang import feel
from kiang.engine.state.source import Rows
from kiang.engine.state.table import Index, Row, Table
from kiang.protocol.cluster import NO_TENANT

NAMESPACE = "camunda"
"""The name by which expressions begin to ask for them, unless a process has a variable of that name."""

CLUSTER_VARIABLES_MAX = 10_000
"""Of one tenant, or of nobody: read together, some 10 ms, and kept in memory while expressions ask for them."""

CONTEXTS_MAX = 100
"""Tenants for which what expressions see is kept ready."""


class ClusterVariable(Row):
    """One variable.

    Attributes:
        tenant_id: "" for everybody's.
        value: JSON text.
        metadata: JSON object of texts and numbers.
        kind: One of `protocol.cluster.KINDS`.
    """

    key: int
    tenant_id: str
    name: str
    value: str
    metadata: str
    kind: str

    MUTABLE: ClassVar[tuple[str, ...]] = ("value", "metadata")


CLUSTER_VARIABLES = Table(
    "cluster_variable",
    ClusterVariable,
    (Index(("tenant_id", "name"), unique=True),),
    lookup=("tenant_id", "name"),
)


class ClusterVariables:
    """The questions that are asked about cluster variables."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._contexts: dict[str, dict[str, Any]] = {}

    def named(self, tenant_id: str, name: str) -> ClusterVariable | None:
        """A variable of a tenant, or of everybody."""
        found = self._rows.current(CLUSTER_VARIABLES, [("tenant_id", "=", tenant_id), ("name", "=", name)])
        return found[0] if found else None

    def of_tenant(self, tenant_id: str) -> list[ClusterVariable]:
        """All variables of a tenant, or of everybody."""
        return self._rows.current(CLUSTER_VARIABLES, [("tenant_id", "=", tenant_id)])

    def context(self, tenant_id: str) -> dict[str, Any]:
        """What expressions of a tenant's processes see as `camunda`."""
        found = self._contexts.get(tenant_id)
        if found is None:
            if len(self._contexts) >= CONTEXTS_MAX:
                self._contexts.clear()
            shared = decoded((row.name, row.value) for row in self.of_tenant(NO_TENANT))
            own = decoded((row.name, row.value) for row in self.of_tenant(tenant_id))
            found = self._contexts[tenant_id] = namespace(shared, own)
        return found

    def changed(self) -> None:
        """Appliers: expressions see something else now."""
        self._contexts.clear()


def decoded(values: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Names and JSON texts as FEEL sees them."""
    return {name: feel.from_json(value) for name, value in values}


def namespace(shared: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """The value of `camunda`, of everybody's variables and those of a tenant; where both have a name, the tenant's counts."""
    return {"vars": {"cluster": shared, "tenant": own, "env": {**shared, **own}}}
