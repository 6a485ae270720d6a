"""Cron expressions: dates as a real Zeebe has calculated them on 2026-11-25 at 04:13:54 UTC."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kiang.bpmn import cron

NOW = int(datetime(2026, 11, 25, 4, 13, 54, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("0 0 9 * * *", "2026-11-25 09:00:00"),
        ("0 0 9 ? * MON-FRI", "2026-11-25 09:00:00"),
        ("@hourly", "2026-11-25 05:00:00"),
        ("@daily", "2026-11-26 00:00:00"),
        ("@weekly", "2026-11-29 00:00:00"),
        ("@monthly", "2026-12-01 00:00:00"),
        ("@yearly", "2027-01-01 00:00:00"),
        ("0 0 0 L * *", "2026-11-30 00:00:00"),
        ("0 0 0 L-3 * *", "2026-11-27 00:00:00"),
        ("0 0 0 L-30 * *", "2026-12-01 00:00:00"),
        ("0 0 0 1W * *", "2026-12-01 00:00:00"),
        ("0 0 0 1W 1 *", "2027-01-01 00:00:00"),
        ("0 0 0 LW * *", "2026-11-30 00:00:00"),
        ("0 0 0 * * 5L", "2026-11-27 00:00:00"),
        ("0 0 0 * * MONL", "2026-11-30 00:00:00"),
        ("0 0 0 ? * MON#2", "2026-12-14 00:00:00"),
        ("0 0 0 ? * 0#1", "2026-12-06 00:00:00"),
        ("0 0 0 29 2 *", "2028-02-29 00:00:00"),
        ("0 0 0 13 * FRI", "2027-08-13 00:00:00"),
        ("0 0 0 1 * MON#1", "2027-02-01 00:00:00"),
        ("0 0 0 L * FRI", "2027-04-30 00:00:00"),
        ("0 0 0 * * FRI-MON", "2026-11-27 00:00:00"),
        ("0 0 0 * * 7", "2026-11-29 00:00:00"),
        ("0 0 0 1 1/3 *", "2027-01-01 00:00:00"),
        ("0 0 0 */7 * *", "2026-11-29 00:00:00"),
        ("0 0/30 8-10 * * *", "2026-11-25 08:00:00"),
        ("30 10-40/7 * * * *", "2026-11-25 04:17:30"),
        ("*/40 * * * * *", "2026-11-25 04:14:00"),
        ("0 0 */5 * * *", "2026-11-25 05:00:00"),
        ("59 59 23 31 12 *", "2026-12-31 23:59:59"),
        ("0 0 0 31 4,6,12 *", "2026-12-31 00:00:00"),
        ("0 0 0 28-3 * *", "2026-11-28 00:00:00"),
    ],
)
def test_the_next_date_comes_after_now(text, due):
    expected = datetime.fromisoformat(due).replace(tzinfo=UTC)

    assert cron.parse(text).next_after(NOW) == int(expected.timestamp() * 1000)


def test_every_second_means_the_next_full_second():
    assert cron.parse("* * * * * *").next_after(NOW + 756) == NOW + 1000


@pytest.mark.parametrize("text", ["0 0 0 31 2 *", "0 0 0 ? * 5#6", "0 0 0 ? * 5#0"])
def test_an_expression_without_a_date_never_fires(text):
    assert cron.parse(text).next_after(NOW) is None


def test_dates_go_on_without_end():
    expression = cron.parse("0 0 12 1,15 * ?")
    dates, now = [], NOW
    for _ in range(4):
        now = expression.next_after(now)
        dates.append(datetime.fromtimestamp(now / 1000, UTC).strftime("%m-%d"))

    assert dates == ["12-01", "12-15", "01-01", "01-15"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Empty expression!"),
        ("@foo", "Cron expression contains 1 parts but we expect one of [6]"),
        ("@reboot", "Nickname @reboot not supported!"),
        ("60 * * * * *", "Failed to parse cron expression. Value 60 not in range [0, 59]"),
        ("*/0 * * * * *", "Failed to parse cron expression. Period 0 not in range [0, 59]"),
        ("5-2 * * * * *", "Failed to parse cron expression. Invalid range! [5,2]"),
        ("1, * * * * *", "Invalid field value! Trailing commas not permitted! '1,'"),
        ("? * * * * *", "Failed to parse cron expression. Invalid expression: ?"),
        (
            "0 0 0 * FOO *",
            "Failed to parse cron expression. Invalid chars in expression! Expression: FOO Invalid chars: FOO",
        ),
        ("0 0 0 W * *", "Failed to parse cron expression. Invalid chars in expression! Expression: W Invalid chars: "),
    ],
)
def test_faults_are_named_as_clients_know_them(text, message):
    with pytest.raises(cron.InvalidCronError) as caught:
        cron.parse(text)

    assert str(caught.value) == message
