"""Attributes that are static text or FEEL (engine-semantics §8)."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from kiang import feel
from kiang.bpmn.model import Expression

_JAVA_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")

DECIMAL_EXPONENT_MAX = 6000
"""Static numbers beyond that are text: nobody means them, and they would be expanded digit by digit."""


def is_expression(text: str) -> bool:
    """Whether a text is FEEL: it begins with `=` and something follows."""
    return len(text) > 1 and text[0] == "="


def expression(text: str) -> Expression:
    """What an attribute says; what is no FEEL behind its `=` fails when it is evaluated."""
    if is_expression(text):
        return feel_expression(text[1:])
    return Expression(text, None, static_value(text))


def text_expression(text: str) -> Expression:
    """As `expression`, but static text stays text even if it is a number: codes of errors and escalations."""
    return expression(text) if is_expression(text) else Expression(text, None, text)


def feel_expression(text: str) -> Expression:
    """FEEL without the `=` in front."""
    try:
        return Expression(text, feel.compile(text))
    except feel.FeelSyntaxError as error:
        return Expression(text, Unreadable(text, error.zeebe_message))


class Unreadable(feel.Expression):
    """A text that is no FEEL, where the original looks at it only when it is executed: evaluating it fails, whatever the arguments."""

    __slots__ = ("_message",)

    def __init__(self, text: str, message: str) -> None:
        self.text = text
        self._message = message

    def evaluate(self, *_arguments: object, **_options: object) -> feel.Value:
        """Raise what reading it has raised."""
        raise feel.FeelEvaluationError(self.text, self._message)

    def warnings(self, *_arguments: object, **_options: object) -> tuple[feel.Warning, ...]:
        """None."""
        return ()


def static_value(text: str) -> object:
    """A static text's value: a number if the whole text is a decimal number, else the text."""
    if not _JAVA_DECIMAL.fullmatch(text):
        return text
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if abs(number.adjusted()) > DECIMAL_EXPONENT_MAX:
        return text
    return int(number) if number == number.to_integral_value() else number
