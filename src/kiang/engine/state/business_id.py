"""Business ids of active root instances: one process has at most one instance for each (8.9)."""

from __future__ import annotations

from typing import ClassVar

from kiang.engine.state.source import Rows
from kiang.engine.state.table import Condition, Index, Row, Table


class BusinessId(Row):
    """One active instance.

    Attributes:
        key: Process instance key.
        process_id: Of its definition.
        business_id: Given by the client.
    """

    key: int
    process_id: str
    business_id: str
    tenant_id: str = "<default>"

    MUTABLE: ClassVar[tuple[str, ...]] = ()


BUSINESS_IDS = Table(
    "business_id",
    BusinessId,
    (Index(("tenant_id", "process_id", "business_id")),),
    lookup=("tenant_id", "process_id", "business_id"),
)


def has_active(rows: Rows, tenant_id: str, process_id: str, business_id: str) -> bool:
    """Whether an active instance of the process has this business id."""
    where: list[Condition] = [
        ("tenant_id", "=", tenant_id),
        ("process_id", "=", process_id),
        ("business_id", "=", business_id),
    ]
    return bool(rows.current(BUSINESS_IDS, where, ("key",), 1))
