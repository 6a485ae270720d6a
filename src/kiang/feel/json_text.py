"""Values of FEEL as JSON, canonical as in `kiang.protocol.document`, and JSON as values."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import msgspec

from kiang.errors import InvalidArgument
from kiang.feel import numbers
from kiang.feel.temporal import (
    NANOS_PER_HOUR,
    NANOS_PER_MINUTE,
    NANOS_PER_SECOND,
    Date,
    DateTime,
    DaysTimeDuration,
    Time,
    YearsMonthsDuration,
    offset_text,
    zone_text,
)
from kiang.feel.values import Function, Value
from kiang.protocol.document import quote

VALUES_MAX: Final = 1_000_000
"""Values in one JSON text: lists may share what they hold, so a small expression can stand for a huge text."""
_FLOAT_DIGITS: Final = 17

_decode: Final = msgspec.json.Decoder(float_hook=numbers.CONTEXT.create_decimal).decode
_encode: Final = msgspec.json.Encoder().encode


def from_json(text: str) -> Value:
    """Read a JSON text: numbers become `int` or `Decimal`, objects contexts.

    Raises:
        InvalidArgument: It is no JSON.
    """
    try:
        return _decode(text)
    except (msgspec.DecodeError, RecursionError, *numbers.NumberError) as error:
        raise InvalidArgument(f"Invalid JSON value: {text[:200]}") from error


def to_json(value: Value) -> str:
    """Write a value as JSON the way Zeebe stores results.

    Whole numbers have no decimal point, others are floating-point numbers; dates, times and durations are texts;
    functions and ranges are null, but a function as the entry of a context is left out.

    Raises:
        InvalidArgument: The text would be too large.
    """
    kind = type(value)
    if kind is str:
        return quote(value)
    if kind is int:
        return str(value)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    budget = [VALUES_MAX]
    try:
        return _encode(_plain(value, budget)).decode() if kind is not Decimal else _number(value)
    except (msgspec.EncodeError, OverflowError):
        return _text(value)
    except RecursionError:
        raise InvalidArgument("Expected a value that can be written as JSON, but it is nested too deep.") from None


def _number(value: Decimal) -> str:
    if value == value.to_integral_value():
        return format(value, ".0f")  # str() of an int stops at some thousand digits
    return _encode(float(value)).decode()


def _plain(value: Value, budget: list[int]) -> Any:
    """Turn a value into what the JSON encoder knows."""
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None or kind is float:
        return value
    if kind is Decimal:
        return int(value) if value == value.to_integral_value() else float(value)
    if kind is list:
        _spend(budget, len(value))
        return [_plain(item, budget) for item in value]
    if kind is dict:
        _spend(budget, len(value))
        return {name: _plain(item, budget) for name, item in value.items() if type(item) is not Function}
    write = _WRITERS.get(kind)
    return None if write is None else write(value)


def _spend(budget: list[int], count: int) -> None:
    budget[0] -= count
    if budget[0] < 0:
        raise InvalidArgument(f"Expected a value of at most {VALUES_MAX} parts, but it has more.")


def _text(value: Value) -> str:
    """Write what has whole numbers beyond 64 bits in it, which the encoder does not take."""
    if type(value) is list:
        return "[" + ",".join(_text(item) for item in value) + "]"
    if type(value) is dict:
        entries = [f"{quote(name)}:{_text(item)}" for name, item in value.items() if type(item) is not Function]
        return "{" + ",".join(entries) + "}"
    return to_json(value)


def _date_text(date: Date) -> str:
    """Write a date; Java puts a plus before years with more than four digits."""
    return ("+" if date.year > 9999 else "") + str(date)


def _clock_text(nanos: int) -> str:
    """Write a time as Java does: no seconds if they are zero, the fraction in groups of three digits."""
    seconds, fraction = divmod(nanos, NANOS_PER_SECOND)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
    if seconds % 60 or fraction:
        text += f":{seconds % 60:02d}"
    if fraction:
        digits = f"{fraction:09d}"
        while digits.endswith("000"):
            digits = digits[:-3]
        text += "." + digits
    return text


def _time_text(time: Time) -> str:
    return _clock_text(time.nanos) if time.zone is None else str(time)


def _date_time_text(moment: DateTime) -> str:
    text = f"{_date_text(moment.date)}T{_clock_text(moment.nanos)}"
    if type(moment.zone) is str:
        return f"{text}{offset_text(moment.offset or 0)}[{moment.zone}]"
    return text + zone_text(moment.zone)


def _duration_text(duration: DaysTimeDuration) -> str:
    """Write hours, minutes and seconds, each with its sign."""
    nanos = abs(duration.nanos)
    sign = "-" if duration.nanos < 0 else ""
    hours, rest = divmod(nanos, NANOS_PER_HOUR)
    minutes, rest = divmod(rest, NANOS_PER_MINUTE)
    seconds, fraction = divmod(rest, NANOS_PER_SECOND)
    text = (f"{sign}{hours}H" if hours else "") + (f"{sign}{minutes}M" if minutes else "")
    if seconds or fraction:
        text += f"{sign}{seconds}" + (f".{fraction:09d}".rstrip("0") if fraction else "") + "S"
    return "PT" + (text or "0S")


def _period_text(duration: YearsMonthsDuration) -> str:
    years, months = divmod(abs(duration.months), 12)
    sign = "-" if duration.months < 0 else ""
    text = (f"{sign}{years}Y" if years else "") + (f"{sign}{months}M" if months else "")
    return "P" + (text or "0D")


_WRITERS: Final[dict[type, Callable[[Any], str]]] = {
    Date: _date_text,
    Time: _time_text,
    DateTime: _date_time_text,
    DaysTimeDuration: _duration_text,
    YearsMonthsDuration: _period_text,
}
