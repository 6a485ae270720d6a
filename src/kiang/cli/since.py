"""Instants as people type them: so long ago, or a date."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from kiang.cli.duration import parse_duration
from kiang.cli.failure import CommandError, ExitStatus

Since = Annotated[
    str,
    typer.Option(
        "--since", metavar="WHEN", help="From then on: so long ago (90s, 15m, 12h, 30d), or 2026-11-25T12:00."
    ),
]


def instant_of(option: str, text: str) -> str:
    """What an option says, as the API takes it.

    Raises:
        CommandError: It is neither a duration nor a date.
    """
    if text[:1].isdigit() and not text[-1:].isdigit() and not text.upper().endswith("Z"):
        ago = parse_duration(option, text)
        assert ago is not None
        return (datetime.now(UTC) - ago).isoformat()
    try:
        found = datetime.fromisoformat(text.upper())
    except ValueError:
        raise CommandError(
            f"Expected {option} to be a duration or a date, but was {text!r}.",
            hint="As in 90s, 15m, 12h, 30d, or 2026-11-25T12:00.",
            status=ExitStatus.USAGE,
        ) from None
    return found.astimezone(UTC).isoformat()
