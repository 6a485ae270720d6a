"""Which events have come: Slack sends an event again when it has no answer within three seconds, or a bad one."""

from __future__ import annotations

import enum
import time
from collections import OrderedDict
from collections.abc import Callable

EVENTS_MAX = 10_000
"""Ids that are remembered; the oldest are forgotten first."""

HANDLED_TTL_SECONDS = 3_600.0
"""Slack gives up long before."""

HANDLING_TTL_SECONDS = 10.0
"""So long an event that has come counts as being handled, unless the process has it earlier."""


class Delivery(enum.Enum):
    """What is known of an event."""

    NEW = "new"
    BEING_HANDLED = "being handled"
    HANDLED = "handled"


class Deliveries:
    """Remembers the ids of events, in bounded memory."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[str, tuple[Delivery, float]] = OrderedDict()

    def state(self, event_id: str) -> Delivery:
        """What is known of an event."""
        known = self._known.get(event_id)
        return known[0] if known is not None and known[1] > self._clock() else Delivery.NEW

    def begin(self, event_id: str) -> None:
        """It has come."""
        self._remember(event_id, Delivery.BEING_HANDLED, HANDLING_TTL_SECONDS)

    def end(self, event_id: str) -> None:
        """The process has it."""
        self._remember(event_id, Delivery.HANDLED, HANDLED_TTL_SECONDS)

    def _remember(self, event_id: str, state: Delivery, ttl_seconds: float) -> None:
        self._known.pop(event_id, None)
        self._known[event_id] = (state, self._clock() + ttl_seconds)
        while len(self._known) > EVENTS_MAX:
            self._known.popitem(last=False)
