"""The operators on values of any type: what fits is calculated, what does not gives null and a warning.

Every function takes the operands, the run, and where in the text the operator's expression begins. The compiler has fast
ways for numbers and texts and comes here for all others.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from kiang.feel import numbers
from kiang.feel.evaluation import FatalFailureError, LimitExceededError, Run
from kiang.feel.numbers import NumberError
from kiang.feel.temporal import (
    NANOS_PER_DAY,
    NANOS_PER_MS,
    NANOS_PER_SECOND,
    Date,
    DateTime,
    DaysTimeDuration,
    TemporalError,
    Time,
    YearsMonthsDuration,
)
from kiang.feel.values import NUMBERS, TEXT_LENGTH_MAX, Function, Range, Value, text_of

Operator = Callable[[Value, Value, Run, int], Value]

NANOS_IN_INT: Final = 2**31
_CALCULATION_ERRORS: Final = (*NumberError, TemporalError)


def number_of(value: Value) -> Value:
    """Give a float that a caller put in as the decimal it is printed as; other values are what they are."""
    if type(value) is float:
        try:
            return numbers.parsed(repr(value))
        except NumberError:
            return None
    return value


# Addition and subtraction


def add(x: Value, y: Value, run: Run, at: int) -> Value:
    """Give x + y: numbers, texts, points in time with durations, durations."""
    x, y = number_of(x), number_of(y)
    try:
        if type(x) in NUMBERS and type(y) in NUMBERS:
            return numbers.add(x, y)
        if type(x) is str and type(y) is str:
            return _concatenated(x, y)
        operation = _ADDITIONS.get((type(x), type(y)))
        if operation is not None:
            return operation(x, y)
        operation = _ADDITIONS.get((type(y), type(x)))
        if operation is not None:
            return operation(y, x)
    except _CALCULATION_ERRORS:
        pass
    run.note("INVALID_TYPE", f"Can't add '{text_of(y)}' to '{text_of(x)}'", at) if run.warnings is not None else None
    return None


def _concatenated(x: str, y: str) -> str:
    if len(x) + len(y) > TEXT_LENGTH_MAX:
        raise LimitExceededError(f"texts of at most {TEXT_LENGTH_MAX} characters")
    return x + y


def _date_plus(date: Date, duration: DaysTimeDuration) -> Date:
    return Date.of_days(date.days + duration.nanos // NANOS_PER_DAY)


_ADDITIONS: Final[dict[tuple[type, type], Callable[[Any, Any], Value]]] = {
    (Time, DaysTimeDuration): lambda x, y: x.plus(y.nanos),
    (DateTime, DaysTimeDuration): lambda x, y: x.plus(y.nanos),
    (DateTime, YearsMonthsDuration): lambda x, y: x.plus_months(y.months),
    (Date, DaysTimeDuration): _date_plus,
    (Date, YearsMonthsDuration): lambda x, y: x.plus_months(y.months),
    (DaysTimeDuration, DaysTimeDuration): lambda x, y: DaysTimeDuration(x.nanos + y.nanos),
    (YearsMonthsDuration, YearsMonthsDuration): lambda x, y: YearsMonthsDuration(x.months + y.months),
}


def subtract(x: Value, y: Value, run: Run, at: int) -> Value:
    """Give x - y: numbers, points in time, points in time and durations, durations."""
    x, y = number_of(x), number_of(y)
    try:
        if type(x) in NUMBERS and type(y) in NUMBERS:
            return numbers.subtract(x, y)
        operation = _SUBTRACTIONS.get((type(x), type(y)))
        if operation is not None:
            result = operation(x, y)
            if result is not None:
                return result
    except _CALCULATION_ERRORS:
        pass
    if run.warnings is not None:
        run.note("INVALID_TYPE", f"Can't subtract '{text_of(y)}' from '{text_of(x)}'", at)
    return None


def _time_difference(x: Time, y: Time) -> DaysTimeDuration | None:
    if (x.zone is None) != (y.zone is None):
        return None
    return DaysTimeDuration(x.utc_nanos - y.utc_nanos)


def _moment_difference(x: DateTime, y: DateTime) -> DaysTimeDuration | None:
    if (x.zone is None) != (y.zone is None):
        return None
    return DaysTimeDuration(x.utc_nanos - y.utc_nanos)


_SUBTRACTIONS: Final[dict[tuple[type, type], Callable[[Any, Any], Value]]] = {
    (Time, Time): _time_difference,
    (Time, DaysTimeDuration): lambda x, y: x.plus(-y.nanos),
    (DateTime, DateTime): _moment_difference,
    (DateTime, DaysTimeDuration): lambda x, y: x.plus(-y.nanos),
    (DateTime, YearsMonthsDuration): lambda x, y: x.plus_months(-y.months),
    (Date, Date): lambda x, y: DaysTimeDuration((x.days - y.days) * NANOS_PER_DAY),
    (Date, DaysTimeDuration): lambda x, y: Date.of_days((x.days * NANOS_PER_DAY - y.nanos) // NANOS_PER_DAY),
    (Date, YearsMonthsDuration): lambda x, y: x.plus_months(-y.months),
    (DaysTimeDuration, DaysTimeDuration): lambda x, y: DaysTimeDuration(x.nanos - y.nanos),
    (YearsMonthsDuration, YearsMonthsDuration): lambda x, y: YearsMonthsDuration(x.months - y.months),
}


def _midnight_difference(x: Date | DateTime, y: Date | DateTime) -> DaysTimeDuration | None:
    """A date stands for its midnight in UTC where the other operand has a time."""
    start, end = ((each if type(each) is DateTime else DateTime(each, 0, 0)) for each in (y, x))  # type: ignore[arg-type]
    return _moment_difference(end, start)


def subtract_by_standard(x: Value, y: Value, run: Run, at: int) -> Value:
    """As `subtract`, and a date can be subtracted from a date and time, and the other way round."""
    if {type(x), type(y)} == {Date, DateTime}:
        difference = _midnight_difference(x, y)
        if difference is not None:
            return difference
    return subtract(x, y, run, at)


# Multiplication, division and power


def _multiplied(x: Value, y: Value) -> Value:
    """In Camunda's engine a duration is multiplied by what stands before the decimal point."""
    if type(y) in NUMBERS:
        factor = _as_int(y)
        return (
            DaysTimeDuration(x.nanos * factor)
            if type(x) is DaysTimeDuration
            else YearsMonthsDuration(x.months * factor)
        )
    return None


def _as_int(number: numbers.Number) -> int:
    """Cut to 32 bits, as Java does it."""
    return (int(number) + NANOS_IN_INT) % (2 * NANOS_IN_INT) - NANOS_IN_INT


def multiply(x: Value, y: Value, run: Run, at: int) -> Value:
    """Give x * y: numbers, durations with numbers."""
    return _product(x, y, run, at, _multiplied)


def _multiplied_by_standard(x: Value, y: Value) -> Value:
    if type(x) is DaysTimeDuration:
        return DaysTimeDuration(_rounded(numbers.multiply(x.nanos, y)))
    return YearsMonthsDuration(int(numbers.multiply(x.months, y)))


def multiply_by_standard(x: Value, y: Value, run: Run, at: int) -> Value:
    """As `multiply`, with fractions of durations."""
    return _product(x, y, run, at, _multiplied_by_standard)


def _product(x: Value, y: Value, run: Run, at: int, of_duration: Callable[[Value, Value], Value]) -> Value:
    x, y = number_of(x), number_of(y)
    try:
        if type(y) in NUMBERS:
            if type(x) in NUMBERS:
                return numbers.multiply(x, y)
            if type(x) in _DURATIONS:
                return of_duration(x, y)
        elif type(x) in NUMBERS and type(y) in _DURATIONS:
            return of_duration(y, x)
    except _CALCULATION_ERRORS:
        pass
    if run.warnings is not None:
        run.note("INVALID_TYPE", f"Can't multiply '{text_of(x)}' by '{text_of(y)}'", at)
    return None


_DURATIONS: Final = frozenset([DaysTimeDuration, YearsMonthsDuration])


def _rounded(number: numbers.Number) -> int:
    return int(number) if type(number) is int else int(number.to_integral_value())  # type: ignore[union-attr]


def divide(x: Value, y: Value, run: Run, at: int) -> Value:
    """Give x / y: numbers, durations by numbers and durations; in Camunda's engine the latter are cut to whole numbers."""
    x, y = number_of(x), number_of(y)
    try:
        if type(x) in NUMBERS and type(y) in NUMBERS:
            if y:
                return numbers.divide(x, y)
        elif type(x) is YearsMonthsDuration:
            if type(y) in NUMBERS and y:
                return YearsMonthsDuration(_as_int(numbers.divide(x.months, y)))
            if type(y) is YearsMonthsDuration and y.months:
                return _truncated_ratio(x.months, y.months)
        elif type(x) is DaysTimeDuration:
            if type(y) in NUMBERS and y:
                return DaysTimeDuration(_as_int(numbers.divide(x.nanos // NANOS_PER_MS, y)) * NANOS_PER_MS)
            if type(y) is DaysTimeDuration and y.nanos:
                return _truncated_ratio(x.nanos // NANOS_PER_MS, y.nanos // NANOS_PER_MS)
    except _CALCULATION_ERRORS:
        pass
    return _not_divided(x, y, run, at)


def _truncated_ratio(x: int, y: int) -> int:
    quotient = abs(x) // abs(y)
    return quotient if (x < 0) == (y < 0) else -quotient


def divide_by_standard(x: Value, y: Value, run: Run, at: int) -> Value:
    """As `divide`, without cutting."""
    x, y = number_of(x), number_of(y)
    try:
        if type(x) in NUMBERS and type(y) in NUMBERS:
            if y:
                return numbers.divide(x, y)
        elif type(x) is YearsMonthsDuration:
            if type(y) in NUMBERS and y:
                return YearsMonthsDuration(int(numbers.divide(x.months, y)))
            if type(y) is YearsMonthsDuration and y.months:
                return numbers.divide(x.months, y.months)
        elif type(x) is DaysTimeDuration:
            if type(y) in NUMBERS and y:
                return DaysTimeDuration(_rounded(numbers.divide(x.nanos, y)))
            if type(y) is DaysTimeDuration and y.nanos:
                return numbers.divide(x.nanos, y.nanos)
    except _CALCULATION_ERRORS:
        pass
    return _not_divided(x, y, run, at)


def _not_divided(x: Value, y: Value, run: Run, at: int) -> None:
    if run.warnings is not None:
        run.note("INVALID_TYPE", f"Can't divide '{text_of(x)}' by '{text_of(y)}'", at)


def power(x: Value, y: Value, run: Run, at: int) -> Value:
    """Give x ** y; in Camunda's engine zero has no negative power, not even null, and roots are floating-point numbers."""
    x, y = number_of(x), number_of(y)
    if not _are_numbers(x, y, run, at):
        return None
    if not numbers.is_whole(y):
        return number_of_float(_float_power(float(x), float(y)))
    if not x and y < 0:
        raise FatalFailureError("java.lang.ArithmeticException: Division by zero", separator=" : ")
    return _power(x, y)


def _float_power(x: float, y: float) -> float:
    try:
        return math.pow(x, y)
    except OverflowError:
        return math.inf
    except ValueError:
        return math.inf if x == 0 else math.nan


def number_of_float(value: float) -> numbers.Number:
    """Take the decimal that a floating-point number is printed as.

    Raises:
        FatalFailureError: It is none, which Camunda's engine does not survive.
    """
    if not math.isfinite(value):
        letter = "N" if math.isnan(value) else "I"
        raise FatalFailureError(
            f"java.lang.NumberFormatException: Character {letter} is neither a decimal digit number, decimal point, "
            'nor "e" notation exponential mark.',
            separator=" : ",
        )
    return numbers.parsed(repr(value))


def power_by_standard(x: Value, y: Value, run: Run, at: int) -> Value:
    """Give x ** y, null where there is no such number."""
    x, y = number_of(x), number_of(y)
    return _power(x, y) if _are_numbers(x, y, run, at) else None


def _power(x: numbers.Number, y: numbers.Number) -> numbers.Number | None:
    try:
        return numbers.power(x, y)
    except NumberError:
        return None


def _are_numbers(x: Value, y: Value, run: Run, at: int) -> bool:
    for each in (x, y):
        if type(each) not in NUMBERS:
            if run.warnings is not None:
                run.note("INVALID_TYPE", f"Expected number but found '{text_of(each)}'", at)
            return False
    return True


def negate(x: Value, run: Run, at: int) -> Value:
    """Give -x of a number."""
    x = number_of(x)
    if type(x) in NUMBERS:
        return numbers.negate(x)
    if run.warnings is not None:
        run.note("INVALID_TYPE", f"Expected number but found '{text_of(x)}'", at)
    return None


def negate_by_standard(x: Value, run: Run, at: int) -> Value:
    """Give -x of a number or a duration."""
    if type(x) is DaysTimeDuration:
        return DaysTimeDuration(-x.nanos)
    if type(x) is YearsMonthsDuration:
        return YearsMonthsDuration(-x.months)
    return negate(x, run, at)


# Equality


def equal(x: Value, y: Value, run: Run, at: int) -> bool | None:
    """Say whether x = y, null if they cannot be compared, in Camunda's way."""
    return _equality(x, y, run, at, same_in_camunda)


def equal_by_standard(x: Value, y: Value, run: Run, at: int) -> bool | None:
    """Say whether x = y, null if they cannot be compared, in the standard's way."""
    return _equality(x, y, run, at, same)


def _equality(
    x: Value, y: Value, run: Run, at: int, compare: Callable[[Value, Value, Run], bool | None]
) -> bool | None:
    result = compare(x, y, run)
    if result is None and run.warnings is not None:
        run.note("NOT_COMPARABLE", f"Can't compare '{text_of(x)}' with '{text_of(y)}'", at)
    return result


def same(x: Value, y: Value, run: Run) -> bool | None:
    """Say whether two values are equal, null if their types differ (DMN 1.5, table 52); times count in milliseconds."""
    kind = type(x)
    if kind is type(y):
        if kind is list:
            return _same_lists(x, y, run, same)
        if kind is dict:
            return _same_contexts(x, y, run, same)
        if kind is Range:
            return _same_ranges(x, y, run)
        if kind is Function:
            return None
        if kind is Time or kind is DateTime:
            return (x.zone is None) == (y.zone is None) and x.utc_nanos // NANOS_PER_MS == y.utc_nanos // NANOS_PER_MS
        return bool(x == y)
    if x is None or y is None:
        return False
    x, y = number_of(x), number_of(y)
    return bool(x == y) if type(x) in NUMBERS and type(y) in NUMBERS else None


def same_in_camunda(x: Value, y: Value, run: Run) -> bool | None:
    """Say whether two values are equal, null if their types differ, in Camunda's way: times count with their zones."""
    kind = type(x)
    if kind is type(y):
        if kind is list:
            return _same_lists(x, y, run, same_in_camunda)
        if kind is dict:
            return _same_contexts(x, y, run, same_in_camunda)
        if kind is Range or kind is Function:
            return None
        if kind is Time or kind is DateTime:
            if (x.zone is None) != (y.zone is None):
                return None
            return bool(x == y) and x.zone == y.zone
        return bool(x == y)
    if x is None or y is None:
        return False
    x, y = number_of(x), number_of(y)
    return bool(x == y) if type(x) in NUMBERS and type(y) in NUMBERS else None


def _same_lists(x: list[Value], y: list[Value], run: Run, compare: Callable[[Value, Value, Run], bool | None]) -> bool:
    if x is y:
        return True
    run.spend(len(x))
    return len(x) == len(y) and all(compare(a, b, run) is True for a, b in zip(x, y, strict=True))


def _same_contexts(
    x: dict[str, Value], y: dict[str, Value], run: Run, compare: Callable[[Value, Value, Run], bool | None]
) -> bool:
    if x is y:
        return True
    run.spend(len(x))
    return x.keys() == y.keys() and all(compare(value, y[name], run) is True for name, value in x.items())


def _same_ranges(x: Range, y: Range, run: Run) -> bool:
    return (
        x.is_test == y.is_test
        and x.low_included == y.low_included
        and x.high_included == y.high_included
        and same(x.low, y.low, run) is True
        and same(x.high, y.high, run) is True
    )


# Order


def _order_kind(value: Value) -> object:
    kind = type(value)
    if kind in NUMBERS:
        return Decimal
    if kind is Time or kind is DateTime:
        return kind, value.zone is None
    return kind if kind in _ORDERED else None


_ORDERED: Final = frozenset([str, Date, DaysTimeDuration, YearsMonthsDuration])


def comparable(x: Value, y: Value) -> bool:
    """Say whether one of two values comes before the other, or they are equal."""
    kind = _order_kind(x)
    return kind is not None and kind == _order_kind(y)


def _ordering(test: Callable[[Any, Any], bool]) -> Operator:
    def compare(x: Value, y: Value, run: Run, at: int) -> bool | None:
        x, y = number_of(x), number_of(y)
        if comparable(x, y):
            return test(x, y)
        if run.warnings is not None:
            run.note("NOT_COMPARABLE", f"Can't compare '{text_of(x)}' with '{text_of(y)}'", at)
        return None

    return compare


less = _ordering(lambda x, y: x < y)
less_or_equal = _ordering(lambda x, y: x <= y)
greater = _ordering(lambda x, y: y < x)
greater_or_equal = _ordering(lambda x, y: y <= x)


def _items_comparable(items: list[Value]) -> bool:
    """Say whether all items of a list could be compared with each other; lists in it could if theirs can."""
    if not items:
        return False
    if type(items[0]) is list:
        return all(type(item) is list and _items_comparable(item) for item in items)
    return all(comparable(items[0], item) for item in items)


def _unless_lists(compare: Operator) -> Operator:
    def compare_in_camunda(x: Value, y: Value, run: Run, at: int) -> Value:
        if type(x) is list and type(y) is list and _items_comparable(x) and _items_comparable(y):
            raise FatalFailureError(
                f"java.lang.IllegalArgumentException: {text_of(x)} can not be compared to {text_of(y)}", separator=" : "
            )
        return compare(x, y, run, at)

    return compare_in_camunda


ORDER: Final[dict[str, Operator]] = {"<": less, "<=": less_or_equal, ">": greater, ">=": greater_or_equal}
ORDER_IN_CAMUNDA: Final[dict[str, Operator]] = {name: _unless_lists(compare) for name, compare in ORDER.items()}


# Ranges


def in_range(value: Value, low: Value, high: Value, low_included: bool, high_included: bool) -> bool | None:
    """Say whether a value lies between two ends, null if it cannot be compared with them; an end of null is open."""
    if low is not None:
        if not comparable(value, low):
            return None
        if not (low <= value if low_included else low < value):
            return False if high is None or comparable(value, high) else None
    if high is not None:
        if not comparable(value, high):
            return None
        return bool(value <= high if high_included else value < high)
    return True if low is not None else None


# Members


def _offset(value: Any) -> DaysTimeDuration | None:
    offset = value.offset
    return None if offset is None else DaysTimeDuration(offset * NANOS_PER_SECOND)


def _zone_name(value: Any) -> str | None:
    return value.zone if type(value.zone) is str else None


def _part(value: DaysTimeDuration, unit: int, size: int | None) -> int:
    amount = abs(value.nanos) // unit
    if size is not None:
        amount %= size
    return -amount if value.nanos < 0 else amount


def _months_part(value: YearsMonthsDuration) -> int:
    return -(-value.months % 12) if value.months < 0 else value.months % 12


_CLOCK: Final[dict[str, Callable[[Any], Value]]] = {
    "timezone": _zone_name,
    "second": lambda v: v.nanos // NANOS_PER_SECOND % 60,
    "time offset": _offset,
    "minute": lambda v: v.nanos // (60 * NANOS_PER_SECOND) % 60,
    "hour": lambda v: v.nanos // (3600 * NANOS_PER_SECOND),
}

# In the order in which Camunda's engine lists them in warnings.
PROPERTIES: Final[dict[type, dict[str, Callable[[Any], Value]]]] = {
    Date: {
        "year": lambda v: v.year,
        "month": lambda v: v.month,
        "day": lambda v: v.day,
        "weekday": lambda v: v.weekday,
    },
    Time: _CLOCK,
    DateTime: {
        "timezone": _CLOCK["timezone"],
        "year": lambda v: v.date.year,
        "second": _CLOCK["second"],
        "month": lambda v: v.date.month,
        "day": lambda v: v.date.day,
        "time offset": _CLOCK["time offset"],
        "weekday": lambda v: v.date.weekday,
        "minute": _CLOCK["minute"],
        "hour": _CLOCK["hour"],
    },
    DaysTimeDuration: {
        "days": lambda v: _part(v, NANOS_PER_DAY, None),
        "hours": lambda v: _part(v, 3600 * NANOS_PER_SECOND, 24),
        "minutes": lambda v: _part(v, 60 * NANOS_PER_SECOND, 60),
        "seconds": lambda v: _part(v, NANOS_PER_SECOND, 60),
    },
    YearsMonthsDuration: {
        "years": lambda v: -(-v.months // 12) if v.months < 0 else v.months // 12,
        "months": _months_part,
    },
    Range: {
        "start": lambda v: v.low,
        "end": lambda v: v.high,
        "start included": lambda v: v.low_included,
        "end included": lambda v: v.high_included,
    },
}


def member(value: Value, name: str, run: Run, at: int) -> Value:
    """Give an entry of a context, a property of a temporal value or a range, or these of all items of a list."""
    kind = type(value)
    if kind is dict:
        if name in value:
            return value[name]
        if run.warnings is not None:
            keys = ", ".join(f"'{key}'" for key in value)
            run.note("NO_CONTEXT_ENTRY_FOUND", f"No context entry found with key '{name}'. Available keys: {keys}", at)
        return None
    if kind is list:
        run.spend(len(value))
        return [item[name] if type(item) is dict and name in item else member(item, name, run, at) for item in value]
    if value is None:
        run.note("NO_CONTEXT_ENTRY_FOUND", f"No context entry found with key '{name}'. The context is null", at)
        return None
    properties = PROPERTIES.get(kind, {})
    read = properties.get(name)
    if read is not None:
        return read(value)
    if run.warnings is not None:
        names = ", ".join(f"'{each}'" for each in properties)
        run.note(
            "NO_PROPERTY_FOUND",
            f"No property found with name '{name}' of value '{text_of(value)}'. Available properties: {names}",
            at,
        )
    return None
