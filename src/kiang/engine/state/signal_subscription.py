"""Element instances that wait for a signal (engine-semantics §13)."""

from __future__ import annotations

from typing import ClassVar

from kiang.engine.state.source import Rows
from kiang.engine.state.table import Condition, Index, Row, Table
from kiang.protocol.enums import SubscriptionState


class SignalSubscription(Row):
    """One subscription.

    Attributes:
        key: Subscription key: older ones are served first.
        element_instance_key: Who waits.
        element_id: The catch event.
        state: `SubscriptionState`.
    """

    key: int
    process_instance_key: int
    process_definition_key: int
    element_instance_key: int
    element_id: str
    name: str
    state: int
    tenant_id: str = "<default>"

    MUTABLE: ClassVar[tuple[str, ...]] = ("process_definition_key", "element_id", "state")


SIGNAL_SUBSCRIPTIONS = Table(
    "signal_subscription",
    SignalSubscription,
    (
        Index(("tenant_id", "name", "key"), where=(("state", int(SubscriptionState.OPEN)),)),
        Index(("process_instance_key", "state")),
    ),
    lookup=("tenant_id", "name"),
)


def open_for_signal(rows: Rows, tenant_id: str, name: str, after_key: int, limit: int) -> list[SignalSubscription]:
    """Those that a signal reaches now, oldest first, a portion at a time."""
    where: list[Condition] = [
        ("tenant_id", "=", tenant_id),
        ("name", "=", name),
        ("state", "=", int(SubscriptionState.OPEN)),
        ("key", ">", after_key),
    ]
    return rows.current(SIGNAL_SUBSCRIPTIONS, where, ("key",), limit)
