"""What one evaluation carries along: the clock, the input value, the warnings, and how much it may still do."""

from __future__ import annotations

import time
from typing import Any, Final, NamedTuple, Protocol

from kiang.feel.values import MISSING

STEPS_MAX: Final = 1_000_000
"""Iterations and copied items of one evaluation: at most a second of work, a thousand times what processes need."""
SEARCH_S_MAX: Final = 1.0
"""Seconds that one evaluation may search with regular expressions; a catastrophic pattern would take for ever."""
WARNINGS_MAX: Final = 1_000
"""Warnings that are kept; a loop may make one per item."""
WARNING_LENGTH_MAX: Final = 4_000
"""Characters of a warning that are kept."""


class Warning(NamedTuple):  # noqa: A001 - Camunda's word, and part of the API
    """Something that gave null instead of a value.

    Attributes:
        type: For example NO_VARIABLE_FOUND; see the reference page.
        message: What happened, in Zeebe's words.
        position: Offset in the text of the expression.
    """

    type: str
    message: str
    position: int


class Variables(Protocol):
    """What an expression reads its variables from."""

    def get(self, name: str, default: Any = None, /) -> Any:
        """Give the value of a variable, or the default."""

    def __contains__(self, name: object, /) -> bool:
        """Say whether there is such a variable, be it null."""


class FatalFailureError(Exception):
    """Ends the whole evaluation.

    Args:
        message: What is put behind the expression in the message.
        is_assertion: An `assert` failed.
        separator: Between the expression and the message.
    """

    def __init__(self, message: str, *, is_assertion: bool = False, separator: str = ": ") -> None:
        super().__init__(message)
        self.message = message
        self.is_assertion = is_assertion
        self.separator = separator

    @property
    def forgets_warnings(self) -> bool:
        """Say whether it is a failure inside Camunda's engine, which reports no warnings with it."""
        return self.separator == " : "


class LimitExceededError(Exception):
    """Ends the evaluation because it asks for too much."""


class Run:
    """One evaluation."""

    __slots__ = ("assertion", "depth", "input_value", "now_ms", "search_s", "steps", "warnings")

    def __init__(self, now_ms: int | None, input_value: Any, warnings: list[Warning] | None = None) -> None:
        self.now_ms = now_ms
        self.input_value = input_value
        self.warnings = warnings
        self.steps = STEPS_MAX
        self.search_s = SEARCH_S_MAX
        self.depth = 0
        self.assertion: str | None = None

    def note(self, kind: str, message: str, at: int) -> None:
        """Keep a warning, if anybody asked for them."""
        if self.warnings is not None and len(self.warnings) < WARNINGS_MAX:
            self.warnings.append(Warning(kind, message[:WARNING_LENGTH_MAX], at))

    def spend(self, steps: int) -> None:
        """Count work that grows with the data.

        Raises:
            LimitExceededError: The evaluation has done too much.
        """
        self.steps -= steps
        if self.steps < 0:
            raise LimitExceededError(f"at most {STEPS_MAX} iterations and items")

    def clock_ms(self) -> int:
        """Give the time of the evaluation in milliseconds since 1970; it does not change within one."""
        if self.now_ms is None:
            self.now_ms = time.time_ns() // 1_000_000
        return self.now_ms


class Locals:
    """Names of the expression itself, in front of those from outside."""

    __slots__ = ("outer", "values")

    def __init__(self, values: dict[str, Any], outer: Variables) -> None:
        self.values = values
        self.outer = outer

    def get(self, name: str, default: Any = None) -> Any:
        """Give the value of a name, the nearest one."""
        value = self.values.get(name, MISSING)
        return self.outer.get(name, default) if value is MISSING else value

    def __contains__(self, name: object) -> bool:
        return name in self.values or name in self.outer


class LoopLocals(Locals):
    """Names that a loop gives new values in each round."""

    __slots__ = ()


class ItemLocals:
    """The entries of a context that a filter looks at, and `item` for the whole of it."""

    __slots__ = ("item", "outer")

    def __init__(self, item: Any, outer: Variables) -> None:
        self.item = item
        self.outer = outer

    def get(self, name: str, default: Any = None) -> Any:
        """Give the entry of the item, the item, or what is outside."""
        item = self.item
        if type(item) is dict:
            value = item.get(name, MISSING)
            if value is not MISSING:
                return value
        return item if name == "item" else self.outer.get(name, default)

    def __contains__(self, name: object) -> bool:
        return (type(self.item) is dict and name in self.item) or name == "item" or name in self.outer
