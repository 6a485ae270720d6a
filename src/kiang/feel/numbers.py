"""Arithmetic with 34 decimal digits (DMN 1.5, 10.3.2.3.1); whole numbers stay `int` as long as they fit.

A FEEL number is an `int` or a `Decimal`. Results of the functions here are exact where 34 digits suffice, else rounded
half to even. The scale of a `Decimal` is kept (`1.50 * 2` is `3.00`), as both Java's BigDecimal and the standard have it.
"""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Final

Number = int | Decimal

DIGITS: Final = 34
WHOLE_LIMIT: Final = 10**DIGITS
"""Whole numbers of this size and beyond need more digits than a number has."""
EXPONENT_MAX: Final = 6144
"""Largest power of ten, as IEEE 754 has it for decimal128."""
POWER_BITS_MAX: Final = 256
"""Whole powers up to this many bits are calculated exactly and then rounded."""

CONTEXT: Final = decimal.Context(
    prec=DIGITS,
    rounding=decimal.ROUND_HALF_EVEN,
    Emin=-EXPONENT_MAX + 1,
    Emax=EXPONENT_MAX,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)
NumberError: Final = (decimal.DecimalException, ArithmeticError, ValueError)
"""What calculations raise where no number comes out."""


def bounded(value: int) -> Number:
    """Round a whole number to the digits that a number has."""
    return value if -WHOLE_LIMIT < value < WHOLE_LIMIT else CONTEXT.create_decimal(value)


def add(x: Number, y: Number) -> Number:
    """Give x + y."""
    if type(x) is int and type(y) is int:
        return bounded(x + y)
    return CONTEXT.add(x, y)


def subtract(x: Number, y: Number) -> Number:
    """Give x - y."""
    if type(x) is int and type(y) is int:
        return bounded(x - y)
    return CONTEXT.subtract(x, y)


def multiply(x: Number, y: Number) -> Number:
    """Give x * y."""
    if type(x) is int and type(y) is int:
        return bounded(x * y)
    product = CONTEXT.multiply(x, y)
    return product or _unsigned(product)


def divide(x: Number, y: Number) -> Number:
    """Give x / y, a whole number where it comes out even.

    Raises:
        decimal.DivisionByZero: y is zero.
    """
    if type(x) is int and type(y) is int and y and x % y == 0:
        return bounded(x // y)
    quotient = CONTEXT.divide(x, y)
    return quotient or _unsigned(quotient)


def negate(x: Number) -> Number:
    """Give -x; there is no negative zero."""
    if type(x) is int:
        return -x
    return CONTEXT.minus(x)


def power(x: Number, y: Number) -> Number:
    """Give x ** y.

    Raises:
        decimal.DecimalException: There is no such number, for example 0 ** -1.
    """
    if y == 0:
        return 1
    if is_whole(y):
        exponent = int(y)
        if type(x) is int and exponent > 0 and x.bit_length() * exponent <= POWER_BITS_MAX:
            return bounded(x**exponent)
        result = CONTEXT.power(x, exponent)
        return int(result) if is_whole(result) and type(x) is int and abs(result) < WHOLE_LIMIT else result
    return CONTEXT.power(x, y)


def is_whole(x: Number) -> bool:
    """Say whether nothing stands behind the decimal point."""
    return isinstance(x, int) or x == x.to_integral_value()


def truncated(x: Number) -> int:
    """Cut off what stands behind the decimal point."""
    return int(x)


def parsed(text: str) -> Number:
    """Read digits with or without point and exponent.

    Raises:
        decimal.DecimalException: It is no number, or too large.
    """
    if text.isdecimal() and text.isascii() and len(text) <= DIGITS:
        return int(text)
    number = CONTEXT.create_decimal(text)
    if not number.is_finite():
        raise decimal.InvalidOperation
    return number


def scaled(x: Number, scale: int, rounding: str) -> Number:
    """Round to a number of digits behind the point, a negative one before it.

    Raises:
        decimal.DecimalException: The result would have more digits than a number has.
    """
    if type(x) is int and scale >= 0:
        return x
    if scale <= 0:
        whole = Decimal(x).quantize(Decimal(1).scaleb(-scale), rounding=rounding, context=_ROUNDING)
        return bounded(int(whole))
    number = Decimal(x)
    if -number.as_tuple().exponent <= scale:  # type: ignore[operator]
        return number
    return CONTEXT.plus(number.quantize(Decimal(1).scaleb(-scale), rounding=rounding, context=_ROUNDING))


_ROUNDING: Final = decimal.Context(prec=2 * EXPONENT_MAX, Emax=EXPONENT_MAX * 2, Emin=-EXPONENT_MAX * 2)


def plain_text(x: Number) -> str:
    """Write a number without exponent."""
    return str(x) if type(x) is int else format(x, "f")


def _unsigned(zero: Decimal) -> Decimal:
    return zero.copy_abs()
