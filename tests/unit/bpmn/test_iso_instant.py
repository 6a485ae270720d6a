"""Dates with time and zone."""

from __future__ import annotations

from datetime import datetime

import pytest

from kiang.bpmn.iso_instant import InvalidInstantError, parse_instant


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2030-01-01T00:00:00Z", "2030-01-01T00:00:00+00:00"),
        ("2030-01-01T00:00z", "2030-01-01T00:00:00+00:00"),
        ("2030-01-01T00:00:00+01", "2030-01-01T00:00:00+01:00"),
        ("2030-01-01T00:00:00.1239Z", "2030-01-01T00:00:00.123+00:00"),
        ("2030-07-01T00:00:00+01:00[Europe/Berlin]", "2030-07-01T00:00:00+01:00"),
        ("2030-01-01T00:00:00-18:00", "2030-01-01T00:00:00-18:00"),
    ],
)
def test_the_offset_decides(text, same):
    assert parse_instant(text) == round(datetime.fromisoformat(same).timestamp() * 1000)


def test_years_of_five_digits_have_a_sign():
    assert parse_instant("+12030-01-01T00:00:00Z") == 317_462_976_000_000


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("2030-01-01", "at index 10"),
        ("2030-01-01T00:00:00", "at index 19"),
        ("2030-1-1T00:00:00Z", "at index 5"),
        ("12030-01-01T00:00:00Z", "at index 0"),
        ("2030-01-01T00:00:00Z[Foo/Bar]", ", unparsed text found at index 20"),
        ("2030-01-01T00:00:00+0100", ", unparsed text found at index 22"),
        ("2030-13-01T00:00:00Z", ": Invalid value for MonthOfYear (valid values 1 - 12): 13"),
        ("2030-01-32T00:00:00Z", ": Invalid value for DayOfMonth (valid values 1 - 28/31): 32"),
        ("2030-02-30T00:00:00Z", ": Invalid date 'FEBRUARY 30'"),
        ("2029-02-29T00:00:00Z", ": Invalid date 'February 29' as '2029' is not a leap year"),
        ("2030-01-01T00:00:00+19:00", ": Zone offset not in valid range: -18:00 to +18:00"),
    ],
)
def test_faults_say_where_they_are(text, where):
    with pytest.raises(InvalidInstantError) as caught:
        parse_instant(text)

    separator = "" if where[0] in ":," else " "
    assert str(caught.value) == f"Text '{text}' could not be parsed{separator}{where}"
