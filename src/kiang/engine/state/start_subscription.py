"""Start events that wait for a message or a signal: those of the latest version of each process (engine-semantics §11, §13)."""

from __future__ import annotations

from typing import ClassVar

from kiang.engine.state.source import Rows
from kiang.engine.state.table import Condition, Index, Row, Table
from kiang.protocol.enums import EventType


class StartSubscription(Row):
    """One start event.

    Attributes:
        key: Subscription key: older ones are served first.
        event_type: MESSAGE, SIGNAL or CONDITIONAL of `EventType`.
        name: Of the message or signal.
    """

    key: int
    process_definition_key: int
    process_id: str
    element_id: str
    event_type: int
    name: str
    tenant_id: str = "<default>"

    MUTABLE: ClassVar[tuple[str, ...]] = ()


START_SUBSCRIPTIONS = Table(
    "start_subscription",
    StartSubscription,
    (Index(("tenant_id", "event_type", "name", "key")), Index(("process_definition_key",))),
    lookup=("tenant_id", "event_type", "name"),
)


def start_events_for(rows: Rows, tenant_id: str, event_type: EventType, name: str) -> list[StartSubscription]:
    """Start events that a message or signal begins, oldest first."""
    where: list[Condition] = [("tenant_id", "=", tenant_id), ("event_type", "=", int(event_type)), ("name", "=", name)]
    return rows.current(START_SUBSCRIPTIONS, where, ("key",))


def start_events_of(rows: Rows, process_definition_key: int) -> list[StartSubscription]:
    """Start events of a definition."""
    return rows.current(START_SUBSCRIPTIONS, [("process_definition_key", "=", process_definition_key)], ("key",))
