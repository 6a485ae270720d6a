"""Lines of the log: one event, one line, and nothing of what an error was about."""

from __future__ import annotations

import logging
import sys

from kiang.cli.logs import LineFormatter


def line_of(message: str, *, with_error: bool = False) -> str:
    record = logging.LogRecord(
        "kiang.test", logging.ERROR, __file__, 1, message, None, sys.exc_info() if with_error else None
    )
    return LineFormatter().format(record)


def test_an_event_is_a_line() -> None:
    assert line_of("first\nsecond").endswith(" ERROR kiang.test first\\nsecond")


def test_an_error_is_where_it_was_raised_and_its_type() -> None:
    try:
        try:
            {}["4111-1111"]
        except KeyError as error:
            raise ValueError("card 4111-1111 is refused") from error
    except ValueError:
        line = line_of("job failed", with_error=True)

    assert "4111" not in line.replace('{}["4111-1111"]', "").replace('"card 4111-1111 is refused"', "")
    assert "test_logs.py" in line
    assert line.index("ValueError") < line.index("raised from") < line.rindex("KeyError")
    assert "\n" not in line
