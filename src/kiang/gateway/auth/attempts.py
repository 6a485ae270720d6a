"""Wrong passwords of a short while ago: who guesses has to wait, longer with every wrong one.

Counted by name and by where the guesses come from, so that nobody can lock somebody else out from elsewhere. Behind a proxy
everybody comes from the same place: let the proxy limit logins there.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FREE_ATTEMPTS = 10
"""Wrong passwords before somebody has to wait."""

WAIT_S_MAX = 60.0
"""The longest wait; the first is a second, and each is twice the one before."""

FORGOTTEN_S = 900.0
"""After this without a wrong password all is forgotten."""

WATCHED_MAX = 10_000
"""Names and places that are watched, about 300 bytes each; those that were quiet longest are forgotten first."""

NAME_CHARACTERS_MAX = 256
"""Of a name that is remembered: what comes as a name may be as long as a header, and longer names count as one if they begin alike."""


@dataclass(slots=True)
class _Watched:
    """What somebody has done.

    Attributes:
        wrong: Wrong passwords in a row.
        last: When the last one was.
    """

    wrong: int = 0
    last: float = 0.0

    @property
    def wait_s(self) -> float:
        """How long after the last wrong one the next may be tried."""
        beyond = self.wrong - FREE_ATTEMPTS
        return 0.0 if beyond < 0 else min(WAIT_S_MAX, 2.0 ** min(beyond, 10))


class Attempts:
    """See the module.

    Args:
        clock: Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._watched: OrderedDict[tuple[str, str], _Watched] = OrderedDict()

    def wait_s(self, name: str, source: str) -> float:
        """How long this name has to wait from there before it may try again; 0 if it need not."""
        found = self._watched.get(_who(name, source))
        return 0.0 if found is None else max(0.0, found.last + found.wait_s - self._clock())

    def was_wrong(self, name: str, source: str) -> None:
        """It was not the password."""
        now = self._clock()
        who = _who(name, source)
        found = self._watched.setdefault(who, _Watched())
        self._watched.move_to_end(who)
        if now - found.last > FORGOTTEN_S:
            found.wrong = 0
        found.wrong += 1
        found.last = now
        if len(self._watched) > WATCHED_MAX:
            self._watched.popitem(last=False)

    def was_right(self, name: str, source: str) -> None:
        """It was the password."""
        self._watched.pop(_who(name, source), None)


def _who(name: str, source: str) -> tuple[str, str]:
    return name[:NAME_CHARACTERS_MAX], source
