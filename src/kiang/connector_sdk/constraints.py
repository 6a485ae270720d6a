"""What a field's value must be, beyond its type: checked together for the whole input, and shown by the template as constraints.

    url: Annotated[str, NotBlank(), Pattern("^https?://", "Must be a http(s) URL")]

pydantic's own constraints (`Field(ge=0)`, `max_length` …) work beside these; these exist because all of a field's faults are
reported at once, in the words that users of connectors know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Constraint(Protocol):
    """One rule for the value of a field."""

    def violation(self, value: Any) -> str | None:
        """What is wrong with `value` (None if it is absent); None if nothing is."""
        ...


@dataclass(frozen=True)
class NotNull:
    """The value must be there."""

    def violation(self, value: Any) -> str | None:
        """See `Constraint`."""
        return "must not be null" if value is None else None


@dataclass(frozen=True)
class NotEmpty:
    """The value must be there and have at least one character, item or entry."""

    def violation(self, value: Any) -> str | None:
        """See `Constraint`."""
        return "must not be empty" if value is None or (isinstance(value, str | list | dict) and not value) else None


@dataclass(frozen=True)
class NotBlank:
    """The text must be there and hold more than blanks."""

    def violation(self, value: Any) -> str | None:
        """See `Constraint`."""
        return "must not be blank" if value is None or (isinstance(value, str) and not value.strip()) else None


@dataclass(frozen=True)
class Pattern:
    """The text, if there is one, must match a regular expression from its beginning; a `$` is its end, also before a line break.

    Attributes:
        regex: In the syntax that Python and JavaScript share, since the modeler checks it too.
        message: For the one who filled in the field; None for one that names the expression.
    """

    regex: str
    message: str | None = None

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.regex.removesuffix("$") + r"\Z" if self.regex.endswith("$") else self.regex)

    def violation(self, value: Any) -> str | None:
        """See `Constraint`."""
        if not isinstance(value, str) or self._compiled.match(value):
            return None
        return self.message or f'must match "{self.regex}"'


@dataclass(frozen=True)
class Range:
    """The number, if there is one, must lie between two others, themselves allowed."""

    minimum: float | None = None
    maximum: float | None = None

    def violation(self, value: Any) -> str | None:
        """See `Constraint`."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            return None
        if self.minimum is not None and value < self.minimum:
            return f"must be greater than or equal to {self.minimum}"
        if self.maximum is not None and value > self.maximum:
            return f"must be less than or equal to {self.maximum}"
        return None
