"""How a partition is, for health checks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class HealthState(StrEnum):
    """STARTING and STOPPED refuse everything, DEGRADED for a while, DEAD for good, RECOVERING until somebody ends that."""

    STARTING = "STARTING"
    HEALTHY = "HEALTHY"
    DEGRADED = "DEGRADED"
    DEAD = "DEAD"
    RECOVERING = "RECOVERING"
    STOPPED = "STOPPED"


@dataclass(slots=True)
class Health:
    """How a partition is, and why.

    Attributes:
        reason: For people; "" when healthy.
    """

    state: HealthState = HealthState.STARTING
    reason: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether it takes requests."""
        return self.state is HealthState.HEALTHY

    @property
    def is_live(self) -> bool:
        """Whether waiting is worth more than a restart."""
        return self.state is not HealthState.DEAD

    def set(self, state: HealthState, reason: str = "") -> None:
        """Something has changed."""
        self.state = state
        self.reason = reason
