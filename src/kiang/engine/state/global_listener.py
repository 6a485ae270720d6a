"""Global listeners: jobs that run whenever something happens to a user task, of whichever process."""

from __future__ import annotations

import json
from typing import ClassVar

from kiang.engine.state.source import Rows
from kiang.engine.state.table import Index, Row, Table
from kiang.protocol.cluster import ALL_EVENTS

GLOBAL_LISTENERS_MAX = 100
"""Each makes a job of everything that happens to every user task."""


class GlobalListener(Row):
    """One listener.

    Attributes:
        event_types: JSON list, of the words of the API.
        after_non_global: 1 if it runs behind the listeners of the model.
        source: Where it was defined.
    """

    key: int
    id: str
    job_type: str
    event_types: str
    retries: int
    after_non_global: int
    priority: int
    source: str

    MUTABLE: ClassVar[tuple[str, ...]] = ("job_type", "event_types", "retries", "after_non_global", "priority")


GLOBAL_LISTENERS = Table("global_listener", GlobalListener, (Index(("id",), unique=True),), lookup=("id",))


class GlobalListeners:
    """The questions that are asked about global listeners."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._by_event: dict[str, tuple[GlobalListener, ...]] = {}

    def named(self, id_: str) -> GlobalListener | None:
        """A listener by its id."""
        found = self._rows.current(GLOBAL_LISTENERS, [("id", "=", id_)])
        return found[0] if found else None

    def all(self) -> list[GlobalListener]:
        """Every listener."""
        return self._rows.current(GLOBAL_LISTENERS, [])

    def of(self, event: str) -> tuple[GlobalListener, ...]:
        """The listeners of an event, in the order in which they run: by priority, the highest first, then by id."""
        found = self._by_event.get(event)
        if found is None:
            listening = [row for row in self.all() if not {event, ALL_EVENTS}.isdisjoint(json.loads(row.event_types))]
            found = self._by_event[event] = tuple(sorted(listening, key=lambda row: (-row.priority, row.id)))
        return found

    def changed(self) -> None:
        """Appliers: other listeners run now."""
        self._by_event.clear()
