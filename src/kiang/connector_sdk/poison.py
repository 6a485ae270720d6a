"""Messages that fail again and again: counted, and given up after some tries, so that one cannot hold up a queue for ever."""

from __future__ import annotations

from collections import OrderedDict

TRIES_MAX = 5
REMEMBERED_MAX = 10_000


class PoisonGuard:
    """Counts tries by message."""

    def __init__(self, tries_max: int = TRIES_MAX) -> None:
        self.tries_max = tries_max
        self._tries: OrderedDict[str, int] = OrderedDict()

    def is_exhausted(self, message: str) -> bool:
        """Count one failed try; True once the message has had all of them, and it is forgotten."""
        tries = self._tries.pop(message, 0) + 1
        if tries >= self.tries_max:
            return True
        self._tries[message] = tries
        if len(self._tries) > REMEMBERED_MAX:
            self._tries.popitem(last=False)
        return False

    def forget(self, message: str) -> None:
        """The message has succeeded."""
        self._tries.pop(message, None)
