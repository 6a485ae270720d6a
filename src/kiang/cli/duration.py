"""Durations as people type them: `90s`, `15m`, `12h`, `30d`, `8w`."""

from __future__ import annotations

import re
from datetime import timedelta

from kiang.cli.failure import CommandError, ExitStatus

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(rf"(\d{{1,9}})({'|'.join(_UNITS)})")
FOREVER = "forever"


def parse_duration(option: str, text: str) -> timedelta | None:
    """What an option says; None for `forever`.

    Raises:
        CommandError: It is no duration.
    """
    if text == FOREVER:
        return None
    match = _DURATION.fullmatch(text)
    try:
        if match is not None:
            return timedelta(**{_UNITS[match[2]]: int(match[1])})
    except OverflowError:
        pass
    raise CommandError(
        f"Expected {option} to be a duration, but was {text!r}.",
        hint=f"A number and a unit, as in 90s, 15m, 12h, 30d or 8w; or {FOREVER}.",
        status=ExitStatus.USAGE,
    )


def milliseconds(duration: timedelta | None) -> int | None:
    """The same in ms; None for ever."""
    return None if duration is None else duration // timedelta(milliseconds=1)
