"""ISO 8601 durations of days and less, as headers give them: `PT5M`, `P1D`, `PT0.5S`."""

from __future__ import annotations

import re
from datetime import timedelta

_DURATION = re.compile(
    r"(?P<sign>[-+]?)P(?:(?P<days>[-+]?\d+)D)?"
    r"(?:T(?:(?P<hours>[-+]?\d+)H)?(?:(?P<minutes>[-+]?\d+)M)?(?:(?P<seconds>[-+]?\d+(?:[.,]\d{0,9})?)S)?)?",
    re.IGNORECASE,
)


def parse_duration(text: str) -> timedelta | None:
    """The duration that a text gives; None if it is none, or longer than can be kept."""
    match = _DURATION.fullmatch(text)
    if match is None or text[-1] in "PTpt+-":
        return None
    parts = {name: match[name] for name in ("days", "hours", "minutes", "seconds") if match[name]}
    if not parts:
        return None
    try:
        duration = timedelta(**{name: float(value.replace(",", ".")) for name, value in parts.items()})
    except OverflowError:
        return None
    return -duration if match["sign"] == "-" else duration
