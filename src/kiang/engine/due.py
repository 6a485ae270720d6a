"""What becomes due as time passes: one entry per queue of dates."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from kiang.engine.actions import messages, timers
from kiang.engine.processing import Processing
from kiang.engine.processors.recur_job import recur_job
from kiang.engine.processors.time_out_job import time_out_job
from kiang.engine.state.state import State
from kiang.engine.state.window import Window
from kiang.protocol.commands import RecurJob, TimeOutJob


class Due(NamedTuple):
    """A queue of dates.

    Attributes:
        window: Entries begin with the date, epoch ms, and end with a key.
        delay: An entry is due that many ms after its date.
        run: Carries out what is due for a key; the entry must be gone from the window afterwards.
        load: Loads what is needed for keys, all at once; None if that is little.
    """

    window: Callable[[State], Window]
    delay: int
    run: Callable[[Processing, int], object]
    load: Callable[[State, list[int]], None] | None = None

    def next_at(self, state: State) -> int | None:
        """When the first entry is due."""
        first = self.window(state).first()
        return None if first is None else first[0] + self.delay

    def prepare(self, p: Processing, count: int) -> None:
        """Load what the entries that are due will need, `count` of them at most; `run_next` works without, too."""
        if self.load is None:
            return
        due = [order[-1] for order in self.window(p.state).ahead(count, p.now - self.delay)]
        if len(due) > 1:
            self.load(p.state, due)

    def run_next(self, p: Processing) -> bool:
        """Carry out the first entry if it is due."""
        window = self.window(p.state)
        first = window.first()
        if first is None or first[0] + self.delay > p.now:
            return False
        self.run(p, first[-1])
        if window.first() == first:
            window.pop()
        return True


DUES: tuple[Due, ...] = (
    Due(lambda state: state.deadlines, 1, lambda p, key: time_out_job(p, TimeOutJob(key)), State.load_jobs),
    Due(lambda state: state.timers, 0, timers.trigger, State.load_timers),
    Due(lambda state: state.expiries, 0, messages.expire),
    Due(lambda state: state.backoffs, 1, lambda p, key: recur_job(p, RecurJob(key)), State.load_jobs),
)
"""In the order in which they are carried out at one point in time."""
