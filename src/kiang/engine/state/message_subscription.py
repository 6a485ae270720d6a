"""Element instances that wait for a message: one row per subscription; closed ones stay for searches (engine-semantics §11)."""

from __future__ import annotations

from operator import attrgetter
from typing import ClassVar

from kiang.engine.state.source import Rows
from kiang.engine.state.table import Condition, Index, Row, Table
from kiang.protocol.enums import SubscriptionState


class MessageSubscription(Row):
    """One subscription.

    Attributes:
        key: Subscription key.
        element_instance_key: Who waits; the oldest is served first.
        element_id: The catch event.
        message_key: The message that is being correlated or was correlated last; 0 for none.
        correlated_at: Epoch ms of when it was given that message; 0 for none.
        interrupting: 1 if the first message closes it.
        state: `SubscriptionState`.
        updated_at: Epoch ms of its last change of state.
    """

    key: int
    process_instance_key: int
    process_definition_key: int
    process_id: str
    element_instance_key: int
    element_id: str
    name: str
    correlation_key: str
    interrupting: int
    state: int
    updated_at: int
    message_key: int = 0
    tenant_id: str = "<default>"
    correlated_at: int = 0

    MUTABLE: ClassVar[tuple[str, ...]] = (
        "process_definition_key",
        "process_id",
        "element_id",
        "interrupting",
        "state",
        "updated_at",
        "message_key",
        "correlated_at",
    )


MESSAGE_SUBSCRIPTIONS = Table(
    "message_subscription",
    MessageSubscription,
    (
        Index(("tenant_id", "name", "correlation_key", "key"), where=(("state", int(SubscriptionState.OPEN)),)),
        Index(("process_instance_key", "state")),
    ),
    lookup=("tenant_id", "name", "correlation_key"),
)


_element_instance_key = attrgetter("element_instance_key")


def open_for_message(rows: Rows, tenant_id: str, name: str, correlation_key: str) -> list[MessageSubscription]:
    """Those that a message can be correlated to now: the oldest element instance first, whenever it began to wait."""
    where: list[Condition] = [
        ("tenant_id", "=", tenant_id),
        ("name", "=", name),
        ("correlation_key", "=", correlation_key),
        ("state", "=", int(SubscriptionState.OPEN)),
    ]
    found = rows.current(MESSAGE_SUBSCRIPTIONS, where, ("key",))
    found.sort(key=_element_instance_key)
    return found
