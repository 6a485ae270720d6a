"""Conditional events that wait for their condition (engine-semantics §21)."""

from __future__ import annotations

from typing import ClassVar

from kiang.engine.state.table import Index, Row, Table


class ConditionSubscription(Row):
    """One subscription.

    Attributes:
        key: Subscription key.
        element_instance_key: Who waits.
        element_id: The catch event.
        state: `SubscriptionState`.
    """

    key: int
    process_instance_key: int
    process_definition_key: int
    element_instance_key: int
    element_id: str
    state: int

    MUTABLE: ClassVar[tuple[str, ...]] = ("process_definition_key", "element_id", "state")


CONDITION_SUBSCRIPTIONS = Table(
    "condition_subscription", ConditionSubscription, (Index(("process_instance_key", "state")),)
)
