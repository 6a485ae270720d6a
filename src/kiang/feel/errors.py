"""What goes wrong with an expression.

FeelError
├── FeelSyntaxError      the text is no FEEL
└── FeelEvaluationError  the expression is FEEL, but its evaluation failed
    └── FeelLimitError   it asks for more than one evaluation may take
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from kiang.errors import FeelError, Finding

if TYPE_CHECKING:
    from kiang.feel.evaluation import Warning  # noqa: A004 - see there

EXCERPT_LENGTH_MAX: Final = 120


class FeelSyntaxError(FeelError):
    """A text is no FEEL.

    Args:
        text: The whole expression.
        offset: Where in it the parser could not go on.
        expected: What would have fitted, for example "an operand".
        found: What stands there.
        unary_tests: The text was read as the cell of a decision table.
    """

    def __init__(self, text: str, offset: int, expected: str, found: str, *, unary_tests: bool = False) -> None:
        self.text = text
        self.offset = offset
        self.expected = expected
        self.found = found
        self.unary_tests = unary_tests
        self.line = text.count("\n", 0, offset) + 1
        self.column = offset - (text.rfind("\n", 0, offset) + 1) + 1
        self.reason = f"Expected {expected}, but found {found} (line {self.line}, column {self.column})."
        super().__init__(f"{self.reason}\n{self.excerpt}", (Finding(self.reason, line=self.line, rule="feel-syntax"),))

    @property
    def excerpt(self) -> str:
        """The line with the fault, and below it a caret under the place."""
        line = self.text.split("\n")[self.line - 1].replace("\t", " ").rstrip("\r")
        start = max(0, self.column - EXCERPT_LENGTH_MAX // 2)
        return f"  {line[start : start + EXCERPT_LENGTH_MAX]}\n  {' ' * (self.column - 1 - start)}^"

    @cached_property
    def zeebe_message(self) -> str:
        """The refusal in Zeebe's words, as clients of Camunda 8 know it."""
        from kiang.feel.zeebe_syntax import describe  # noqa: PLC0415  a model of another parser, needed only here

        message = describe(self.text, unary_tests=self.unary_tests)
        return message or f"failed to parse expression '{self.text}': {self.reason}"


class FeelEvaluationError(FeelError):
    """The evaluation of an expression failed, so that it has no result, not even null.

    Args:
        text: The expression.
        message: The failure in Zeebe's words.
        warnings: What was noticed before.
    """

    def __init__(self, text: str, message: str, warnings: tuple[Warning, ...] = ()) -> None:
        super().__init__(message, (Finding(message, rule="feel-evaluation"),))
        self.text = text
        self.warnings = warnings


class FeelLimitError(FeelEvaluationError):
    """An evaluation asked for more steps, depth or size than it may have."""
