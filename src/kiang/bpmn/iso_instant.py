"""Dates with time and zone as ISO 8601 writes them; a wrong one says where: `Text '…' could not be parsed at index 19`."""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

from kiang.feel.temporal import NANOS_PER_SECOND, Date, DateTime, TemporalError, days_in_month, parse_zone

TEXT_LENGTH_MAX = 128

MONTH_NAMES = (
    "JANUARY",
    "FEBRUARY",
    "MARCH",
    "APRIL",
    "MAY",
    "JUNE",
    "JULY",
    "AUGUST",
    "SEPTEMBER",
    "OCTOBER",
    "NOVEMBER",
    "DECEMBER",
)

_OFFSET_HOURS_MAX = 18

_OFFSET_AS_ZONE = re.compile(r"Z|[+-](?:0\d|1[0-7]):[0-5]\d(?::[0-5]\d)?|[+-]18:00(?::00)?", re.ASCII)

YEAR_DIGITS = 4
"""Digits of a year without sign."""


class InvalidInstantError(ValueError):
    """A text is no date with time and zone."""


class _Limits(NamedTuple):
    name: str
    low: int
    high: int
    text: str


_MONTH = _Limits("MonthOfYear", 1, 12, "1 - 12")
_DAY = _Limits("DayOfMonth", 1, 31, "1 - 28/31")
_HOUR = _Limits("HourOfDay", 0, 23, "0 - 23")
_MINUTE = _Limits("MinuteOfHour", 0, 59, "0 - 59")
_SECOND = _Limits("SecondOfMinute", 0, 59, "0 - 59")


def parse_instant(text: str) -> int:
    """The instant in epoch ms.

    Raises:
        InvalidInstantError: The text is none; its message says where it goes wrong.
    """
    return _Parser(text).parse()


class _Parser:
    """Reads a text from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._out_of_range = ""

    def parse(self) -> int:
        if len(self._text) > TEXT_LENGTH_MAX:
            raise InvalidInstantError(
                f"Expected a date of at most {TEXT_LENGTH_MAX} characters, but it has {len(self._text)}"
            )
        year = self._year()
        self._literal("-")
        month = self._two_digits(_MONTH)
        self._literal("-")
        day = self._two_digits(_DAY)
        self._literal("Tt")
        hour = self._two_digits(_HOUR)
        self._literal(":")
        minute = self._two_digits(_MINUTE)
        second, nanos = self._seconds()
        offset = self._offset()
        self._region()
        if self._at < len(self._text):
            self._fail(f", unparsed text found at index {self._at}")
        if self._out_of_range:
            self._fail(self._out_of_range)
        if day > days_in_month(year, month):
            self._fail(self._no_such_day(year, month, day))
        clock = (hour * 3600 + minute * 60 + second) * NANOS_PER_SECOND + nanos
        try:
            return DateTime(Date(year, month, day), clock, offset).epoch_ms
        except TemporalError:
            self._fail_here()

    def _year(self) -> int:
        match = re.compile(r"([+-]?)(\d{4,10})", re.ASCII).match(self._text)
        if match is None or (match[1] != "-" and (len(match[2]) > YEAR_DIGITS) != (match[1] == "+")):
            self._fail_here()
        self._at = match.end()
        return int(match[0])

    def _literal(self, choices: str) -> None:
        if self._text[self._at : self._at + 1] not in tuple(choices):
            self._fail_here()
        self._at += 1

    def _two_digits(self, limits: _Limits) -> int:
        digits = self._text[self._at : self._at + 2]
        if not re.fullmatch(r"\d\d", digits, re.ASCII):
            self._fail_here()
        number = int(digits)
        if not limits.low <= number <= limits.high and not self._out_of_range:
            self._out_of_range = f": Invalid value for {limits.name} (valid values {limits.text}): {number}"
        self._at += 2
        return number

    def _seconds(self) -> tuple[int, int]:
        """Seconds are optional, and so is their fraction."""
        if not re.compile(r":\d\d", re.ASCII).match(self._text, self._at):
            return 0, 0
        self._at += 1
        second = self._two_digits(_SECOND)
        fraction = re.compile(r"\.(\d{0,9})", re.ASCII).match(self._text, self._at)
        if fraction is None:
            return second, 0
        self._at = fraction.end()
        return second, int(fraction[1].ljust(9, "0"))

    def _offset(self) -> int:
        """Seconds from UTC."""
        if self._text[self._at : self._at + 1] in {"Z", "z"}:
            self._at += 1
            return 0
        match = re.compile(r"([+-])(\d\d)(?::(\d\d)(?::(\d\d))?)?", re.ASCII).match(self._text, self._at)
        if match is None:
            self._fail_here()
        hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
        if minutes > 59 or seconds > 59:
            self._fail_here()
        self._at = match.end()
        total = hours * 3600 + minutes * 60 + seconds
        if total > _OFFSET_HOURS_MAX * 3600 and not self._out_of_range:
            self._out_of_range = ": Zone offset not in valid range: -18:00 to +18:00"
        return -total if match[1] == "-" else total

    def _region(self) -> None:
        """A zone in brackets, which must exist; the offset in front of it decides."""
        match = re.compile(r"\[([^\]]+)\]").match(self._text, self._at)
        if match is None:
            return
        if not _OFFSET_AS_ZONE.fullmatch(match[1]):
            try:
                parse_zone(f"@{match[1]}")
            except TemporalError:
                return
        self._at = match.end()

    @staticmethod
    def _no_such_day(year: int, month: int, day: int) -> str:
        if day == 29:
            return f": Invalid date 'February 29' as '{year}' is not a leap year"
        return f": Invalid date '{MONTH_NAMES[month - 1]} {day}'"

    def _fail_here(self) -> NoReturn:
        self._fail(f" at index {self._at}")

    def _fail(self, what: str) -> NoReturn:
        raise InvalidInstantError(f"Text '{self._text}' could not be parsed{what}")
