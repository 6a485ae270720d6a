"""Numeric functions (DMN 1.5, 10.3.4.5)."""

from __future__ import annotations

import decimal
import math
import random
from decimal import Decimal
from typing import Final

from kiang.feel import numbers
from kiang.feel.builtins.registry import Refused, builtin
from kiang.feel.dialect import Rule
from kiang.feel.evaluation import FatalFailureError, Run
from kiang.feel.numbers import CONTEXT, Number
from kiang.feel.operators import number_of_float
from kiang.feel.temporal import DaysTimeDuration, Duration, YearsMonthsDuration

SCALE_MIN: Final = -6111
SCALE_MAX: Final = 6176
"""Digits behind the decimal point that can be asked for (DMN 1.5, 10.3.4.5)."""

EXP_MAX: Final = 709
"""Beyond it the exponential function has no floating-point number."""

_MODES: Final = {
    "UP": decimal.ROUND_UP,
    "DOWN": decimal.ROUND_DOWN,
    "CEILING": decimal.ROUND_CEILING,
    "FLOOR": decimal.ROUND_FLOOR,
    "HALF_UP": decimal.ROUND_HALF_UP,
    "HALF_DOWN": decimal.ROUND_HALF_DOWN,
    "HALF_EVEN": decimal.ROUND_HALF_EVEN,
}


def rounded(value: Number, scale: Number, rounding: str) -> Number:
    """Round to a scale.

    Raises:
        Refused: The scale is no whole number, or too large.
    """
    if not SCALE_MIN <= scale <= SCALE_MAX:
        raise Refused(f"Expected a scale from {SCALE_MIN} to {SCALE_MAX}, but was {scale}")
    return numbers.scaled(value, int(scale), rounding)


@builtin("decimal(n: number, scale: number)")
def decimal_(run: Run, value: Number, scale: Number) -> Number:
    """Round half to even."""
    return rounded(value, scale, decimal.ROUND_HALF_EVEN)


@builtin("decimal(n: number, scale: number, mode: string)")
def decimal_with_mode(run: Run, value: Number, scale: Number, mode: str) -> Number:
    """Round in the named way."""
    name = mode.upper()
    if name == "UNNECESSARY":
        if numbers.scaled(value, int(scale), decimal.ROUND_DOWN) != value:
            raise Refused("Failed to apply rounding mode 'UNNECESSARY': Rounding necessary")
        return value
    if name not in _MODES:
        shown = ", ".join([*_MODES, "UNNECESSARY"])
        raise Refused(f"Illegal argument '{mode}' for rounding mode. Must be one of: {shown}")
    return rounded(value, scale, _MODES[name])


@builtin("floor(n: number, scale?: number)")
def floor(run: Run, value: Number, scale: Number = 0) -> Number:
    """Round down."""
    return rounded(value, scale, decimal.ROUND_FLOOR)


@builtin("ceiling(n: number, scale?: number)")
def ceiling(run: Run, value: Number, scale: Number = 0) -> Number:
    """Round up."""
    return rounded(value, scale, decimal.ROUND_CEILING)


@builtin("round up(n: number, scale: number)")
def round_up(run: Run, value: Number, scale: Number) -> Number:
    """Round away from zero."""
    return rounded(value, scale, decimal.ROUND_UP)


@builtin("round down(n: number, scale: number)")
def round_down(run: Run, value: Number, scale: Number) -> Number:
    """Round towards zero."""
    return rounded(value, scale, decimal.ROUND_DOWN)


@builtin("round half up(n: number, scale: number)")
def round_half_up(run: Run, value: Number, scale: Number) -> Number:
    """Round to the nearest, half away from zero."""
    return rounded(value, scale, decimal.ROUND_HALF_UP)


@builtin("round half down(n: number, scale: number)")
def round_half_down(run: Run, value: Number, scale: Number) -> Number:
    """Round to the nearest, half towards zero."""
    return rounded(value, scale, decimal.ROUND_HALF_DOWN)


@builtin("abs(n: number | days and time duration | years and months duration)")
@builtin("abs(number: number | days and time duration | years and months duration)")
def abs_(run: Run, value: Number | Duration) -> Number | Duration:
    """Take the sign away."""
    if isinstance(value, DaysTimeDuration):
        return DaysTimeDuration(abs(value.nanos))
    if isinstance(value, YearsMonthsDuration):
        return YearsMonthsDuration(abs(value.months))
    return abs(value) if type(value) is int else CONTEXT.abs(value)


def _modulo(dividend: Number, divisor: Number) -> Number:
    if type(dividend) is int and type(divisor) is int:
        return dividend % divisor
    quotient = CONTEXT.divide(dividend, divisor).to_integral_value(decimal.ROUND_FLOOR)
    return CONTEXT.subtract(Decimal(dividend), CONTEXT.multiply(Decimal(divisor), quotient))


@builtin("modulo(dividend: number, divisor: number)", camunda=Rule.SUPPRESSED_FAILURES)
def modulo(run: Run, dividend: Number, divisor: Number) -> Number:
    """Give what is left of a division, with the sign of the divisor."""
    if not divisor:
        raise FatalFailureError("java.lang.ArithmeticException: Division by zero", separator=" : ")
    return _modulo(dividend, divisor)


@builtin("modulo(dividend: number, divisor: number)", standard=Rule.SUPPRESSED_FAILURES)
def modulo_by_standard(run: Run, dividend: Number, divisor: Number) -> Number | None:
    """Give what is left of a division, with the sign of the divisor."""
    return _modulo(dividend, divisor) if divisor else None


@builtin("sqrt(number: number)", camunda=Rule.DIGITS_OF_ROOTS)
def sqrt(run: Run, value: Number) -> Number | None:
    """Give the square root."""
    return number_of_float(math.sqrt(value)) if value >= 0 else None


@builtin("sqrt(number: number)", standard=Rule.DIGITS_OF_ROOTS)
def sqrt_by_standard(run: Run, value: Number) -> Number | None:
    """Give the square root."""
    return CONTEXT.sqrt(value) if value >= 0 else None


@builtin("log(number: number)", camunda=Rule.DIGITS_OF_ROOTS)
def log(run: Run, value: Number) -> Number:
    """Give the natural logarithm."""
    return number_of_float(math.log(value) if value > 0 else -math.inf if value == 0 else math.nan)


@builtin("log(number: number)", standard=Rule.DIGITS_OF_ROOTS)
def log_by_standard(run: Run, value: Number) -> Number | None:
    """Give the natural logarithm."""
    return CONTEXT.ln(value) if value > 0 else None


@builtin("exp(number: number)", camunda=Rule.DIGITS_OF_ROOTS)
def exp(run: Run, value: Number) -> Number:
    """Give Euler's number to the power of the argument."""
    return number_of_float(math.exp(value) if value < EXP_MAX else math.inf)


@builtin("exp(number: number)", standard=Rule.DIGITS_OF_ROOTS)
def exp_by_standard(run: Run, value: Number) -> Number:
    """Give Euler's number to the power of the argument."""
    return CONTEXT.exp(value)


@builtin("odd(number: number)")
def odd(run: Run, value: Number) -> bool:
    """Say whether a number is odd."""
    return numbers.is_whole(value) and int(value) % 2 == 1


@builtin("even(number: number)")
def even(run: Run, value: Number) -> bool:
    """Say whether a number is even."""
    return numbers.is_whole(value) and int(value) % 2 == 0


@builtin("random number()")
def random_number(run: Run) -> Number:
    """Give a number from 0 to 1."""
    return numbers.parsed(repr(random.random()))  # noqa: S311 - the function promises no secret
