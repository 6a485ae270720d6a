"""Numbers of the runtime, under the names that dashboards of the original know."""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from kiang.connector_runtime.outcome import Completed, ErrorThrown, Outcome

UNKNOWN = "unknown"


class RuntimeMetrics:
    """Counters of one runtime."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("type", "element_template_id", "element_template_version")
        self._invocations = Counter(
            "camunda_connector_outbound_invocations",
            "Jobs of outbound connectors, by what happened",
            (*labels, "action"),
            registry=self.registry,
        )
        self._time = Histogram(
            "camunda_connector_outbound_execution_time_seconds",
            "Time from the start of a connector to its outcome",
            labels,
            registry=self.registry,
            buckets=(0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60),
        )
        self._last = Gauge(
            "camunda_connector_outbound_last_timestamp_seconds",
            "When a job last ended",
            ("type", "action"),
            registry=self.registry,
        )
        self._counts = {"completed": 0, "failed": 0, "bpmnError": 0}
        self._total_ms = 0.0
        self._max_ms = 0.0

    def started(self, job_type: str, headers: dict[str, str]) -> float:
        """A job was activated; gives the start time for `ended`."""
        self._invocations.labels(*self._labels(job_type, headers), "activated").inc()
        return time.perf_counter()

    def ended(self, job_type: str, headers: dict[str, str], started: float, outcome: Outcome) -> None:
        """A job has its outcome."""
        elapsed = time.perf_counter() - started
        if isinstance(outcome, Completed):
            action, counted = "completed", "completed"
        elif isinstance(outcome, ErrorThrown):
            action, counted = "bpmn-error", "bpmnError"
        else:
            action, counted = "failed", "failed"
        labels = self._labels(job_type, headers)
        self._invocations.labels(*labels, action).inc()
        self._time.labels(*labels).observe(elapsed)
        self._last.labels(job_type, action).set_to_current_time()
        self._counts[counted] += 1
        self._total_ms += elapsed * 1000
        self._max_ms = max(self._max_ms, elapsed * 1000)

    def summary(self) -> dict[str, object]:
        """As the runtime's REST API shows it."""
        done = sum(self._counts.values())
        return {
            **self._counts,
            "executionTime": {
                "meanMs": round(self._total_ms / done, 3) if done else 0,
                "maxMs": round(self._max_ms, 3),
            },
        }

    @staticmethod
    def _labels(job_type: str, headers: dict[str, str]) -> tuple[str, str, str]:
        return (
            job_type,
            headers.get("elementTemplateId", UNKNOWN),
            headers.get("elementTemplateVersion", UNKNOWN),
        )
