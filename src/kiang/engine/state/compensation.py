"""What can be compensated: one row per completed activity with a handler, or scope with such activities inside (engine-semantics §15).

The rows of an instance are resident with it and go when it ends.
"""

from __future__ import annotations

from typing import ClassVar

from kiang.engine.state.table import Index, Row, Table


class CompensationSubscription(Row):
    """One completed activity.

    Attributes:
        key: Subscription key: older ones were completed earlier.
        element_instance_key: The process instance, which holds it.
        element_id: The activity.
        scope_key: The element instance in which the activity has completed.
        completed_key: The element instance that has completed: of a scope, what completed inside has it as `scope_key`.
        boundary_id: Its compensation boundary event; "" for a scope without one.
        handler_key: The element instance of the handler, once it was called.
        throw_key: The event that has called it.
        state: `SubscriptionState`.
    """

    key: int
    process_instance_key: int
    process_definition_key: int
    element_instance_key: int
    element_id: str
    scope_key: int
    completed_key: int
    boundary_id: str
    state: int
    handler_key: int = 0
    throw_key: int = 0

    MUTABLE: ClassVar[tuple[str, ...]] = (
        "process_definition_key",
        "element_id",
        "boundary_id",
        "state",
        "handler_key",
        "throw_key",
    )


COMPENSATION_SUBSCRIPTIONS = Table(
    "compensation_subscription", CompensationSubscription, (Index(("process_instance_key", "state")),)
)
