"""Dates, times and durations."""

import pytest
from tests.unit.feel.outcomes import check

CASES = [
    ('date("2024-02-30")', "null"),
    ("date(2024, 2, 29)", '"2024-02-29"'),
    ('date("-2024-01-01")', '"-2024-01-01"'),
    ('date("99999-01-01")', '"+99999-01-01"'),
    ('time("24:00:00")', "null", '"00:00"'),
    ('time("10:15")', "null", '"10:15"'),
    ('time("T24:00")', "null", '"00:00"'),
    ('time("24:00:00Z")', "null", '"00:00:00Z"'),
    ('time("10:15Z")', "null"),
    ('@"10:15"', "null", '"10:15"'),
    ('time("10:15:00@Europe/Berlin")', '"10:15:00@Europe/Berlin"'),
    ("time(10, 15, 30.5)", '"10:15:30.500"'),
    ('time(10, 15, 30, @"PT1H")', '"10:15:30+01:00"'),
    ('date and time("2024-02-29")', '"2024-02-29T00:00"'),
    ('date and time("2024-02-29T10:15:30.123Z")', '"2024-02-29T10:15:30.123Z"'),
    ('date and time(@"2024-02-29T23:00:00", time("10:00:00Z"))', '"2024-02-29T10:00Z"'),
    ('duration("P1Y2M")', '"P1Y2M"'),
    ('duration("-PT90M")', '"PT-1H-30M"'),
    ('duration("P1W")', "null"),
    ('duration("P1Y1D")', "null"),
    ('years and months duration(date("2022-11-30"), date("2024-02-29"))', '"P1Y2M"'),
    ('day of week(@"2024-02-29")', '"Thursday"'),
    ('day of year(@"2024-12-31")', "366"),
    ('week of year(@"2021-01-03")', "53"),
    ('month of year(@"2024-02-29")', '"February"'),
    ('last day of month(@"2024-02-10")', '"2024-02-29"'),
    ('@"2024-01-31" + @"P1M"', '"2024-02-29"'),
    ('@"2024-03-31T01:30:00@Europe/Berlin" + @"PT1H"', '"2024-03-31T03:30+02:00[Europe/Berlin]"'),
    ('@"10:00:00" + @"PT20H"', '"06:00"'),
    ('@"2024-03-01" - @"2024-02-01"', '"PT696H"'),
    ('@"10:00:00Z" < @"11:00:01+01:00"', "true"),
    ('@"P1D" / @"PT1H"', "24"),
    ('@"P1Y" / 5', '"P2M"'),
    ('(@"PT36H30M").hours', "12"),
    ('@"-P14M".months', "-2"),
    ('@"2024-02-29T10:15:30+02:00".time offset', '"PT2H"'),
    ('@"2024-02-29T10:15:30@Europe/Berlin".timezone', '"Europe/Berlin"'),
    ('@"2024-02-29".weekday', "4"),
    ("today()", '"1970-01-01"'),
    ("now()", '"1970-01-01T00:00Z"'),
    ("now() = now()", "true"),
    ('cycle(3, @"PT10S")', '"R3/PT10S"'),
    ('cycle(@"PT1H")', '"R/PT1H"'),
]
"""Expression, its JSON by the standard, and where it differs, its JSON in Camunda's dialect; or `refused`, or `failed`."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_expression_gives(case):
    check(*case)
