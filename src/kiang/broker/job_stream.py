"""What the broker pushes jobs to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from kiang.protocol.answers import ActivatedJob


class JobStream(Protocol):
    """A worker's open stream, as the gateway shows it to the broker.

    Contract:
        * `capacity` and `deliver` are called on the event loop and must not block.
        * The broker never delivers more than the last `capacity` has promised, counting what is on its way: what it delivers must be
          taken even if flow control has closed in the meantime, so a stream buffers at most that much.
        * When `capacity` has been too small and grows again, the stream's owner must call `Broker.stream_ready`.
        * A stream that raises is taken for broken: it is removed, and the jobs go back to the queue.

    Attributes:
        job_type: What it wants.
        worker: Name of the worker, for the jobs' records.
        timeout_ms: How long a job belongs to the worker; positive.
        fetch_variables: Names; empty for all.
        tenant_ids: Whose jobs.
        process_ids: Of which processes alone; None for all.
    """

    job_type: str
    worker: str
    timeout_ms: int
    fetch_variables: tuple[str, ...]
    tenant_ids: tuple[str, ...]
    process_ids: frozenset[str] | None

    def capacity(self) -> int:
        """How many jobs it can take right now; 0 while its flow control is closed."""
        ...

    def deliver(self, jobs: Sequence[ActivatedJob]) -> Sequence[ActivatedJob] | None:
        """Send jobs, which are durable by now; return those that could not be sent, None or nothing if all were."""
        ...
