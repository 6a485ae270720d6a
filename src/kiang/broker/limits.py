"""How much of everything the broker takes on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one partition.

    Attributes:
        batch_commands_max: Commands of one transaction. At about 50 microseconds each it is 25 ms of work at the very most.
        batch_beginning_max: Those of them that begin work, in a transaction in which none ends. Enough that the sync of the disk costs
            each a microsecond or two.
        batch_work_ms: Work on commands before what has been done is committed and the event loop gets its turn.
        queue_commands_max: Commands that wait, those that begin work and those that end it counted apart: at 10,000 a second they wait a
            fifth of a second; more would only make everybody late.
        queue_commands_hard_max: The same for commands that are never refused otherwise (complete, fail, cancel): about 1 kB each.
        long_polls_max: Requests that wait for jobs; about 1 kB each.
        streams_max: Job streams that are open.
        push_jobs_max: Jobs that one stream gets at once.
        push_batch_jobs_max: Jobs that all streams together get in one batch.
        awaited_results_max: Requests that wait for a process instance to complete.
    """

    batch_commands_max: int = 500
    batch_beginning_max: int = 64
    batch_work_ms: float = 4.0
    queue_commands_max: int = 2_000
    queue_commands_hard_max: int = 50_000
    long_polls_max: int = 10_000
    streams_max: int = 10_000
    push_jobs_max: int = 128
    push_batch_jobs_max: int = 1_000
    awaited_results_max: int = 50_000


LONG_POLL_DEFAULT_MS = 10_000
"""How long a poll that names no time waits for jobs."""

LONG_POLL_MAX_MS = 24 * 3_600_000
"""No poll waits longer, whatever it asks for."""

RECOVERY_DELAY_S = 0.5
"""Rest after a failed commit before requests are accepted again."""
