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
"""Of one tenant, or of everybody: read together at the first question, some 60 ms, and kept in memory."""

TENANTS_MAX = 100
"""Tenants whose variables are kept in memory."""


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
        self._values: dict[str, dict[str, Any]] = {}
        self._contexts: dict[str, dict[str, Any]] = {}

    def named(self, tenant_id: str, name: str) -> ClusterVariable | None:
        """A variable of a tenant, or of everybody."""
        found = self._rows.current(CLUSTER_VARIABLES, [("tenant_id", "=", tenant_id), ("name", "=", name)])
        return found[0] if found else None

    def of_tenant(self, tenant_id: str) -> list[ClusterVariable]:
        """All variables of a tenant, or of everybody."""
        return self._rows.current(CLUSTER_VARIABLES, [("tenant_id", "=", tenant_id)])

    def values(self, tenant_id: str) -> dict[str, Any]:
        """The same by name, as FEEL sees them."""
        found = self._values.get(tenant_id)
        if found is None:
            if len(self._values) >= TENANTS_MAX:
                self._values.clear()
                self._contexts.clear()
            found = self._values[tenant_id] = decoded((row.name, row.value) for row in self.of_tenant(tenant_id))
        return found

    def context(self, tenant_id: str) -> dict[str, Any]:
        """What expressions of a tenant's processes see as `camunda`."""
        found = self._contexts.get(tenant_id)
        if found is None:
            shared, own = self.values(NO_TENANT), self.values(tenant_id)
            found = self._contexts[tenant_id] = namespace(shared, own)
        return found

    def changed(self, row: ClusterVariable) -> None:
        """Appliers: a variable is there, or has another value."""
        self._forget_contexts(row.tenant_id)
        known = self._values.get(row.tenant_id)
        if known is not None:
            known[row.name] = feel.from_json(row.value)

    def removed(self, row: ClusterVariable) -> None:
        """Appliers: a variable is gone."""
        self._forget_contexts(row.tenant_id)
        self._values.get(row.tenant_id, {}).pop(row.name, None)

    def _forget_contexts(self, tenant_id: str) -> None:
        if tenant_id == NO_TENANT:
            self._contexts.clear()
        else:
            self._contexts.pop(tenant_id, None)


def decoded(values: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Names and JSON texts as FEEL sees them."""
    return {name: feel.from_json(value) for name, value in values}


def namespace(shared: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """The value of `camunda`, of everybody's variables and those of a tenant; where both have a name, the tenant's counts."""
    return {"vars": {"cluster": shared, "tenant": own, "env": {**shared, **own}}}
