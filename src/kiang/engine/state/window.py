"""A queue that holds in memory only what is next.

Jobs of a type, deadlines, timers: each is a set of keys in some order, of which there can be more than memory should hold. A window keeps
the first ones; what lies behind its horizon is in the store alone and is fetched when the window has run empty. A window can be dropped
at any time: a new one begins with nothing and fetches.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush

Order = tuple[int, ...]
"""Where an entry stands; its last item is the key, so that no two are equal."""

Fetch = Callable[[Order | None, int], list[Order]]
"""Takes the horizon (None: from the start) and a number; gives at most that many entries behind it, in order."""

WINDOW_ENTRIES_MAX = 20_000
"""Entries of one window: about 2 MB."""

_STALE_MIN = 1_000
"""Entries of the heap that are no longer live, before it is worth sweeping them out."""


class Window:
    """The first entries of an ordered set of keys."""

    __slots__ = ("_fetch", "_heap", "_horizon", "_is_whole", "_live", "_max")

    def __init__(self, fetch: Fetch, *, is_whole: bool = False, entries_max: int = WINDOW_ENTRIES_MAX) -> None:
        """Begin empty.

        Args:
            fetch: Reads entries that are not in memory.
            is_whole: There are none in the store.
            entries_max: More are never held for long.
        """
        self._fetch = fetch
        self._heap: list[Order] = []
        self._live: dict[int, Order] = {}
        self._horizon: Order | None = None
        self._is_whole = is_whole
        self._max = entries_max

    def add(self, order: Order) -> None:
        """Put an entry in, or move it."""
        if not self._is_whole and (self._horizon is None or order > self._horizon):
            self._live.pop(order[-1], None)
            return
        self._live[order[-1]] = order
        heappush(self._heap, order)
        if len(self._live) > self._max:
            self._narrow()
        elif len(self._heap) > 2 * len(self._live) + _STALE_MIN:
            self._sweep()

    def discard(self, key: int) -> None:
        """Take an entry out, if it is there."""
        self._live.pop(key, None)

    def first(self) -> Order | None:
        """The first entry; None if there is none, in memory or in the store."""
        while True:
            heap, live = self._heap, self._live
            while heap:
                order = heap[0]
                if live.get(order[-1]) == order:
                    return order
                heappop(heap)
            if self._is_whole:
                return None
            self._refill()

    def ahead(self, count: int, until: int | None = None) -> list[Order]:
        """The first entries, at most `count` and as far as they are in memory, in order.

        Args:
            count: Not more.
            until: Only entries that begin with this number or a smaller one.
        """
        first = self.first()
        if first is None or (until is not None and first[0] > until):
            return []
        heap, live = self._heap, self._live
        found: list[Order] = []
        nearest = [(heap[0], 0)]
        while nearest and len(found) < count:
            order, at = heappop(nearest)
            if until is not None and order[0] > until:
                break
            if live.get(order[-1]) == order and (not found or found[-1] != order):
                found.append(order)
            for below in (2 * at + 1, 2 * at + 2):
                if below < len(heap):
                    heappush(nearest, (heap[below], below))
        return found

    def pop(self) -> Order | None:
        """Take the first entry out."""
        order = self.first()
        if order is not None:
            heappop(self._heap)
            del self._live[order[-1]]
        return order

    def _refill(self) -> None:
        entries = self._fetch(self._horizon, self._max // 2)
        if len(entries) < self._max // 2:
            self._is_whole = True
        else:
            self._horizon = entries[-1]
        for order in entries:
            self._live[order[-1]] = order
        self._heap = entries
        heapify(self._heap)

    def _narrow(self) -> None:
        kept = sorted(self._live.values())[: self._max // 2]
        self._horizon = kept[-1]
        self._is_whole = False
        self._live = {order[-1]: order for order in kept}
        self._heap = kept

    def _sweep(self) -> None:
        self._heap = list(self._live.values())
        heapify(self._heap)

    def __len__(self) -> int:
        return len(self._live)
