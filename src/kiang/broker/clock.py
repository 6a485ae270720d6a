"""Where time comes from: the engine never reads a clock, it is told."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

_MS = 1_000_000


class Clock(Protocol):
    """Epoch milliseconds, and a word when they have jumped."""

    @property
    def is_pinned(self) -> bool:
        """Whether time stands still: whoever waits for an instant then waits for a jump, not for time to pass."""
        ...

    def now_ms(self) -> int:
        """Epoch milliseconds."""
        ...

    def on_change(self, callback: Callable[[], None]) -> None:
        """Have `callback` called after each jump."""
        ...


class SystemClock:
    """The clock of the machine."""

    is_pinned = False

    def now_ms(self) -> int:
        """Epoch milliseconds."""
        return time.time_ns() // _MS

    def on_change(self, callback: Callable[[], None]) -> None:
        """It never jumps on purpose."""


class ControlledClock:
    """A clock that a test turns. It runs with the machine's clock until it is pinned.

    It may be set back: the broker follows, as the originals do.
    Its methods must be called on the thread of the broker's event loop.
    """

    def __init__(self, *, pinned_at_ms: int | None = None) -> None:
        """Begin.

        Args:
            pinned_at_ms: Stand still at this instant from the beginning; None to run.
        """
        self._pinned_at = pinned_at_ms
        self._offset = 0
        self._callbacks: list[Callable[[], None]] = []

    @property
    def is_pinned(self) -> bool:
        """Whether it stands still."""
        return self._pinned_at is not None

    def now_ms(self) -> int:
        """Epoch milliseconds."""
        if self._pinned_at is not None:
            return self._pinned_at
        return time.time_ns() // _MS + self._offset

    def pin(self, at_ms: int | None = None) -> None:
        """Stand still at an instant; None for now."""
        self._pinned_at = self.now_ms() if at_ms is None else at_ms
        self._changed()

    def advance(self, by: timedelta | int) -> None:
        """Jump ahead, pinned or not.

        Args:
            by: How far; an integer is milliseconds.
        """
        by_ms = by if isinstance(by, int) else by // timedelta(milliseconds=1)
        if self._pinned_at is not None:
            self._pinned_at += by_ms
        else:
            self._offset += by_ms
        self._changed()

    def reset(self) -> None:
        """Run with the machine's clock again."""
        self._pinned_at = None
        self._offset = 0
        self._changed()

    def on_change(self, callback: Callable[[], None]) -> None:
        """Have `callback` called after each jump."""
        self._callbacks.append(callback)

    def _changed(self) -> None:
        for callback in self._callbacks:
            callback()
