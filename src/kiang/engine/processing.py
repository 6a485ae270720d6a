"""One command in progress: what processors, elements and actions work with."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from kiang.engine.appliers import APPLIERS
from kiang.engine.state.state import Scope, State
from kiang.protocol.answers import Rejection
from kiang.protocol.audit import Audit
from kiang.protocol.commands import FollowUpCommand
from kiang.protocol.enums import RejectionType
from kiang.protocol.events import Event

if TYPE_CHECKING:
    from kiang.engine.faults import Fault


class Refused(Exception):
    """Raised by a processor that refuses its command, before it has emitted anything."""

    def __init__(self, type_: RejectionType, reason: str) -> None:
        super().__init__(reason)
        self.type = type_
        self.reason = reason

    def rejection(self, intent: str) -> Rejection:
        """As the answer to a command."""
        return Rejection(self.type, intent, self.reason)


INSTANT_MAX = 2**63 - 1
"""The last instant that a column holds."""


class Processing:
    """A command in progress.

    Attributes:
        state: What is; changed by `emit` alone.
        now: Epoch ms.
        events: What this command has caused so far.
        queue: Follow-up commands that have not run yet.
        available_jobs: Jobs that have become activatable, as (type, key): streams and polls may want them.
        results: Answers that others wait for, as (process instance key, answer).
        variable_changes: In instances with conditional events: by scope, which variables were created or updated since the last look.
        faults: Exceptions that were contained.
        terminating: Elements that are ending, the one that is being carried out first: what ends with them comes behind, see
            `elements.behavior.terminated`.
        audit: Who asks, while a command is carried out that is noted in the audit log.
        awaited: Set by a processor whose answer comes later: the key under which.
    """

    __slots__ = (
        "audit",
        "available_jobs",
        "awaited",
        "events",
        "faults",
        "now",
        "queue",
        "results",
        "state",
        "terminating",
        "variable_changes",
    )

    def __init__(self, state: State, now: int) -> None:
        self.state = state
        self.now = now
        self.events: list[Event] = []
        self.queue: deque[FollowUpCommand] = deque()
        self.available_jobs: list[tuple[str, int]] = []
        self.results: list[tuple[int, Any]] = []
        self.awaited = 0
        self.audit: Audit | None = None
        self.faults: list[Fault] = []
        self.terminating: deque[Scope] = deque()
        self.variable_changes: dict[int, dict[str, str]] = {}

    def after(self, duration_ms: int) -> int:
        """The instant so much later; the last one that can be written for a duration that clients mean as for ever."""
        return min(self.now + duration_ms, INSTANT_MAX)

    def emit(self, event: Event) -> None:
        """Something has happened: record it, and change the state accordingly at once."""
        self.events.append(event)
        APPLIERS[event.__class__](self.state, event)

    def enqueue(self, command: FollowUpCommand) -> None:
        """Something has to be done once everything that was enqueued before is done."""
        self.queue.append(command)
