"""What the worker of a task listener or of an ad-hoc sub-process decides, besides variables."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class Corrections(msgspec.Struct, frozen=True, kw_only=True):
    """Attributes of a user task that a listener changes; None leaves one as it is, "" or an empty tuple clears it.

    Attributes:
        due_date: Aware; a text in RFC 3339 is taken as it is.
        priority: 0 to 100.
    """

    assignee: str | None = None
    due_date: datetime | str | None = None
    follow_up_date: datetime | str | None = None
    candidate_users: tuple[str, ...] | None = None
    candidate_groups: tuple[str, ...] | None = None
    priority: int | None = None


class UserTaskResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a task listener's job.

    Attributes:
        denied: The transition of the user task is rolled back.
        denied_reason: Why, for whoever wanted it.
        corrections: Seen by the listeners that follow, and applied in the end.
        variables: As of any job.
    """

    denied: bool = False
    denied_reason: str = ""
    corrections: Corrections | None = None
    variables: Any = None


class ElementToActivate(msgspec.Struct, frozen=True):
    """An element of an ad-hoc sub-process that is to begin."""

    element_id: str
    variables: Any = None


class AdHocSubProcessResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of the job of an ad-hoc sub-process.

    Attributes:
        activate: What is to begin now.
        is_completion_condition_fulfilled: The sub-process is done.
        cancels_remaining_instances: What is still active in it is terminated.
        variables: As of any job.
    """

    activate: tuple[ElementToActivate, ...] = ()
    is_completion_condition_fulfilled: bool = False
    cancels_remaining_instances: bool = False
    variables: Any = None


JobResult = UserTaskResult | AdHocSubProcessResult


def date_text(moment: datetime | str | None) -> str | None:
    """A date as the wires have it."""
    return moment.isoformat() if isinstance(moment, datetime) else moment
