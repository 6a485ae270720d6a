"""Published messages that are buffered: one row each until its time to live is over (engine-semantics §11)."""

from __future__ import annotations

from typing import ClassVar

from kiang.engine.state.source import Rows
from kiang.engine.state.table import Condition, Index, Row, Table


class Message(Row):
    """One message.

    Attributes:
        key: Message key.
        correlation_key: "" for none.
        message_id: Unique among the buffered messages of its name and correlation key; "" for none.
        deadline: Epoch ms until which it can be correlated.
        variables: JSON object.
        correlated: Ids of the processes that it was correlated to, each once, separated by line feeds.
    """

    key: int
    name: str
    correlation_key: str
    message_id: str
    deadline: int
    variables: str
    published_at: int
    correlated: str = ""
    tenant_id: str = "<default>"

    MUTABLE: ClassVar[tuple[str, ...]] = ("correlated",)

    def was_correlated_to(self, process_id: str) -> bool:
        """Whether it was correlated to a process, in any version."""
        return process_id in self.correlated.split("\n")


MESSAGES = Table(
    "message",
    Message,
    (Index(("tenant_id", "name", "correlation_key", "key")), Index(("deadline", "key"))),
    lookup=("tenant_id", "name", "correlation_key"),
)


def buffered(rows: Rows, tenant_id: str, name: str, correlation_key: str) -> list[Message]:
    """Messages of a name and correlation key, oldest first; some may be expired but not removed yet."""
    where: list[Condition] = [
        ("tenant_id", "=", tenant_id),
        ("name", "=", name),
        ("correlation_key", "=", correlation_key),
    ]
    return rows.current(MESSAGES, where, ("key",))
