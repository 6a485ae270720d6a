"""What the gateway asks of a broker. `kiang.broker.Broker` fulfils it; tests bring a simulated one."""

from __future__ import annotations

from typing import Any, Protocol

from kiang.broker.health import Health
from kiang.protocol.answers import ActivatedJobs, Rejection
from kiang.protocol.commands import ActivateJobs, Command
from kiang.store.port import Store


class ClockPort(Protocol):
    """The clock of the engine. One that can be turned has `pin` and `reset` besides."""

    def now_ms(self) -> int:
        """Epoch ms."""
        ...


class BrokerPort(Protocol):
    """Executes commands for one partition.

    Contract: an answer is given after the commit that holds it. `execute` and `activate_jobs` raise
    `ResourceExhausted`, `Unavailable`, `DeadlineExceeded` or `InternalError` and nothing else on purpose. Cancelling
    `activate_jobs` takes no job.
    """

    store: Store
    health: Health
    partition_id: int

    @property
    def clock(self) -> ClockPort:
        """Where its time comes from."""
        ...

    async def execute(self, command: Command, *, timeout_ms: int | None = None) -> Any | Rejection:
        """Carry out a command."""
        ...

    async def enter_recovery(self) -> None:
        """Refuse commands until `leave_recovery`; return when all that was taken is durable."""
        ...

    def leave_recovery(self) -> None:
        """Take commands again."""
        ...

    async def activate_jobs(self, command: ActivateJobs, *, request_timeout_ms: int = 0) -> ActivatedJobs | Rejection:
        """Hand out jobs, waiting for some while there are none: 0 for the default time, below 0 not at all."""
        ...
