"""What this gateway asks of a broker. `kiang.broker.broker.Broker` fulfils it; tests bring a simulated one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from kiang.broker.health import Health
from kiang.broker.job_stream import JobStream
from kiang.broker.long_polling import Poll
from kiang.errors import ClientError
from kiang.protocol.answers import ActivatedJobs, Answer, Rejection
from kiang.protocol.commands import ActivateJobs, Command


class BrokerPort(Protocol):
    """Executes commands for one partition.

    Contract: as in `kiang.broker.broker.Broker`; answers are given on the event loop, after the commit that holds them.
    """

    partition_id: int
    health: Health

    def refusal(self, kind: type[Command]) -> ClientError | None:
        """Why a command of this kind would not be taken now; None if it would."""
        ...

    def submit(
        self,
        command: Command,
        settle: Callable[[Answer | Rejection | ClientError], Any],
        *,
        timeout_ms: int | None = None,
    ) -> None:
        """Have a command executed; `settle` takes the answer, once, perhaps before this returns."""
        ...

    def poll(
        self,
        command: ActivateJobs,
        answer: Callable[[ActivatedJobs | Rejection | ClientError], None],
        *,
        request_timeout_ms: int = 0,
    ) -> Poll:
        """Have jobs handed out, now or when there are some; `answer` takes them, once, perhaps before this returns."""
        ...

    def cancel_poll(self, poll: Poll) -> None:
        """Nobody wants the jobs any more."""
        ...

    def add_stream(self, stream: JobStream) -> None:
        """Push jobs to a stream."""
        ...

    def remove_stream(self, stream: JobStream) -> None:
        """Push no more to it."""
        ...

    def stream_ready(self, stream: JobStream) -> None:
        """It has room again."""
        ...
