"""Dates of timers: ISO 8601 intervals, repeating intervals, and cron expressions of Spring 5.3 (engine-semantics §12).

Dates without zone are UTC's: a process means the same on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kiang.feel.temporal import DateTime, TemporalError, parse_date_time

NANOS_PER_MS = 1_000_000
NUMBER_MAX = 10**12
"""Of one field of an interval: far beyond any date, and small enough to calculate with."""

CRON_YEARS_MAX = 40
"""How far a cron expression is searched for its next date; 29 February on a Monday comes within 28 years."""

REPETITIONS_MAX = 2**31 - 1

_SIGNED = r"([-+]?\d{1,12})"
_PERIOD = re.compile(rf"([-+]?)P(?:{_SIGNED}Y)?(?:{_SIGNED}M)?(?:{_SIGNED}W)?(?:{_SIGNED}D)?", re.IGNORECASE)
_DURATION = re.compile(
    rf"([-+]?)P(?:{_SIGNED}D)?(?:T(?:{_SIGNED}H)?(?:{_SIGNED}M)?(?:{_SIGNED}(?:[.,](\d{{0,9}}))?S)?)?", re.IGNORECASE
)
_PERIOD_TEXT = "Text cannot be parsed to a Period"
_DURATION_TEXT = "Text cannot be parsed to a Duration"


class ScheduleError(ValueError):
    """A text is no interval, cycle or cron expression; the message is the original's."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A length of time: months and days on the calendar, milliseconds on the clock."""

    months: int = 0
    days: int = 0
    ms: int = 0

    def after(self, epoch_ms: int) -> int:
        """The date that is this long after another one.

        Raises:
            ScheduleError: That is beyond all dates.
        """
        if not self.months and not self.days:
            return epoch_ms + self.ms
        try:
            moved = DateTime.of_epoch_ms(epoch_ms).plus_months(self.months).plus(self.days * 86_400_000 * NANOS_PER_MS)
        except (TemporalError, ValueError, OverflowError) as error:
            raise ScheduleError(str(error)) from None
        return moved.epoch_ms + self.ms


@dataclass(frozen=True, slots=True)
class Cycle:
    """An interval that repeats.

    Attributes:
        repetitions: How often; -1 for without end.
        start_ms: When it begins, epoch ms; None for one interval from now.
    """

    repetitions: int
    interval: Interval
    start_ms: int | None = None

    def next_after(self, now_ms: int) -> int:
        """The next date."""
        return next_in_rhythm(self.interval, self.start_ms, now_ms)


def next_in_rhythm(interval: Interval, start_ms: int | None, now_ms: int) -> int:
    """The date `start_ms` or one interval behind it, whichever is first to come; else one interval from now: nothing is made up for."""
    if start_ms is not None:
        if start_ms > now_ms:
            return start_ms
        following = interval.after(start_ms)
        if following > now_ms:
            return following
    return interval.after(now_ms)


def parse_interval(text: str) -> Interval:
    """Read an ISO 8601 duration; unlike FEEL's it may mix calendar and clock, as `P1M2DT3H`.

    Raises:
        ScheduleError: It is none.
    """
    begin = 1 if text[:1] in {"-", "+"} else 0
    sign = "-" if text[:1] == "-" else ""
    at = text.find("T")
    if at == -1:
        return _period(text)
    if at == begin + 1:
        return Interval(ms=_duration(text))
    period = _period(text[:at])
    return Interval(period.months, period.days, _duration(f"{sign}P{text[at:]}"))


def parse_cycle(text: str) -> Cycle | Cron:
    """Read a repeating interval `R[n]/[start/]interval`, or a cron expression.

    Raises:
        ScheduleError: It is neither.
    """
    if not text.startswith("R"):
        return Cron(text)
    count, slash, rest = text[1:].partition("/")
    if not slash:
        raise ScheduleError("No interval given")
    repetitions = -1
    if count:
        if not re.fullmatch(r"\d{1,10}", count) or int(count) > REPETITIONS_MAX:
            raise ScheduleError(f"Cannot parse repetitions count '{count}'")
        repetitions = int(count)
    start, slash, interval = rest.partition("/")
    if not slash:
        return Cycle(repetitions, parse_interval(rest))
    try:
        begin = parse_date_time(start, seconds_required=False)
    except TemporalError:
        begin = None
    if begin is None or begin.zone is None:
        raise ScheduleError(f"Text '{start}' could not be parsed at index 0")
    return Cycle(repetitions, parse_interval(interval), begin.epoch_ms)


def _period(text: str) -> Interval:
    match = _PERIOD.fullmatch(text)
    if match is None or not any(match.groups()[1:]):
        raise ScheduleError(_PERIOD_TEXT)
    sign = -1 if match[1] == "-" else 1
    years, months, weeks, days = (int(group or 0) for group in match.groups()[1:])
    return Interval(sign * (years * 12 + months), sign * (weeks * 7 + days))


def _duration(text: str) -> int:
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()[1:]) or text[-1] in "tT":
        raise ScheduleError(_DURATION_TEXT)
    sign = -1 if match[1] == "-" else 1
    days, hours, minutes, seconds = (int(group or 0) for group in match.groups()[1:5])
    fraction = int((match[6] or "0").ljust(9, "0")) // NANOS_PER_MS
    if (match[5] or "").startswith("-"):
        fraction = -fraction
    return sign * ((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + fraction)


_MACROS = {
    "@yearly": "0 0 0 1 1 *",
    "@annually": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}
_MONTHS = {name: n for n, name in enumerate("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(), 1)}
_DAYS = {name: n for n, name in enumerate("SUN MON TUE WED THU FRI SAT".split())}


class Cron:
    """Six fields: second, minute, hour, day of month, month, day of week (0 and 7 are Sunday); both kinds of days must fit.

    Beside lists, ranges, steps and names: `?`; for days of the month `L` (last), `L-3`, `LW` (last weekday), `15W` (nearest weekday); for days
    of the week `5L` (last Friday), `5#2` (second Friday).
    """

    __slots__ = ("_day", "_hours", "_minutes", "_months", "_seconds", "_week", "text")

    def __init__(self, text: str) -> None:
        """Read it.

        Raises:
            ScheduleError: It is no cron expression.
        """
        self.text = text
        fields = _MACROS.get(text.strip().lower(), text).split()
        if len(fields) != 6:
            raise ScheduleError(f"Cron expression contains {len(fields)} parts but we expect one of [6]")
        self._seconds = _values(fields[0], 0, 59, {}, text)
        self._minutes = _values(fields[1], 0, 59, {}, text)
        self._hours = _values(fields[2], 0, 23, {}, text)
        self._day = fields[3].upper()
        self._months = _values(fields[4], 1, 12, _MONTHS, text)
        self._week = fields[5].upper()
        self._fits(datetime(2000, 1, 1, tzinfo=UTC))  # reads the two fields of days

    def next_after(self, now_ms: int) -> int:
        """The first date after another one.

        Raises:
            ScheduleError: There is none.
        """
        try:
            moment = datetime.fromtimestamp(now_ms / 1000, UTC).replace(microsecond=0) + timedelta(seconds=1)
            for day in self._days(moment):
                found = self._time(day, moment if day.date() == moment.date() else day)
                if found is not None:
                    return round(found.timestamp()) * 1000
        except (OverflowError, ValueError) as error:
            if not isinstance(error, ScheduleError):
                raise ScheduleError(str(error)) from None
            raise
        raise ScheduleError(f"Expected a date for the cron expression '{self.text}', but it has none")

    def _days(self, moment: datetime) -> Iterator[datetime]:
        day = moment.replace(hour=0, minute=0, second=0)
        for _ in range(CRON_YEARS_MAX * 366):
            if day.month in self._months and self._fits(day):
                yield day
            day += timedelta(days=1)

    def _time(self, day: datetime, start: datetime) -> datetime | None:
        for hour in self._hours:
            if hour < start.hour:
                continue
            for minute in self._minutes:
                if hour == start.hour and minute < start.minute:
                    continue
                for second in self._seconds:
                    if (hour, minute, second) >= (start.hour, start.minute, start.second):
                        return day.replace(hour=hour, minute=minute, second=second)
        return None

    def _fits(self, day: datetime) -> bool:
        return all(
            any(fits(part, day) for part in parts.split(","))
            for parts, fits in ((self._day, self._fits_day), (self._week, self._fits_week))
        )

    def _fits_day(self, part: str, day: datetime) -> bool:
        last = _last_day(day)
        if part in {"*", "?"}:
            return True
        if part == "L":
            return day.day == last
        if part == "LW":
            return day.day == _nearest_weekday(day, last)
        if match := re.fullmatch(r"L-(\d+)", part):
            return day.day == last - int(match[1])
        if match := re.fullmatch(r"(\d+)W", part):
            return day.day == _nearest_weekday(day, min(int(match[1]), last))
        return day.day in _values(part, 1, 31, {}, self.text)

    def _fits_week(self, part: str, day: datetime) -> bool:
        weekday = day.isoweekday() % 7
        if part in {"*", "?"}:
            return True
        if match := re.fullmatch(r"(\w+)L", part):
            if match[1] in _DAYS or match[1].isdigit():
                return weekday == _number(match[1], _DAYS, self.text) % 7 and day.day > _last_day(day) - 7
        if match := re.fullmatch(r"(\w+)#(\d)", part):
            return weekday == _number(match[1], _DAYS, self.text) % 7 and (day.day - 1) // 7 + 1 == int(match[2])
        return weekday in {value % 7 for value in _values(part, 0, 7, _DAYS, self.text)}


def _values(field: str, low: int, high: int, names: dict[str, int], text: str) -> list[int]:
    """The values that a field of lists, ranges and steps allows, ascending."""
    found: set[int] = set()
    for part in field.upper().split(","):
        span, slash, step = part.partition("/")
        if span in {"*", "?"}:
            first, last = low, high
        elif "-" in span:
            begin, _, end = span.partition("-")
            first, last = _number(begin, names, text), _number(end, names, text)
        else:
            first = _number(span, names, text)
            last = high if slash else first
        width = _number(step, {}, text) if slash else 1
        if not low <= first <= last <= high or width < 1:
            raise ScheduleError(f"Failed to parse cron expression '{text}': '{part}' is not between {low} and {high}")
        found.update(range(first, last + 1, width))
    return sorted(found)


def _number(text: str, names: dict[str, int], expression: str) -> int:
    if text in names:
        return names[text]
    if not re.fullmatch(r"[0-9]{1,4}", text):
        raise ScheduleError(f"Failed to parse cron expression '{expression}': '{text}' is no value of this field")
    return int(text)


def _last_day(day: datetime) -> int:
    following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return (following - timedelta(days=1)).day


def _nearest_weekday(day: datetime, wanted: int) -> int:
    weekday = day.replace(day=wanted).isoweekday()
    if weekday == 6:
        return wanted - 1 if wanted > 1 else wanted + 2
    if weekday == 7:
        return wanted + 1 if wanted < _last_day(day) else wanted - 2
    return wanted


__all__ = ["Cron", "Cycle", "Interval", "ScheduleError", "next_in_rhythm", "parse_cycle", "parse_interval"]
