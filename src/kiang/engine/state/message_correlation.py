"""Messages that were correlated, besides the last one of each subscription, which its own row knows: for searches alone."""

from __future__ import annotations

from typing import ClassVar

from kiang.engine.state.table import Index, Row, Table


class MessageCorrelation(Row):
    """A message that an element instance got before its last one, or that has started an instance.

    Attributes:
        key: A key of its own; the process instance key if the message has started the instance.
        subscription_key: Of the element instance or of the start event.
        element_id: The event that has caught it.
        element_instance_key: Who waited; 0 for a start event.
        correlated_at: Epoch ms.
    """

    key: int
    subscription_key: int
    message_key: int
    name: str
    correlation_key: str
    process_instance_key: int
    process_definition_key: int
    process_id: str
    element_id: str
    element_instance_key: int
    correlated_at: int
    tenant_id: str = "<default>"

    MUTABLE: ClassVar[tuple[str, ...]] = ()


MESSAGE_CORRELATIONS = Table(
    "message_correlation",
    MessageCorrelation,
    (Index(("process_instance_key",)),),
)
