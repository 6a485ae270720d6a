"""Variables: one row per scope and name."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from kiang.engine.state.table import Index, Row, Table

BEHIND = ""
"""Value of a list whose items have changed since it was put together."""

_read_items = msgspec.json.Decoder(list[msgspec.Raw]).decode

UNREAD: Any = object()
"""Mark of a variable whose value nobody has decoded yet."""


class Variable(Row):
    """One variable.

    Attributes:
        key: Variable key.
        scope_key: The element instance or process instance that holds it.
        value: JSON text in its canonical form, so that equal values are equal texts.
        is_updated: 1 once it has had another value: searches look for those in an index of their own (see docs/adr).
        decoded: Transient: the FEEL value of `value`, or UNREAD.
        items: Transient: of a list that grows item by item, the JSON texts of its items; `value` is behind then until `text` is called.
    """

    key: int
    process_instance_key: int
    scope_key: int
    name: str
    value: str
    tenant_id: str = "<default>"
    is_updated: int = 0
    decoded: Any = UNREAD
    items: list[str] | None = None

    TRANSIENT: ClassVar[frozenset[str]] = frozenset({"decoded", "items"})
    MUTABLE: ClassVar[tuple[str, ...]] = ("value", "is_updated")

    def text(self) -> str:
        """The JSON text of its value."""
        if self.value == BEHIND and self.items is not None:
            self.value = "[" + ",".join(self.items) + "]"
        return self.value

    def list_items(self) -> list[str] | None:
        """The JSON texts of the items if it is a list."""
        if self.items is None:
            if not self.value.startswith("["):
                return None
            self.items = [str(memoryview(item), "utf-8") for item in _read_items(self.value)]
        return self.items

    def set_item(self, index: int, text: str) -> None:
        """Appliers: one item of the list has another value."""
        items = self.list_items()
        assert items is not None
        items[index] = text
        self.value = BEHIND
        self.decoded = UNREAD


VALUE_PREFIX_CHARACTERS = 40
"""How much of a value the indexes of searches hold."""

VARIABLES = Table(
    "variable",
    Variable,
    (
        Index(("process_instance_key", "scope_key")),
        Index(("name", f"substr(value, 1, {VALUE_PREFIX_CHARACTERS})"), where=(("is_updated", 1),)),
    ),
)
