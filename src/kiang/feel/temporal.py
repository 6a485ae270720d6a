"""Dates, times and durations of FEEL, with years from -999,999,999 to 999,999,999 and nanoseconds.

The standard library stops at the year 9999 and at microseconds, so these are own types: immutable, hashable,
comparable by value, calculating with integers only. Days are counted from 1970-01-01 in the proleptic Gregorian
calendar (DMN 1.5, 10.3.2.3.4 to 10.3.2.3.8).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

NANOS_PER_SECOND: Final = 1_000_000_000
NANOS_PER_MINUTE: Final = 60 * NANOS_PER_SECOND
NANOS_PER_HOUR: Final = 60 * NANOS_PER_MINUTE
NANOS_PER_DAY: Final = 24 * NANOS_PER_HOUR
NANOS_PER_MS: Final = 1_000_000
YEAR_MAX: Final = 999_999_999
OFFSET_SECONDS_MAX: Final = 18 * 3600
DURATION_SECONDS_MAX: Final = 2**63 - 1
MONTHS_MAX: Final = 2**63 - 1
TEXT_LENGTH_MAX: Final = 128

Zone = int | str | None
"""Nothing for local time, an offset from UTC in seconds, or the name of a zone of the IANA database."""

_DAYS_IN_MONTH: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAYS_PER_ERA: Final = 146_097
_EPOCH_SHIFT: Final = 719_468
_DAYS_FROM_COMMON_ERA: Final = 719_163

_DATE: Final = re.compile(r"(-?)(\d{4,9})-(\d\d)-(\d\d)", re.ASCII)
_TIME: Final = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(.*)", re.ASCII | re.DOTALL)
_MINUTES: Final = re.compile(r"\d\d:\d\d", re.ASCII)
_END_OF_DAY: Final = re.compile(r"24:00(?::00(?:\.0+)?)?(.*)", re.ASCII | re.DOTALL)
_OFFSET: Final = re.compile(r"([+-])(\d\d):(\d\d)(?::(\d\d))?", re.ASCII)
_ZONE_ID: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+\-]*(?:/[A-Za-z0-9_+\-]+)*", re.ASCII)
_DAYS_TIME: Final = re.compile(
    r"(-?)P(?:(-?\d+)D)?(?:(T)(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?\d+)(?:\.(\d{0,9}))?S)?)?", re.ASCII
)
_YEARS_MONTHS: Final = re.compile(r"(-?)P(?:(-?\d+)Y)?(?:(-?\d+)M)?", re.ASCII)


class TemporalError(ValueError):
    """A text or a set of numbers is no date, time or duration."""


def is_leap_year(year: int) -> bool:
    """Say whether the year has a 29th of February."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year: int, month: int) -> int:
    """Count the days of a month, 28 to 31."""
    return 29 if month == 2 and is_leap_year(year) else _DAYS_IN_MONTH[month - 1]


def _days_of(year: int, month: int, day: int) -> int:
    """Count days since 1970-01-01; the year is taken to begin in March, so that a leap day is its last."""
    if month <= 2:
        year -= 1
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * _DAYS_PER_ERA + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - _EPOCH_SHIFT


def _civil_of(days: int) -> tuple[int, int, int]:
    """Give year, month and day of a number of days since 1970-01-01."""
    era, day_of_era = divmod(days + _EPOCH_SHIFT, _DAYS_PER_ERA)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * shifted + 2) // 5 + 1


class Date:
    """A day of the calendar."""

    __slots__ = ("day", "days", "month", "year")

    def __init__(self, year: int, month: int, day: int) -> None:
        """Take a day that exists.

        Raises:
            TemporalError: There is no such day, or the year is out of range.
        """
        if not (-YEAR_MAX <= year <= YEAR_MAX and 1 <= month <= 12 and 1 <= day <= days_in_month(year, month)):
            raise TemporalError(f"Expected a day of the calendar, but was {year}-{month}-{day}.")
        self.year = year
        self.month = month
        self.day = day
        self.days = _days_of(year, month, day)

    @classmethod
    def of_days(cls, days: int) -> Date:
        """Take the number of days since 1970-01-01, negative before it."""
        return cls(*_civil_of(days))

    @property
    def weekday(self) -> int:
        """Day of the week, 1 for Monday to 7 for Sunday."""
        return (self.days + 3) % 7 + 1

    @property
    def day_of_year(self) -> int:
        """Day of the year, from 1."""
        return self.days - _days_of(self.year, 1, 1) + 1

    @property
    def week_of_year(self) -> int:
        """Week by ISO 8601: the first one of a year is that with its first Thursday."""
        thursday = Date.of_days(self.days - self.weekday + 4)
        return (thursday.day_of_year - 1) // 7 + 1

    def plus_months(self, months: int) -> Date:
        """Move by months; a day that the month does not have becomes its last one."""
        year, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        return Date(year, month + 1, min(self.day, days_in_month(year, month + 1)))

    def __eq__(self, other: object) -> bool:
        return type(other) is Date and self.days == other.days

    def __hash__(self) -> int:
        return hash(("date", self.days))

    def __lt__(self, other: Date) -> bool:
        return self.days < other.days

    def __le__(self, other: Date) -> bool:
        return self.days <= other.days

    def __str__(self) -> str:
        return f"{'-' if self.year < 0 else ''}{abs(self.year):04d}-{self.month:02d}-{self.day:02d}"

    def __repr__(self) -> str:
        return f'date("{self}")'


class Time:
    """A time of day: local, at an offset from UTC, or in a zone."""

    __slots__ = ("nanos", "zone")

    def __init__(self, nanos: int, zone: Zone = None) -> None:
        """Take nanoseconds since midnight."""
        self.nanos = nanos
        self.zone = zone

    @classmethod
    def of(cls, hour: int, minute: int, second: int, nano: int = 0, zone: Zone = None) -> Time:
        """Take the parts of a time.

        Raises:
            TemporalError: A part is out of range.
        """
        if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60 and 0 <= nano < NANOS_PER_SECOND):
            raise TemporalError(f"Expected a time of the day, but was {hour}:{minute}:{second}.")
        return cls(hour * NANOS_PER_HOUR + minute * NANOS_PER_MINUTE + second * NANOS_PER_SECOND + nano, zone)

    @property
    def hour(self) -> int:
        """Hour, 0 to 23."""
        return self.nanos // NANOS_PER_HOUR

    @property
    def minute(self) -> int:
        """Minute, 0 to 59."""
        return self.nanos // NANOS_PER_MINUTE % 60

    @property
    def second(self) -> int:
        """Whole second, 0 to 59."""
        return self.nanos // NANOS_PER_SECOND % 60

    @property
    def offset(self) -> int | None:
        """Seconds from UTC, nothing for local time; that of a zone is its offset on 1970-01-01."""
        return zone_offset(self.zone, 0, self.nanos)

    @property
    def utc_nanos(self) -> int:
        """Nanoseconds since midnight in UTC, may be negative or more than a day; a local time counts as UTC."""
        return self.nanos - (self.offset or 0) * NANOS_PER_SECOND

    def plus(self, nanos: int) -> Time:
        """Move by nanoseconds, round the clock."""
        return Time((self.nanos + nanos) % NANOS_PER_DAY, self.zone)

    def __eq__(self, other: object) -> bool:
        if type(other) is not Time or (self.zone is None) != (other.zone is None):
            return False
        return self.utc_nanos == other.utc_nanos

    def __hash__(self) -> int:
        return hash(("time", self.utc_nanos, self.zone is None))

    def __lt__(self, other: Time) -> bool:
        return self.utc_nanos < other.utc_nanos

    def __le__(self, other: Time) -> bool:
        return self.utc_nanos <= other.utc_nanos

    def __str__(self) -> str:
        return clock_text(self.nanos) + zone_text(self.zone)

    def __repr__(self) -> str:
        return f'time("{self}")'


class DateTime:
    """A date with a time of day: local, at an offset from UTC, or in a zone."""

    __slots__ = ("date", "nanos", "zone")

    def __init__(self, date: Date, nanos: int, zone: Zone = None) -> None:
        """Take the day and the nanoseconds since its midnight on the clock of the zone."""
        self.date = date
        self.nanos = nanos
        self.zone = zone

    @classmethod
    def of_epoch_ms(cls, epoch_ms: int, zone: Zone = 0) -> DateTime:
        """Take milliseconds since 1970-01-01T00:00:00Z and show that instant on the clock of the zone."""
        return cls._of_utc_nanos(epoch_ms * NANOS_PER_MS, zone)

    @classmethod
    def _of_utc_nanos(cls, utc: int, zone: Zone) -> DateTime:
        local = utc + (_offset_at_instant(zone, utc // NANOS_PER_SECOND) or 0) * NANOS_PER_SECOND
        days, nanos = divmod(local, NANOS_PER_DAY)
        return cls(Date.of_days(days), nanos, zone)

    @property
    def time(self) -> Time:
        """The time of day with the zone."""
        return Time(self.nanos, self.zone)

    @property
    def offset(self) -> int | None:
        """Seconds from UTC at this moment, nothing for local time."""
        return zone_offset(self.zone, self.date.days, self.nanos)

    @property
    def utc_nanos(self) -> int:
        """Nanoseconds since 1970-01-01T00:00:00Z; a local date-time counts as UTC."""
        return self.date.days * NANOS_PER_DAY + self.nanos - (self.offset or 0) * NANOS_PER_SECOND

    @property
    def epoch_ms(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z; a local date-time counts as UTC."""
        return self.utc_nanos // NANOS_PER_MS

    def plus_months(self, months: int) -> DateTime:
        """Move the date by months, the clock stays."""
        return DateTime(self.date.plus_months(months), self.nanos, self.zone)

    def plus(self, nanos: int) -> DateTime:
        """Move by nanoseconds on the line of time; in a zone the clock follows summer and winter time."""
        if type(self.zone) is str:
            return DateTime._of_utc_nanos(self.utc_nanos + nanos, self.zone)
        days, rest = divmod(self.nanos + nanos, NANOS_PER_DAY)
        return DateTime(Date.of_days(self.date.days + days), rest, self.zone)

    def at_zone(self, zone: Zone) -> DateTime:
        """Show the same instant on the clock of another zone; a local date-time only takes the zone on."""
        if self.zone is None or zone is None:
            return DateTime(self.date, self.nanos, zone)
        return DateTime._of_utc_nanos(self.utc_nanos, zone)

    def __eq__(self, other: object) -> bool:
        if type(other) is not DateTime or (self.zone is None) != (other.zone is None):
            return False
        return self.utc_nanos == other.utc_nanos

    def __hash__(self) -> int:
        return hash(("date and time", self.utc_nanos, self.zone is None))

    def __lt__(self, other: DateTime) -> bool:
        return self.utc_nanos < other.utc_nanos

    def __le__(self, other: DateTime) -> bool:
        return self.utc_nanos <= other.utc_nanos

    def __str__(self) -> str:
        return f"{self.date}T{clock_text(self.nanos)}{zone_text(self.zone)}"

    def __repr__(self) -> str:
        return f'date and time("{self}")'


class DaysTimeDuration:
    """A length of time in nanoseconds."""

    __slots__ = ("nanos",)

    def __init__(self, nanos: int) -> None:
        """Take nanoseconds, negative for a step back.

        Raises:
            TemporalError: It is longer than the longest that a process engine can keep.
        """
        if abs(nanos) > DURATION_SECONDS_MAX * NANOS_PER_SECOND:
            raise TemporalError("Expected a duration of at most 2^63 - 1 seconds, but it is longer.")
        self.nanos = nanos

    @property
    def epoch_ms(self) -> int:
        """Whole milliseconds, rounded down."""
        return self.nanos // NANOS_PER_MS

    def __eq__(self, other: object) -> bool:
        return type(other) is DaysTimeDuration and self.nanos == other.nanos

    def __hash__(self) -> int:
        return hash(("days and time duration", self.nanos))

    def __lt__(self, other: DaysTimeDuration) -> bool:
        return self.nanos < other.nanos

    def __le__(self, other: DaysTimeDuration) -> bool:
        return self.nanos <= other.nanos

    def __str__(self) -> str:
        days, rest = divmod(abs(self.nanos), NANOS_PER_DAY)
        hours, rest = divmod(rest, NANOS_PER_HOUR)
        minutes, rest = divmod(rest, NANOS_PER_MINUTE)
        seconds, nanos = divmod(rest, NANOS_PER_SECOND)
        date = f"{days}D" if days else ""
        clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
        if seconds or nanos:
            clock += f"{seconds}{_fraction(nanos)}S"
        if not date and not clock:
            return "PT0S"
        return ("-" if self.nanos < 0 else "") + "P" + date + ("T" + clock if clock else "")

    def __repr__(self) -> str:
        return f'duration("{self}")'


class YearsMonthsDuration:
    """A length of time in months."""

    __slots__ = ("months",)

    def __init__(self, months: int) -> None:
        """Take months, negative for a step back.

        Raises:
            TemporalError: It is longer than can be kept.
        """
        if abs(months) > MONTHS_MAX:
            raise TemporalError("Expected a duration of at most 2^63 - 1 months, but it is longer.")
        self.months = months

    def __eq__(self, other: object) -> bool:
        return type(other) is YearsMonthsDuration and self.months == other.months

    def __hash__(self) -> int:
        return hash(("years and months duration", self.months))

    def __lt__(self, other: YearsMonthsDuration) -> bool:
        return self.months < other.months

    def __le__(self, other: YearsMonthsDuration) -> bool:
        return self.months <= other.months

    def __str__(self) -> str:
        if not self.months:
            return "P0M"
        years, months = divmod(abs(self.months), 12)
        text = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
        return ("-" if self.months < 0 else "") + "P" + text

    def __repr__(self) -> str:
        return f'duration("{self}")'


Temporal = Date | Time | DateTime
Duration = DaysTimeDuration | YearsMonthsDuration


def _fraction(nanos: int) -> str:
    return f".{nanos:09d}".rstrip("0") if nanos else ""


def clock_text(nanos: int) -> str:
    """Write nanoseconds since midnight as hh:mm:ss with the fraction that it needs."""
    seconds, rest = divmod(nanos, NANOS_PER_SECOND)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{_fraction(rest)}"


def offset_text(offset: int) -> str:
    """Write an offset in seconds as ISO 8601 has it, Z for none."""
    if not offset:
        return "Z"
    seconds = abs(offset)
    text = f"{'-' if offset < 0 else '+'}{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
    return f"{text}:{seconds % 60:02d}" if seconds % 60 else text


def zone_text(zone: Zone) -> str:
    """Write a zone as FEEL has it behind a time: nothing, an offset, or @ and its name."""
    if zone is None:
        return ""
    return offset_text(zone) if type(zone) is int else f"@{zone}"


@lru_cache(maxsize=256)
def _zone_info(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError) as error:
        raise TemporalError(f"Expected the name of a time zone, but was {name!r}.") from error


def zone_offset(zone: Zone, days: int, nanos: int) -> int | None:
    """Give the offset in seconds of a zone at a moment of its own clock.

    A clock time that a change of clocks skips or repeats has the offset from before the change.
    """
    if type(zone) is not str:
        return zone  # type: ignore[return-value]
    moment = dt.datetime.fromordinal(_ordinal(days)) + dt.timedelta(seconds=nanos // NANOS_PER_SECOND)
    offset = moment.replace(tzinfo=_zone_info(zone)).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def _ordinal(days: int) -> int:
    """Give the day number that the standard library knows; far years take that of a year with the same calendar."""
    ordinal = days + _DAYS_FROM_COMMON_ERA
    if 366 < ordinal < dt.date.max.toordinal() - 366:
        return ordinal
    return ordinal % _DAYS_PER_ERA + (_DAYS_PER_ERA if ordinal <= 366 else 20 * _DAYS_PER_ERA)


def _offset_at_instant(zone: Zone, epoch_seconds: int) -> int | None:
    if type(zone) is not str:
        return zone  # type: ignore[return-value]
    days, seconds = divmod(epoch_seconds, 86_400)
    moment = dt.datetime.fromordinal(_ordinal(days)) + dt.timedelta(seconds=seconds)
    offset = moment.replace(tzinfo=dt.UTC).astimezone(_zone_info(zone)).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def parse_zone(text: str) -> Zone:
    """Read what stands behind a time: nothing, Z, an offset, or @ and the name of a zone.

    Raises:
        TemporalError: It is none of these, or there is no such zone.
    """
    if not text:
        return None
    if text in {"Z", "z"}:
        return 0
    match = _OFFSET.fullmatch(text)
    if match:
        seconds = int(match[2]) * 3600 + int(match[3]) * 60 + int(match[4] or 0)
        if int(match[3]) > 59 or int(match[4] or 0) > 59 or seconds > OFFSET_SECONDS_MAX:
            raise TemporalError(f"Expected an offset of at most 18 hours, but was {text!r}.")
        return -seconds if match[1] == "-" else seconds
    if text[0] == "@" and _ZONE_ID.fullmatch(text[1:]):
        _zone_info(text[1:])
        return text[1:]
    raise TemporalError(f"Expected an offset or a zone, but was {text!r}.")


def parse_date(text: str) -> Date:
    """Read a date, for example 2024-02-29.

    Raises:
        TemporalError: It is no date.
    """
    match = _DATE.fullmatch(text) if len(text) <= TEXT_LENGTH_MAX else None
    if match is None or (len(match[2]) > 4 and match[2][0] == "0"):
        raise TemporalError(f"Expected a date such as 2024-02-29, but was {text[:TEXT_LENGTH_MAX]!r}.")
    year = int(match[2])
    return Date(-year if match[1] else year, int(match[3]), int(match[4]))


def parse_time(text: str, *, seconds_required: bool = True) -> Time:
    """Read a time of day with or without a zone, for example 10:15:00+02:00.

    Raises:
        TemporalError: It is no time.
    """
    match = _TIME.fullmatch(text) if len(text) <= TEXT_LENGTH_MAX else None
    if match is None or (seconds_required and match[3] is None):
        raise TemporalError(f"Expected a time such as 10:15:00, but was {text[:TEXT_LENGTH_MAX]!r}.")
    nano = int((match[4] or "0").ljust(9, "0"))
    return Time.of(int(match[1]), int(match[2]), int(match[3] or 0), nano, parse_zone(match[5]))


def parse_clock(text: str) -> Time:
    """Read a time of day as Camunda's engine does: a local one needs no seconds, and 24:00:00 is midnight.

    Raises:
        TemporalError: It is no time.
    """
    text = text.removeprefix("T")
    end_of_day = _END_OF_DAY.fullmatch(text) if len(text) <= TEXT_LENGTH_MAX else None
    if end_of_day is not None and (not end_of_day[1] or text[5] == ":"):
        return Time(0, parse_zone(end_of_day[1]))
    return parse_time(text, seconds_required=not _MINUTES.fullmatch(text))


def parse_date_time(text: str, *, seconds_required: bool = True) -> DateTime:
    """Read a date with a time behind a T; a date alone means its midnight, local, and 24:00:00 that of the next day.

    Raises:
        TemporalError: It is no date and time.
    """
    date, separator, time = text.partition("T")
    if not separator:
        return DateTime(parse_date(date), 0)
    end_of_day = _END_OF_DAY.fullmatch(time)
    if end_of_day is not None:
        return DateTime(Date.of_days(parse_date(date).days + 1), 0, parse_zone(end_of_day[1]))
    clock = parse_time(time, seconds_required=seconds_required)
    return DateTime(parse_date(date), clock.nanos, clock.zone)


def parse_days_time_duration(text: str) -> DaysTimeDuration:
    """Read a duration of days, hours, minutes and seconds, for example P1DT2H.

    Raises:
        TemporalError: It is no such duration.
    """
    match = _DAYS_TIME.fullmatch(text) if len(text) <= TEXT_LENGTH_MAX else None
    if match is None or text[-1] in "PT":
        raise TemporalError(f"Expected a duration such as P1DT2H, but was {text[:TEXT_LENGTH_MAX]!r}.")
    seconds = int(match[2] or 0) * 86_400 + int(match[4] or 0) * 3600 + int(match[5] or 0) * 60 + int(match[6] or 0)
    nanos = int((match[7] or "0").ljust(9, "0"))
    total = seconds * NANOS_PER_SECOND + (-nanos if (match[6] or "").startswith("-") else nanos)
    return DaysTimeDuration(-total if match[1] else total)


def parse_years_months_duration(text: str) -> YearsMonthsDuration:
    """Read a duration of years and months, for example P1Y6M.

    Raises:
        TemporalError: It is no such duration.
    """
    match = _YEARS_MONTHS.fullmatch(text) if len(text) <= TEXT_LENGTH_MAX else None
    if match is None or text[-1] == "P":
        raise TemporalError(f"Expected a duration such as P1Y6M, but was {text[:TEXT_LENGTH_MAX]!r}.")
    months = int(match[2] or 0) * 12 + int(match[3] or 0)
    return YearsMonthsDuration(-months if match[1] else months)


def parse_duration(text: str) -> Duration:
    """Read a duration of either kind.

    Raises:
        TemporalError: It is no duration.
    """
    try:
        return parse_years_months_duration(text)
    except TemporalError:
        return parse_days_time_duration(text)


def parse_at_literal(text: str, read_time: Callable[[str], Time] = parse_time) -> Temporal | Duration:
    """Read what stands behind @: a date, a date and time, a time, or a duration.

    Args:
        text: The literal without its quotes.
        read_time: How times are read: `parse_time` or `parse_clock`.

    Raises:
        TemporalError: It is none of these.
    """
    for read in (parse_date, parse_date_time, read_time, parse_duration):
        try:
            return read(text)
        except TemporalError:
            continue
    raise TemporalError(f"Expected a date, time or duration, but was {text[:TEXT_LENGTH_MAX]!r}.")


def months_between(start: Date, end: Date) -> int:
    """Count the whole months from one day to another, negative if the end lies before."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if months > 0 and end.day < start.day:
        return months - 1
    if months < 0 and end.day > start.day:
        return months + 1
    return months
