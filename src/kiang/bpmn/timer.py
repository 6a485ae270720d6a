"""What timers say: durations, dates and cycles, in ISO 8601 or as cron expressions (engine-semantics §12).

Read here both at deployment, for what is static, and at run time. All instants are epoch ms.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from kiang.bpmn import cron
from kiang.bpmn.iso_instant import InvalidInstantError, parse_instant
from kiang.feel import type_name
from kiang.feel.temporal import (
    NANOS_PER_MS,
    NANOS_PER_SECOND,
    DateTime,
    DaysTimeDuration,
    TemporalError,
    YearsMonthsDuration,
)

INFINITE = -1
"""Repetitions of a cycle without end."""

TEXT_LENGTH_MAX = 1000
"""Characters of a duration, date or cycle."""

DUE_MAX_MS = 2**62
"""Latest instant; what lies beyond never comes."""

_INT_MAX = 2**31 - 1
_LONG_MAX = 2**63 - 1

_PERIOD = re.compile(
    r"([+-]?)P(?:([+-]?\d+)Y)?(?:([+-]?\d+)M)?(?:([+-]?\d+)W)?(?:([+-]?\d+)D)?", re.ASCII | re.IGNORECASE
)
_DURATION = re.compile(
    r"([+-]?)P(?:([+-]?\d+)D)?T(?:([+-]?\d+)H)?(?:([+-]?\d+)M)?(?:([+-]?\d+)(?:[.,](\d{0,9}))?S)?",
    re.ASCII | re.IGNORECASE,
)
_REPETITIONS = re.compile(r"[+-]?\d+", re.ASCII)


class InvalidTimerError(ValueError):
    """A timer says nothing that can be used. Its text goes into the refusal of a deployment or into an incident.

    Attributes:
        is_wrong_type: The value has another type than a timer can use; messages then add the warnings of the evaluation.
    """

    def __init__(self, message: str, *, is_wrong_type: bool = False) -> None:
        super().__init__(message)
        self.is_wrong_type = is_wrong_type


class Interval(NamedTuple):
    """A length of time: months of the calendar and then nanoseconds."""

    months: int
    nanos: int

    def after(self, instant_ms: int) -> int:
        """The instant that comes this much later."""
        moved = instant_ms
        try:
            if self.months:
                moved = DateTime.of_epoch_ms(instant_ms).plus_months(self.months).epoch_ms
        except TemporalError:
            return DUE_MAX_MS
        return max(-DUE_MAX_MS, min(DUE_MAX_MS, moved + self.nanos // NANOS_PER_MS))


class Cycle(NamedTuple):
    """A timer that fires again and again; either `interval` or `cron` is set.

    Attributes:
        repetitions: How often it fires; `INFINITE`, and 0 fires once.
        start_at: First date of an interval, None for one interval from now.
    """

    repetitions: int
    interval: Interval | None = None
    start_at: int | None = None
    cron: cron.Cron | None = None

    def first_due(self, now: int) -> int | None:
        """When it fires first; None if it never does."""
        if self.cron is not None:
            return self.cron.next_after(now)
        assert self.interval is not None
        if self.start_at is None:
            return self.interval.after(now)
        return self._first_from_start(self.start_at, self.interval, now)

    def next_due(self, last_due: int, now: int) -> int | None:
        """When it fires after the date `last_due`, which has come at `now`."""
        if self.cron is not None:
            return self.cron.next_after(now)
        assert self.interval is not None
        due = self.interval.after(last_due)
        return due if due > now else self.interval.after(now)

    @staticmethod
    def _first_from_start(start: int, interval: Interval, now: int) -> int:
        """The first of the dates start, start + interval, … that is not over."""
        if start > now:
            return start
        return interval.after(now)


def read_interval(text: str) -> Interval:
    """An interval of ISO 8601: a period, a duration, or both.

    Raises:
        InvalidTimerError: `Text cannot be parsed to a Period` or `… to a Duration`.
    """
    time = text.find("T")
    sign = text[0] if text[:1] in {"+", "-"} else ""
    if time < 0:
        return _period(text)
    if time == len(sign) + 1:
        return _duration(text)
    period = _period(text[:time])
    duration = _duration(f"{sign}P{text[time:]}")
    return Interval(period.months, period.nanos + duration.nanos)


def _period(text: str) -> Interval:
    match = _PERIOD.fullmatch(text) if len(text) <= TEXT_LENGTH_MAX else None
    if match is None or not any(match.groups()[1:]):
        raise InvalidTimerError("Text cannot be parsed to a Period")
    sign = -1 if match[1] == "-" else 1
    years, months, weeks, days = (sign * int(number or 0) for number in match.groups()[1:])
    if any(abs(number) > _INT_MAX for number in (years, months, weeks * 7, weeks * 7 + days)):
        raise InvalidTimerError("Text cannot be parsed to a Period")
    return Interval(years * 12 + months, (weeks * 7 + days) * 86_400 * NANOS_PER_SECOND)


def _duration(text: str) -> Interval:
    match = _DURATION.fullmatch(text) if len(text) <= TEXT_LENGTH_MAX else None
    if match is None or all(part is None for part in match.groups()[2:]):
        raise InvalidTimerError("Text cannot be parsed to a Duration")
    sign = -1 if match[1] == "-" else 1
    days, hours, minutes, seconds = (int(number or 0) for number in match.groups()[1:5])
    fraction = int((match[6] or "").ljust(9, "0"))
    if (match[5] or "").startswith("-"):
        fraction = -fraction
    total = days * 86_400 + hours * 3600 + minutes * 60 + seconds
    if any(abs(number) > _LONG_MAX for number in (days * 86_400, hours * 3600, minutes * 60, seconds, total)):
        raise InvalidTimerError("Text cannot be parsed to a Duration")
    return Interval(0, sign * (total * NANOS_PER_SECOND + fraction))


def date_time(text: str) -> int:
    """A date with time and zone of ISO 8601.

    Raises:
        InvalidTimerError: It is none.
    """
    try:
        return parse_instant(text)
    except InvalidInstantError as error:
        raise InvalidTimerError(str(error)) from None


def read_cycle(text: str) -> Cycle:
    """A repeating interval of ISO 8601 (it begins with R), else a cron expression.

    Raises:
        InvalidTimerError: In the words that the original has for it.
    """
    if len(text) > TEXT_LENGTH_MAX:
        raise InvalidTimerError(f"Expected a cycle of at most {TEXT_LENGTH_MAX} characters, but it has {len(text)}")
    if not text.startswith("R"):
        try:
            return Cycle(INFINITE, cron=cron.parse(text))
        except cron.InvalidCronError as error:
            raise InvalidTimerError(str(error)) from None
    head, slash, rest = text[1:].partition("/")
    if not slash:
        raise InvalidTimerError("No interval given")
    repetitions = INFINITE
    if head:
        if not _REPETITIONS.fullmatch(head) or abs(int(head)) > _INT_MAX:
            raise InvalidTimerError("Cannot parse repetitions count")
        repetitions = int(head)
    start, slash, interval = rest.rpartition("/")
    start_at = date_time(start) if slash and start else None
    return Cycle(repetitions, read_interval(interval), start_at)


def interval_of(value: object, source: str) -> Interval:
    """The interval of a timer whose expression `source` has given `value`.

    Raises:
        InvalidTimerError: It is no interval.
    """
    if isinstance(value, DaysTimeDuration):
        return Interval(0, value.nanos)
    if isinstance(value, YearsMonthsDuration):
        return Interval(value.months, 0)
    if isinstance(value, str):
        try:
            return read_interval(value)
        except InvalidTimerError:
            raise InvalidTimerError(f"Invalid duration format '{value}' for expression '{source}'.") from None
    raise _wrong_type(value, source, "to be one of '[DURATION, PERIOD, STRING]'")


def date_of(value: object, source: str) -> int:
    """The date of a timer whose expression `source` has given `value`; a local one counts as UTC.

    Raises:
        InvalidTimerError: It is no date with time.
    """
    if isinstance(value, DateTime):
        return value.epoch_ms
    if isinstance(value, str):
        try:
            return date_time(value)
        except InvalidTimerError:
            raise InvalidTimerError(f"Invalid date-time format '{value}' for expression '{source}'.") from None
    raise _wrong_type(value, source, "to be one of '[DATE_TIME, STRING]'")


def cycle_of(value: object, source: str) -> Cycle:
    """The cycle of a timer whose expression `source` has given `value`.

    Raises:
        InvalidTimerError: It is no cycle.
    """
    if isinstance(value, str):
        return read_cycle(value)
    raise _wrong_type(value, source, "to be 'STRING'")


def _wrong_type(value: object, source: str, expected: str) -> InvalidTimerError:
    text = f"Expected result of the expression '{source}' {expected}, but was '{type_name(value)}'."
    return InvalidTimerError(text, is_wrong_type=True)


READERS: dict[str, Callable[[object, str], Interval | Cycle | int]] = {
    "duration": interval_of,
    "date": date_of,
    "cycle": cycle_of,
}
"""Kind of timer -> what turns the value of its expression into something to calculate with."""
