"""Hooks: what a worker tells about its doings, and what may stand around a handler."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from kiang.client.job import Job
from kiang.errors import ClientError
from kiang.worker.outcome import Failed, Outcome, location

logger = logging.getLogger("kiang.worker")

CallNext = Callable[[Job], Awaitable[Outcome]]
Middleware = Callable[[Job, CallNext], Awaitable[Outcome]]
"""Stands around the handler: `async def middleware(job, call_next): ... return await call_next(job)`.

It sees the job before and the outcome after; it may return another outcome. Context variables that it sets are seen by the
handler, also by one in a thread, so a span of a trace opened here is the parent of what the handler does.
"""


class WorkerObserver(Protocol):
    """Is told what happens. Called on the event loop: must not block and must not raise."""

    def worker_started(self, job_type: str) -> None:
        """The worker asks for jobs of this type from now on."""

    def worker_stopped(self, job_type: str) -> None:
        """The worker holds no job of this type any more."""

    def job_started(self, job: Job) -> None:
        """A handler begins."""

    def job_ended(self, job: Job, outcome: Outcome, seconds: float) -> None:
        """The engine has taken the outcome; `seconds` is what the handler took."""

    def job_lost(self, job: Job, reason: str) -> None:
        """The outcome of this job counts no more, or could not be told: its time is over, or somebody else ended it."""

    def connection_lost(self, job_type: str, error: ClientError, delay_s: float) -> None:
        """No jobs come; the worker asks again after `delay_s`."""

    def connection_restored(self, job_type: str) -> None:
        """Jobs can come again."""


class SilentObserver:
    """Does nothing; a base for observers that care for some of it only."""

    def worker_started(self, job_type: str) -> None:
        """See `WorkerObserver`."""

    def worker_stopped(self, job_type: str) -> None:
        """See `WorkerObserver`."""

    def job_started(self, job: Job) -> None:
        """See `WorkerObserver`."""

    def job_ended(self, job: Job, outcome: Outcome, seconds: float) -> None:
        """See `WorkerObserver`."""

    def job_lost(self, job: Job, reason: str) -> None:
        """See `WorkerObserver`."""

    def connection_lost(self, job_type: str, error: ClientError, delay_s: float) -> None:
        """See `WorkerObserver`."""

    def connection_restored(self, job_type: str) -> None:
        """See `WorkerObserver`."""


class LoggingObserver(SilentObserver):
    """One line per event. Never a variable, nor the message of a handler's exception, which may quote one."""

    def worker_started(self, job_type: str) -> None:
        """See `WorkerObserver`."""
        logger.info("worker started job_type=%s", job_type)

    def worker_stopped(self, job_type: str) -> None:
        """See `WorkerObserver`."""
        logger.info("worker stopped job_type=%s", job_type)

    def job_ended(self, job: Job, outcome: Outcome, seconds: float) -> None:
        """See `WorkerObserver`."""
        if isinstance(outcome, Failed):
            error = outcome.error
            logger.warning(
                "job failed job_key=%d job_type=%s process_instance_key=%d retries=%d error=%s at=%s",
                job.key,
                job.type,
                job.process_instance_key,
                outcome.retries,
                "JobError" if error is None else type(error).__name__,
                "" if error is None else location(error),
            )
        elif logger.isEnabledFor(logging.DEBUG):
            logger.debug(
                "job ended job_key=%d job_type=%s outcome=%s seconds=%.3f",
                job.key,
                job.type,
                type(outcome).__name__,
                seconds,
            )

    def job_lost(self, job: Job, reason: str) -> None:
        """See `WorkerObserver`."""
        logger.warning("job lost job_key=%d job_type=%s reason=%s", job.key, job.type, reason)

    def connection_lost(self, job_type: str, error: ClientError, delay_s: float) -> None:
        """See `WorkerObserver`."""
        logger.warning("connection lost job_type=%s error=%s retry_in_s=%.2f", job_type, type(error).__name__, delay_s)

    def connection_restored(self, job_type: str) -> None:
        """See `WorkerObserver`."""
        logger.info("connection restored job_type=%s", job_type)
