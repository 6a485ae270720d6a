"""Durations, dates and cycles."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kiang import feel
from kiang.bpmn import timer

NOW = int(datetime(2026, 11, 25, 4, 13, 54, tzinfo=UTC).timestamp() * 1000)
HOUR = 3_600_000
DAY = 24 * HOUR


def at(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("PT1S", NOW + 1000),
        ("PT1.5S", NOW + 1500),
        ("PT1,5S", NOW + 1500),
        ("PT1.0005S", NOW + 1000),
        ("P1DT2H", NOW + 26 * HOUR),
        ("-P1DT2H", NOW - 26 * HOUR),
        ("PT-1S", NOW - 1000),
        ("P2W", NOW + 14 * DAY),
        ("P1M", at(2026, 12, 25, 4, 13, 54)),
        ("P1M-1D", at(2026, 12, 24, 4, 13, 54)),
        ("P1Y2M3W4DT5H6M7S", at(2028, 2, 19, 9, 20, 1)),
        ("P1MT-2H", at(2026, 12, 25, 2, 13, 54)),
        ("p1m", at(2026, 12, 25, 4, 13, 54)),
    ],
)
def test_an_interval_moves_the_calendar_first_and_the_clock_then(text, due):
    assert timer.read_interval(text).after(NOW) == due


@pytest.mark.parametrize("text", ["", "P", "PT", "foo", "pt1s", "P1DT", "P1S", "PT1.5H", "P1D1M", "PT1S1S", "T1S", "1"])
def test_what_is_no_interval_is_refused(text):
    with pytest.raises(timer.InvalidTimerError, match="Text cannot be parsed to a (Period|Duration)"):
        timer.read_interval(text)


@pytest.mark.parametrize("text", ["P99999999999Y", "PT99999999999999999999S"])
def test_numbers_beyond_the_range_of_the_original_are_refused(text):
    with pytest.raises(timer.InvalidTimerError):
        timer.read_interval(text)


def test_an_interval_beyond_the_calendar_never_ends():
    assert timer.read_interval("P2000000000Y").after(NOW) == timer.DUE_MAX_MS


@pytest.mark.parametrize(
    ("text", "repetitions", "start"),
    [
        ("R/PT1H", timer.INFINITE, None),
        ("R3/PT1H", 3, None),
        ("R0/PT1H", 0, None),
        ("R-1/PT1H", -1, None),
        ("R//PT1H", timer.INFINITE, None),
        ("R2/2030-01-01T00:00:00Z/PT1H", 2, at(2030, 1, 1)),
    ],
)
def test_a_repeating_interval_has_a_count_and_perhaps_a_start(text, repetitions, start):
    cycle = timer.read_cycle(text)

    assert (cycle.repetitions, cycle.start_at, cycle.interval) == (repetitions, start, timer.read_interval("PT1H"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("R", "No interval given"),
        ("Rx", "No interval given"),
        ("Rx/PT1H", "Cannot parse repetitions count"),
        ("R99999999999/PT1H", "Cannot parse repetitions count"),
        ("R/", "Text cannot be parsed to a Period"),
        ("R/PT", "Text cannot be parsed to a Duration"),
        ("R/2030-01-01T00:00:00/PT1H", "Text '2030-01-01T00:00:00' could not be parsed at index 19"),
        ("r/PT1H", "Cron expression contains 1 parts but we expect one of [6]"),
    ],
)
def test_faults_of_a_cycle_are_named_as_clients_know_them(text, message):
    with pytest.raises(timer.InvalidTimerError) as caught:
        timer.read_cycle(text)

    assert str(caught.value) == message


def test_an_interval_fires_one_interval_from_now_or_at_its_start():
    assert timer.read_cycle("R/PT1H").first_due(NOW) == NOW + HOUR
    assert timer.read_cycle("R/2030-01-01T00:00:00Z/PT1H").first_due(NOW) == at(2030, 1, 1)
    assert timer.read_cycle("R/2020-01-01T00:00:00Z/PT1H").first_due(NOW) == NOW + HOUR


def test_an_interval_goes_on_from_its_last_date_unless_that_is_over_too():
    cycle = timer.read_cycle("R/PT1H")

    assert cycle.next_due(NOW - 5, NOW) == NOW - 5 + HOUR
    assert cycle.next_due(NOW - 3 * HOUR, NOW) == NOW + HOUR


def test_a_cron_cycle_goes_on_from_now():
    cycle = timer.read_cycle("0 0 9 * * *")

    assert cycle.repetitions == timer.INFINITE
    assert cycle.first_due(NOW) == at(2026, 11, 25, 9)
    assert cycle.next_due(at(2026, 11, 20, 9), NOW) == at(2026, 11, 25, 9)


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        ('duration("PT1S")', NOW + 1000),
        ('duration("P1M")', at(2026, 12, 25, 4, 13, 54)),
        ('"PT1S"', NOW + 1000),
    ],
)
def test_values_of_expressions_are_intervals_too(expression, due):
    assert timer.interval_of(feel.evaluate(expression), expression).after(NOW) == due


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        ('date and time("2030-01-01T00:00:00+01:00")', at(2029, 12, 31, 23)),
        ('date and time("2030-01-01T00:00:00")', at(2030, 1, 1)),
        ('"2030-01-01T00:00:00Z"', at(2030, 1, 1)),
    ],
)
def test_values_of_expressions_are_dates_too(expression, due):
    assert timer.date_of(feel.evaluate(expression), expression) == due


@pytest.mark.parametrize(
    ("read", "value", "message"),
    [
        (timer.interval_of, "soon", "Invalid duration format 'soon' for expression 'x'."),
        (timer.date_of, "soon", "Invalid date-time format 'soon' for expression 'x'."),
        (
            timer.interval_of,
            1,
            "Expected result of the expression 'x' to be one of '[DURATION, PERIOD, STRING]', but was 'NUMBER'.",
        ),
        (
            timer.date_of,
            None,
            "Expected result of the expression 'x' to be one of '[DATE_TIME, STRING]', but was 'NULL'.",
        ),
        (timer.cycle_of, True, "Expected result of the expression 'x' to be 'STRING', but was 'BOOLEAN'."),
    ],
)
def test_values_of_the_wrong_kind_are_named(read, value, message):
    with pytest.raises(timer.InvalidTimerError) as caught:
        read(value, "x")

    assert str(caught.value) == message
    assert caught.value.is_wrong_type == ("Expected result" in message)
