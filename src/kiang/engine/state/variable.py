"""Variables: one row per scope and name."""

from __future__ import annotations

from typing import Any, ClassVar

from kiang.engine.state.table import Index, Row, Table

UNREAD: Any = object()
"""Mark of a variable whose value nobody has decoded yet."""


class Variable(Row):
    """One variable.

    Attributes:
        key: Variable key.
        scope_key: The element instance or process instance that holds it.
        value: JSON text in its canonical form, so that equal values are equal texts.
        decoded: Transient: the FEEL value of `value`, or UNREAD.
    """

    key: int
    process_instance_key: int
    scope_key: int
    name: str
    value: str
    tenant_id: str = "<default>"
    decoded: Any = UNREAD

    TRANSIENT: ClassVar[frozenset[str]] = frozenset({"decoded"})
    MUTABLE: ClassVar[tuple[str, ...]] = ("value",)


VARIABLES = Table("variable", Variable, (Index(("process_instance_key", "scope_key")),))
