"""Instances that a message has started: while one is active, no other starts with its correlation key (engine-semantics §11)."""

from __future__ import annotations

from typing import ClassVar

from kiang.engine.state.source import Rows
from kiang.engine.state.table import Condition, Index, Row, Table


class MessageStart(Row):
    """One active instance.

    Attributes:
        key: Process instance key.
        process_id: Of its definition.
        correlation_key: Of the message; never empty.
    """

    key: int
    process_id: str
    correlation_key: str
    tenant_id: str = "<default>"

    MUTABLE: ClassVar[tuple[str, ...]] = ()


MESSAGE_STARTS = Table(
    "message_start",
    MessageStart,
    (Index(("tenant_id", "process_id", "correlation_key")),),
    lookup=("tenant_id", "process_id", "correlation_key"),
)


def is_locked(rows: Rows, tenant_id: str, process_id: str, correlation_key: str) -> bool:
    """Whether an active instance of the process was started with this correlation key."""
    where: list[Condition] = [
        ("tenant_id", "=", tenant_id),
        ("process_id", "=", process_id),
        ("correlation_key", "=", correlation_key),
    ]
    return bool(rows.current(MESSAGE_STARTS, where, ("key",), 1))
