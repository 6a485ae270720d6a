"""Timers: one row per date; those that have fired or were canceled stay for a while (engine-semantics §12)."""

from __future__ import annotations

from typing import ClassVar

from kiang.engine.state.table import Index, Row, Table
from kiang.protocol.enums import SubscriptionState


class Timer(Row):
    """One date.

    Attributes:
        key: Timer key.
        process_instance_key: 0 for the timer of a start event.
        element_instance_key: Who waits; 0 for the timer of a start event.
        element_id: The catch event.
        due_at: Epoch ms.
        repetitions: How often it fires from now on, this date included; -1 for without end.
        state: `SubscriptionState`.
    """

    key: int
    process_instance_key: int
    process_definition_key: int
    element_instance_key: int
    element_id: str
    due_at: int
    repetitions: int
    state: int
    tenant_id: str = "<default>"

    MUTABLE: ClassVar[tuple[str, ...]] = ("process_definition_key", "element_id", "state")


TIMERS = Table(
    "timer",
    Timer,
    (
        Index(("due_at", "key"), where=(("state", int(SubscriptionState.OPEN)),)),
        Index(("process_instance_key", "state")),
        Index(("process_definition_key",), where=(("process_instance_key", 0),)),
    ),
)
