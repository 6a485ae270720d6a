"""When and how often a request is sent again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from kiang.client.request import Repeat
from kiang.client.status import NotReached
from kiang.errors import ClientError, ResourceExhausted, Unavailable


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential back-off with jitter.

    Attributes:
        attempts: How often a request is sent at most; 1 for no repetition.
        first_delay: Before the second attempt.
        delay_max: No pause is longer.
        factor: From pause to pause.
        jitter: Each pause is shortened by a random part of up to this share, so that not all come back at once.
    """

    attempts: int = 6
    first_delay: timedelta = timedelta(milliseconds=50)
    delay_max: timedelta = timedelta(seconds=2)
    factor: float = 2.0
    jitter: float = 0.5

    def delays(self) -> Iterator[float]:
        """Seconds to wait before the second, third ... attempt; ends after the last attempt."""
        delay = self.first_delay.total_seconds()
        for _ in range(self.attempts - 1):
            yield jittered(delay, self.jitter)
            delay = min(delay * self.factor, self.delay_max.total_seconds())


NO_RETRIES = RetryPolicy(attempts=1)


def may_repeat(repeat: Repeat, error: ClientError) -> bool:
    """Whether a request of this kind may be sent again after `error`."""
    if isinstance(error, (ResourceExhausted, NotReached)):
        return True
    return repeat is Repeat.LOST and isinstance(error, Unavailable)


def jittered(delay_s: float, jitter: float = 0.5) -> float:
    """`delay_s`, shortened by a random part."""
    return delay_s * (1.0 - random.random() * jitter)  # noqa: S311 - spreads load, guards nothing
