"""What becomes of a connector's job: one of three commands to the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Completed:
    """The job is done; `variables` go into the process."""

    variables: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    """The job is to be tried again, or becomes an incident when no retries are left.

    Attributes:
        retries: Remaining, absolute, not negative.
        backoff_ms: Rest before the next try; 0 for none.
        variables: Local to the element.
    """

    retries: int
    message: str
    backoff_ms: int = 0
    variables: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ErrorThrown:
    """A BPMN error for an error event of the process."""

    code: str
    message: str = ""
    variables: dict[str, Any] = field(default_factory=dict)


Outcome = Completed | Failed | ErrorThrown
