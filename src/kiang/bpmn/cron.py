"""Cron expressions with six fields, as Spring writes them: second, minute, hour, day of month, month, day of week.

Beside numbers, names, `*`, `?`, lists, ranges and steps there are `L` (last), `W` (nearest weekday), `LW`, `#` (n-th weekday of the month)
and the macros. Dates are calculated in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from kiang.feel.temporal import Date, days_in_month

MACROS = {
    "@yearly": "0 0 0 1 1 *",
    "@annually": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}

FIELD_COUNT = 6

YEARS_AHEAD_MAX = 100
"""An expression without a date in that time, such as the 31st of February, never fires."""

EXPRESSION_LENGTH_MAX = 1000
"""Characters; the longest list of 60 seconds and 60 minutes is shorter."""

MS_PER_DAY = 86_400_000

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), 1
    )
}
_WEEKDAYS = {name: number for number, name in enumerate(("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"), 1)}

_INT_MAX = 2**31 - 1


class InvalidCronError(ValueError):
    """A text is no cron expression."""


class _Field(NamedTuple):
    """What one field may hold.

    Attributes:
        names: Words for numbers.
        wraps: Whether a range may run over the end.
        specials: Letters with a meaning in this field.
    """

    low: int
    high: int
    names: Mapping[str, int] = MappingProxyType({})
    wraps: bool = False
    specials: frozenset[str] = frozenset()


_FIELDS = (
    _Field(0, 59),
    _Field(0, 59),
    _Field(0, 23),
    _Field(1, 31, wraps=True, specials=frozenset({"L", "W", "LW", "?"})),
    _Field(1, 12, _MONTHS, wraps=True),
    _Field(0, 7, _WEEKDAYS, wraps=True, specials=frozenset({"L", "#", "?"})),
)

DayRule = Callable[[int, int], Iterator[int]]
"""Days of a month (year, month) that fit."""


class Cron(NamedTuple):
    """A parsed expression; the numbers that fit, ascending.

    Attributes:
        days_of_month: None if every day fits.
        days_of_week: None if every day fits.
    """

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days_of_month: tuple[DayRule, ...] | None
    months: tuple[int, ...]
    days_of_week: tuple[DayRule, ...] | None

    def next_after(self, now_ms: int) -> int | None:
        """The first date after `now_ms`, in epoch ms; None if there is none within `YEARS_AHEAD_MAX`."""
        second = now_ms // 1000 + 1
        days, rest = divmod(second, 86_400)
        start = Date.of_days(days)
        year, month = start.year, start.month
        while year <= start.year + YEARS_AHEAD_MAX:
            if month in self.months:
                for day in self._days(year, month):
                    date = Date(year, month, day)
                    if date.days < days:
                        continue
                    time = self._time_from(rest if date.days == days else 0)
                    if time is not None:
                        return date.days * MS_PER_DAY + time * 1000
            month += 1
            if month > 12:
                year, month = year + 1, 1
        return None

    def _days(self, year: int, month: int) -> list[int]:
        days: set[int] | None = None
        for rules in (self.days_of_month, self.days_of_week):
            if rules is not None:
                fit = {day for rule in rules for day in rule(year, month)}
                days = fit if days is None else days & fit
        if days is None:
            return list(range(1, days_in_month(year, month) + 1))
        return sorted(days)

    def _time_from(self, second_of_day: int) -> int | None:
        """The first fitting second of the day from `second_of_day` on."""
        hour0, rest = divmod(second_of_day, 3600)
        minute0, second0 = divmod(rest, 60)
        for hour in self.hours:
            if hour < hour0:
                continue
            for minute in self.minutes:
                if hour == hour0 and minute < minute0:
                    continue
                for second in self.seconds:
                    if hour == hour0 and minute == minute0 and second < second0:
                        continue
                    return hour * 3600 + minute * 60 + second
        return None


@lru_cache(maxsize=256)
def parse(text: str) -> Cron:
    """The expression that a text holds.

    Raises:
        InvalidCronError: It holds none.
    """
    if len(text) > EXPRESSION_LENGTH_MAX:
        raise InvalidCronError(
            f"Expected a cron expression of at most {EXPRESSION_LENGTH_MAX} characters, but it has {len(text)}"
        )
    text = text.strip()
    if not text:
        raise InvalidCronError("Empty expression!")
    if text == "@reboot":
        raise InvalidCronError("Nickname @reboot not supported!")
    parts = MACROS.get(text, text).upper().split()
    if len(parts) != FIELD_COUNT:
        raise InvalidCronError(f"Cron expression contains {len(parts)} parts but we expect one of [{FIELD_COUNT}]")
    for part in parts:
        if part.endswith(","):
            raise InvalidCronError(f"Invalid field value! Trailing commas not permitted! '{part}'")
    try:
        seconds, minutes, hours = (_numbers(part, field) for part, field in zip(parts[:3], _FIELDS[:3], strict=True))
        days_of_month = _day_rules(parts[3], _FIELDS[3], _day_of_month)
        months = _numbers(parts[4], _FIELDS[4])
        days_of_week = _day_rules(parts[5], _FIELDS[5], _day_of_week)
    except InvalidCronError as error:
        raise InvalidCronError(f"Failed to parse cron expression. {error}") from None
    return Cron(seconds, minutes, hours, days_of_month, months, days_of_week)


def _numbers(text: str, field: _Field) -> tuple[int, ...]:
    """The numbers of a field without days."""
    found: set[int] = set()
    for part in _parts(text):
        found.update(_plain(part, field))
    return tuple(sorted(found))


def _parts(text: str) -> list[str]:
    return text.split(",")


def _plain(text: str, field: _Field) -> list[int]:
    """The numbers of one entry of a list: one, a range, all, or every n-th of them."""
    if ("#" in text and "-" not in text) or (text == "?" and "?" not in field.specials):
        raise InvalidCronError(f"Invalid expression: {text}")
    if "-" in text:
        return _range(text, field)
    if "/" in text:
        base, step = _stepped(text, field)
        if base in {"*", ""}:
            return list(range(field.low, field.high + 1, step))
        return list(range(_number(base, field), field.high + 1, step))
    if text in {"*", "?"}:
        return list(range(field.low, field.high + 1))
    return [_number(text, field)]


def _stepped(text: str, field: _Field) -> tuple[str, int]:
    """What stands before the slash, and the step behind it."""
    pieces = text.split("/")
    if len(pieces) != 2:
        raise InvalidCronError(f"Invalid expression: {text}")
    if not pieces[1]:
        raise InvalidCronError(f"Missing steps for expression: {text}")
    if not re.fullmatch(r"\d{1,10}", pieces[1], re.ASCII) or int(pieces[1]) > _INT_MAX:
        raise InvalidCronError(f'For input string: "{pieces[1]}"')
    step = int(pieces[1])
    if not 1 <= step <= field.high:
        raise InvalidCronError(f"Period {step} not in range [{field.low}, {field.high}]")
    return pieces[0], step


def _range(text: str, field: _Field) -> list[int]:
    pieces = text.split("-")
    if len(pieces) == 2 and not pieces[0] and pieces[1]:
        raise InvalidCronError(
            f"Invalid expression! Expression: {text} does not describe a range. Negative numbers are not allowed."
        )
    if len(pieces) != 2 or not all(pieces):
        raise InvalidCronError(f"Missing values for range: {text}")
    first = _number(pieces[0], field)
    last_text, step = _stepped(pieces[1], field) if "/" in pieces[1] else (pieces[1], 1)
    last = _number(last_text, field)
    if first <= last:
        return list(range(first, last + 1, step))
    if not field.wraps:
        raise InvalidCronError(f"Invalid range! [{first},{last}]")
    return [*range(first, field.high + 1), *range(field.low, last + 1)][::step]


def _number(text: str, field: _Field) -> int:
    if text in field.names:
        return field.names[text]
    if not re.fullmatch(r"\d+", text, re.ASCII) or int(text) > _INT_MAX:
        rest = re.sub(r"[0-9#?/*]", "", text)
        invalid = "" if rest in field.specials else rest
        raise InvalidCronError(f"Invalid chars in expression! Expression: {text} Invalid chars: {invalid}")
    number = int(text)
    if not field.low <= number <= field.high:
        raise InvalidCronError(f"Value {number} not in range [{field.low}, {field.high}]")
    return number


def _day_rules(
    text: str, field: _Field, special: Callable[[str, _Field], DayRule | None]
) -> tuple[DayRule, ...] | None:
    """The rules of one of the two fields of days; None if every day fits."""
    if text in {"*", "?"}:
        return None
    rules: list[DayRule] = []
    for part in _parts(text):
        rule = special(part, field)
        if rule is None:
            numbers = frozenset(_plain(part, field))
            rule = _days_of_week(numbers) if field is _FIELDS[5] else _days_of_month(numbers)
        rules.append(rule)
    return tuple(rules)


def _days_of_month(numbers: frozenset[int]) -> DayRule:
    return lambda year, month: (day for day in range(1, days_in_month(year, month) + 1) if day in numbers)


def _days_of_week(numbers: frozenset[int]) -> DayRule:
    weekdays = frozenset(number or 7 for number in numbers)
    return lambda year, month: (
        day for day in range(1, days_in_month(year, month) + 1) if Date(year, month, day).weekday in weekdays
    )


def _day_of_month(text: str, field: _Field) -> DayRule | None:
    """`L`, `L-3`, `LW`, `15W`."""
    if text == "L":
        return lambda year, month: iter((days_in_month(year, month),))
    if text == "LW":
        return lambda year, month: iter((_nearest_weekday(year, month, days_in_month(year, month)),))
    if match := re.fullmatch(r"L-([^-]+)", text):
        back = _number(match[1], field)
        return lambda year, month: (day for day in (days_in_month(year, month) - back,) if day >= 1)
    if match := re.fullmatch(r"(\d+)W", text, re.ASCII):
        wanted = _number(match[1], field)
        return lambda year, month: (
            _nearest_weekday(year, month, day) for day in (wanted,) if day <= days_in_month(year, month)
        )
    if match := re.fullmatch(r"(\d+)L", text, re.ASCII):
        _number(match[1], field)
        return lambda year, month: iter((days_in_month(year, month),))
    return None


def _nearest_weekday(year: int, month: int, day: int) -> int:
    """The day from Monday to Friday nearest to a day, in the same month."""
    weekday = Date(year, month, day).weekday
    if weekday == 6:
        return day - 1 if day > 1 else day + 2
    if weekday == 7:
        return day + 1 if day < days_in_month(year, month) else day - 2
    return day


def _day_of_week(text: str, field: _Field) -> DayRule | None:
    """`5L`, `FRIL`, `MON#2`."""
    if "#" in text and "-" not in text:
        name, _, number = text.partition("#")
        if not name:
            raise InvalidCronError("Time should be specified!")
        weekday = _number(name, field) or 7
        count = _number(number.partition("#")[0], field)
        return lambda year, month: _nth_weekday(year, month, weekday, count)
    if text == "L":
        return _days_of_week(frozenset({7}))
    if text.endswith("L") and (text[:-1] in field.names or re.fullmatch(r"\d+", text[:-1], re.ASCII)):
        weekday = _number(text[:-1], field) or 7
        return lambda year, month: _last_weekday(year, month, weekday)
    return None


def _nth_weekday(year: int, month: int, weekday: int, count: int) -> Iterator[int]:
    first = 1 + (weekday - Date(year, month, 1).weekday) % 7
    day = first + 7 * (count - 1)
    if first <= day <= days_in_month(year, month):
        yield day


def _last_weekday(year: int, month: int, weekday: int) -> Iterator[int]:
    last = days_in_month(year, month)
    yield last - (Date(year, month, last).weekday - weekday) % 7
