"""Conversion functions (DMN 1.5, 10.3.4.1)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final, TypeVar

from kiang.errors import FeelError, InvalidArgument
from kiang.feel import numbers
from kiang.feel.builtins.registry import Refused, builtin
from kiang.feel.dialect import Dialect, Rule
from kiang.feel.evaluation import LimitExceededError, Run
from kiang.feel.json_text import from_json, to_json
from kiang.feel.operators import comparable
from kiang.feel.parser import parse
from kiang.feel.syntax import AtLiteral, Call, Literal, Name, Negation, Node, RangeLiteral
from kiang.feel.temporal import (
    NANOS_PER_SECOND,
    OFFSET_SECONDS_MAX,
    Date,
    DateTime,
    DaysTimeDuration,
    Duration,
    TemporalError,
    Time,
    YearsMonthsDuration,
    months_between,
    parse_at_literal,
    parse_clock,
    parse_date,
    parse_date_time,
    parse_duration,
    parse_time,
    parse_zone,
)
from kiang.feel.values import MISSING, NUMBERS, Range, Value, standard_text_of, text_of

Read = TypeVar("Read")

TEXT_SHOWN_MAX: Final = 1_000
"""Characters of an argument that a warning shows."""


@builtin("string(from: any)", camunda=Rule.CONTEXT_TEXT)
def string(run: Run, value: Value) -> str | None:
    """Write a value; texts stay as they are."""
    return value if type(value) is str or value is None else text_of(value)


@builtin("string(from: any)", standard=Rule.CONTEXT_TEXT)
def string_by_standard(run: Run, value: Value) -> str | None:
    """Write a value; texts stay as they are."""
    return value if type(value) is str or value is None else standard_text_of(value)


@builtin("number(from: string)")
def number(run: Run, text: str) -> numbers.Number:
    """Read a number."""
    try:
        if text[:1] in "+-.0123456789" and "_" not in text:
            return numbers.parsed(text)
    except numbers.NumberError:
        pass
    raise Refused(f"Can't parse '{text[:TEXT_SHOWN_MAX]}' as a number")


_GROUPING = frozenset([" ", ",", ".", None])
_POINTS = frozenset([",", ".", None])


@builtin("number(from: string, grouping separator: string | null)", camunda=Rule.NUMBER_WITH_TWO_ARGUMENTS)
def number_with_groups(run: Run, text: str, grouping: str | None) -> numbers.Number:
    """Read a number with separators between groups of digits."""
    return number_with_separators(run, text, grouping, None)


@builtin("number(from: string, grouping separator: string | null, decimal separator: string | null)")
def number_with_separators(
    run: Run, text: str, grouping: str | None = None, point: str | None = None
) -> numbers.Number:
    """Read a number with separators between groups of digits and before the fraction."""
    if grouping is MISSING:
        grouping = None
    if point is MISSING:
        point = None
    if grouping not in _GROUPING or point not in _POINTS or (grouping is not None and grouping == point):
        if point is None:
            raise Refused("illegal argument for grouping. Must be one of ' ', ',' or '.'")
        raise Refused("illegal arguments for grouping or decimal. Must be one of ' ' (grouping only), ',' or '.'")
    if grouping is not None:
        text = text.replace(grouping, "")
    return number(run, text if point is None else text.replace(point, "."))


# Dates


@builtin("date(from: string | date | date and time)")
def date(run: Run, value: str | Date | DateTime) -> Date:
    """Read a date, or take that of a date and time."""
    if type(value) is str:
        return _parsed(parse_date, value, "date")
    return value.date if type(value) is DateTime else value  # type: ignore[return-value]


@builtin("date(year: number, month: number, day: number)")
def date_of(run: Run, year: numbers.Number, month: numbers.Number, day: numbers.Number) -> Date:
    """Make a date."""
    try:
        return Date(_whole(year), _whole(month), _whole(day))
    except TemporalError:
        raise Refused(f"Failed to parse date from: year={year}, month={month}, day={day}") from None


def _parsed(read: Callable[[str], Read], text: str, kind: str) -> Read:
    """Read a text, or say that it is not of the kind."""
    try:
        return read(text)
    except TemporalError:
        raise Refused(f"Failed to parse {kind} from '{text[:TEXT_SHOWN_MAX]}'") from None


def _whole(number: numbers.Number) -> int:
    if not numbers.is_whole(number):
        raise Refused(f"Expected a whole number, but was {number}")
    return int(number)


@builtin("time(from: string | time | date and time | date)", standard=Rule.SECONDS_OF_TIMES)
def time(run: Run, value: str | Time | DateTime | Date) -> Time:
    """Read a time, or take that of a date and time; a date has midnight in UTC."""
    if type(value) is str:
        return _parsed(parse_time, value.removeprefix("T"), "local-time")
    return _time_in(value)


@builtin("time(from: string | time | date and time | date)", camunda=Rule.SECONDS_OF_TIMES)
def time_with_or_without_seconds(run: Run, value: str | Time | DateTime | Date) -> Time:
    """As `time`, where a local time may end with its minutes."""
    return _parsed(parse_clock, value, "local-time") if type(value) is str else _time_in(value)


def _time_in(value: object) -> Time:
    if type(value) is DateTime:
        return value.time
    return Time(0, 0) if type(value) is Date else value  # type: ignore[return-value]


@builtin(
    "time(hour: number, minute: number, second: number, offset?: days and time duration | null)",
)
def time_of(
    run: Run,
    hour: numbers.Number,
    minute: numbers.Number,
    second: numbers.Number,
    offset: DaysTimeDuration | None = None,
) -> Time:
    """Make a time, local without an offset."""
    whole, fraction = divmod(Decimal(second), 1)
    zone = None
    if offset is not None and offset is not MISSING:
        zone, rest = divmod(offset.nanos, NANOS_PER_SECOND)
        if rest or abs(zone) > OFFSET_SECONDS_MAX:
            raise Refused(f"{_NO_TIME}hour={hour}, minute={minute}, second={second}, offset={to_json(offset)[1:-1]}")
    try:
        return Time.of(_whole(hour), _whole(minute), int(whole), int(fraction * NANOS_PER_SECOND), zone)
    except TemporalError:
        parts = f"hour={hour}, minute={minute}, second={second}"
        if zone is None:
            raise Refused(f"Failed to parse local-time from: {parts}") from None
        assert offset is not None
        raise Refused(f"{_NO_TIME}{parts}, offset={to_json(offset)[1:-1]}") from None


_NO_TIME: Final = "Failed to parse time from: "


@builtin("date and time(from: string | date and time | date)")
def date_and_time(run: Run, value: str | DateTime | Date) -> DateTime:
    """Read a date and time; a date alone is its midnight."""
    if type(value) is str:
        return _parsed(lambda text: parse_date_time(text, seconds_required=False), value, "date-time")
    return DateTime(value, 0) if type(value) is Date else value  # type: ignore[return-value]


def _put_together(day: Date | DateTime, clock: Time) -> DateTime:
    return DateTime(_day(day), clock.nanos, clock.zone)


@builtin("date and time(date: date and time, timezone: string)")
@builtin("date and time(date: date | date and time, time: time | string)")
def date_and_time_at(run: Run, day: Date | DateTime, clock: Time | str) -> DateTime:
    """Put a date and a time together, or show the same instant in another zone."""
    if type(clock) is not str:
        return _put_together(day, clock)  # type: ignore[arg-type]
    if not isinstance(day, DateTime):
        raise Refused
    return day.at_zone(parse_zone(clock if clock[:1] in {"Z", "z", "+", "-"} else f"@{clock}"))


@builtin("duration(from: string | days and time duration | years and months duration)")
def duration(run: Run, value: str | Duration) -> Duration:
    """Read a duration of either kind."""
    return _parsed(parse_duration, value, "duration") if isinstance(value, str) else value


@builtin("years and months duration(from: date | date and time, to: date | date and time)")
def years_and_months_duration(run: Run, start: Date | DateTime, end: Date | DateTime) -> YearsMonthsDuration:
    """Count the whole months between two dates."""
    return YearsMonthsDuration(months_between(_day(start), _day(end)))


def _day(value: Date | DateTime) -> Date:
    return value.date if isinstance(value, DateTime) else value


# Ranges


@builtin("range(from: string)")
def range_(run: Run, text: str) -> Range:
    """Read a range whose ends are literals."""
    try:
        node = parse(text, dialect=Dialect.DMN)
    except FeelError:
        node = Literal(None)
    if not isinstance(node, RangeLiteral) or node.low is None or node.high is None:
        raise Refused(f"Expected a range such as [1..5], but was '{text[:100]}'")
    low, high = _literal_value(run, node.low), _literal_value(run, node.high)
    if not comparable(low, high) or high < low:
        raise Refused(f"Expected a range from a lower to a higher end, but was '{text[:100]}'")
    return Range(low, high, node.low_included, node.high_included)


def _literal_value(run: Run, node: Node) -> Value:
    """Give the value of a literal; a call such as date("2024-02-29") is one too."""
    match node:
        case Literal():
            return node.value
        case AtLiteral():
            return parse_at_literal(node.text)
        case Negation():
            value = _literal_value(run, node.operand)
            return numbers.negate(value) if type(value) in NUMBERS else None
        case Call(function=Name(name=name), arguments=(Literal(value=str(text)),)) if name in _CONSTRUCTORS:
            return _CONSTRUCTORS[name](run, text)
    return None


_CONSTRUCTORS: Final[dict[str, Callable[[Run, str], Value]]] = {
    "date": date,
    "time": time,
    "date and time": date_and_time,
    "duration": duration,
}


# JSON


@builtin("from json(value: string)")
def from_json_text(run: Run, text: str) -> Value:
    """Read JSON."""
    try:
        return from_json(text)
    except InvalidArgument:
        raise Refused(f"Failed to parse JSON from '{text[:100]}'") from None


@builtin("to json(value: any)")
def to_json_text(run: Run, value: Value) -> str:
    """Write JSON."""
    try:
        return to_json(value)
    except InvalidArgument as error:
        raise LimitExceededError("a value of which the JSON is not too large") from error
