"""Metrics of a worker for Prometheus."""

from __future__ import annotations

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from kiang.client.job import Job
from kiang.errors import ClientError
from kiang.worker.observer import LoggingObserver
from kiang.worker.outcome import Completed, ErrorThrown, Failed, HandedBack, Outcome

OUTCOMES: dict[type[Outcome], str] = {
    Completed: "completed",
    Failed: "failed",
    ErrorThrown: "error_thrown",
    HandedBack: "handed_back",
}
SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Upper bounds for the time in a handler: from a look-up to a long call."""


class PrometheusObserver(LoggingObserver):
    """Counts and times jobs by type, and logs as without it.

    Args:
        registry: Where the metrics are registered; one observer for each registry.
    """

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self._started = Counter("kiang_worker_jobs_started", "Handlers begun", ["job_type"], registry=registry)
        self._ended = Counter(
            "kiang_worker_jobs_ended", "Outcomes that the engine has taken", ["job_type", "outcome"], registry=registry
        )
        self._lost = Counter("kiang_worker_jobs_lost", "Outcomes that count no more", ["job_type"], registry=registry)
        self._running = Gauge("kiang_worker_jobs_running", "Handlers that run", ["job_type"], registry=registry)
        self._seconds = Histogram(
            "kiang_worker_job_seconds", "Time in the handler", ["job_type"], buckets=SECONDS, registry=registry
        )
        self._failures = Counter(
            "kiang_worker_connection_failures", "Times that the engine was lost", ["job_type"], registry=registry
        )
        self._begun: set[int] = set()

    def job_started(self, job: Job) -> None:
        """See `WorkerObserver`."""
        self._started.labels(job.type).inc()
        self._running.labels(job.type).inc()
        self._begun.add(job.key)

    def job_ended(self, job: Job, outcome: Outcome, seconds: float) -> None:
        """See `WorkerObserver`."""
        super().job_ended(job, outcome, seconds)
        self._ended.labels(job.type, OUTCOMES[type(outcome)]).inc()
        if self._left(job):
            self._seconds.labels(job.type).observe(seconds)

    def job_lost(self, job: Job, reason: str) -> None:
        """See `WorkerObserver`."""
        super().job_lost(job, reason)
        self._lost.labels(job.type).inc()
        self._left(job)

    def connection_lost(self, job_type: str, error: ClientError, delay_s: float) -> None:
        """See `WorkerObserver`."""
        super().connection_lost(job_type, error, delay_s)
        self._failures.labels(job_type).inc()

    def _left(self, job: Job) -> bool:
        """Whether its handler had begun; jobs that are handed back unbegun have not."""
        if job.key not in self._begun:
            return False
        self._begun.discard(job.key)
        self._running.labels(job.type).dec()
        return True
