"""Functions of dates and times (DMN 1.5, 10.3.4.7 and 10.3.4.10), and Camunda's."""

from __future__ import annotations

from typing import Final

from kiang.feel import numbers
from kiang.feel.builtins.registry import Refused, builtin
from kiang.feel.evaluation import Run
from kiang.feel.json_text import to_json
from kiang.feel.temporal import Date, DateTime, Duration, days_in_month
from kiang.feel.values import Value, text_of

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def _day(value: Date | DateTime) -> Date:
    return value.date if isinstance(value, DateTime) else value


@builtin("now()")
def now(run: Run) -> DateTime:
    """Give the time of the engine's clock, in UTC."""
    return DateTime.of_epoch_ms(run.clock_ms())


@builtin("today()")
def today(run: Run) -> Date:
    """Give the day of the engine's clock, in UTC."""
    return now(run).date


@builtin("day of week(date: date | date and time)")
def day_of_week(run: Run, value: Date | DateTime) -> str:
    """Name the day."""
    return _DAYS[_day(value).weekday - 1]


@builtin("day of year(date: date | date and time)")
def day_of_year(run: Run, value: Date | DateTime) -> int:
    """Count the days of the year."""
    return _day(value).day_of_year


@builtin("week of year(date: date | date and time)")
def week_of_year(run: Run, value: Date | DateTime) -> int:
    """Count the weeks of the year, by ISO 8601."""
    return _day(value).week_of_year


@builtin("month of year(date: date | date and time)")
def month_of_year(run: Run, value: Date | DateTime) -> str:
    """Name the month."""
    return _MONTHS[_day(value).month - 1]


@builtin("last day of month(date: date | date and time)")
def last_day_of_month(run: Run, value: Date | DateTime) -> Date:
    """Give the last day of the month that a day is in."""
    day = _day(value)
    return Date(day.year, day.month, days_in_month(day.year, day.month))


@builtin("cycle(interval: any)")
def cycle(run: Run, interval: Value) -> str:
    """Write a cycle of a timer that never ends."""
    return cycle_of(run, None, interval)


@builtin("cycle(repetitions: any, interval: any)")
def cycle_of(run: Run, repetitions: Value, interval: Value) -> str:
    """Write a cycle of a timer."""
    if not isinstance(interval, Duration) or not (repetitions is None or _is_number(repetitions)):
        raise Refused(
            "cycle function expected a repetitions (number) and an interval (duration) parameter, "
            f"but found '{text_of(repetitions)}' and '{text_of(interval)}'"
        )
    count = "" if repetitions is None else str(int(repetitions))
    return f"R{count}/{to_json(interval)[1:-1]}"


def _is_number(value: Value) -> bool:
    return type(value) is not bool and isinstance(value, numbers.Number)
