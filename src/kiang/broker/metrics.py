"""Counters of one partition: plain integers on the hot path, turned into Prometheus' metrics when somebody asks.

The names are those that dashboards for Zeebe use, where they have one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from kiang.engine.state.incident import INCIDENTS
from kiang.engine.state.job import JOBS
from kiang.engine.state.process_instance import PROCESS_INSTANCES
from kiang.engine.state.table import Table
from kiang.engine.state.unit_of_work import Change, Commit
from kiang.protocol.enums import ElementState, IncidentState, JobState

LABEL_TYPES_MAX = 200
"""Job types with a label of their own; the rest share `other`: job types come from models and could be without number."""

DURATION_BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
SIZE_BUCKETS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)

_JOB_ACTIONS = {
    JobState.FAILED: "failed",
    JobState.ERROR_THROWN: "error thrown",
    JobState.COMPLETED: "completed",
    JobState.CANCELED: "canceled",
    JobState.ERROR_CAUGHT: "error thrown",
}
_INSTANCE_ACTIONS = {ElementState.COMPLETED: "completed", ElementState.TERMINATED: "terminated"}
_INCIDENT_ACTIONS = {IncidentState.RESOLVED: "resolved"}


class Histogram:
    """Counts by size."""

    __slots__ = ("_bounds", "_counts", "_sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """One more."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def family(self, name: str, documentation: str, partition: str) -> HistogramMetricFamily:
        """As Prometheus wants it."""
        family = HistogramMetricFamily(name, documentation, labels=["partition"])
        total, buckets = 0, []
        for bound, count in zip((*map(str, self._bounds), "+Inf"), self._counts, strict=True):
            total += count
            buckets.append((bound, total))
        family.add_metric([partition], buckets, self._sum)
        return family


class _Place:
    """Where a table's state is in the tuples of a commit."""

    __slots__ = ("of_insert", "of_update")

    def __init__(self, table: Table[Any]) -> None:
        self.of_insert = [column.name for column in table.columns].index("state")
        self.of_update = table.mutable.index("state")


_JOB_PLACE = _Place(JOBS)
_INSTANCE_PLACE = _Place(PROCESS_INSTANCES)
_INCIDENT_PLACE = _Place(INCIDENTS)
_JOB_TYPE_PLACE = [column.name for column in JOBS.columns].index("job_type")


class Metrics(Collector):
    """See the module.

    Attributes:
        registry: Its own; nothing global is touched.
        commands: Commands that were processed, by their class.
        rejections: Commands that were refused by the engine, by type of rejection.
        refused: Commands that were refused because too many waited or the partition could not take them.
        jobs_activated: By job type.
        jobs_pushed: Those of them that went to streams.
        jobs_yielded: Those of them that could not be delivered.
        queue_length: Asked when somebody looks.
        gauges: More values that are asked for when somebody looks, by name, with what they mean.
    """

    def __init__(self, partition_id: int, queue_length: Callable[[], int]) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(self)
        self._partition = str(partition_id)
        self.queue_length = queue_length
        self.gauges: dict[str, tuple[str, Callable[[], float]]] = {}
        self.commands: Counter[type] = Counter()
        self.rejections: Counter[str] = Counter()
        self.refused = 0
        self.jobs_activated: Counter[str] = Counter()
        self.jobs_pushed = 0
        self.jobs_yielded = 0
        self.commits_failed = 0
        self._jobs: Counter[str] = Counter()
        self._jobs_created: Counter[str] = Counter()
        self._instances: Counter[str] = Counter()
        self._incidents: Counter[str] = Counter()
        self._commit_durations = Histogram(DURATION_BUCKETS_S)
        self._batch_sizes = Histogram(SIZE_BUCKETS)
        self._processing_durations = Histogram(DURATION_BUCKETS_S)

    def activated(self, job_type: str, count: int) -> None:
        """Jobs were given to a worker."""
        self.jobs_activated[self._label(self.jobs_activated, job_type)] += count

    def batch(self, commands: int, processing_s: float, commit: Commit) -> None:
        """A batch is about to be committed."""
        self._batch_sizes.observe(commands)
        self._processing_durations.observe(processing_s)
        for change in commit.changes:
            if change.table is JOBS:
                self._count(change, self._jobs, _JOB_ACTIONS, _JOB_PLACE)
                for row in change.inserts:
                    self._jobs_created[self._label(self._jobs_created, row[_JOB_TYPE_PLACE])] += 1
            elif change.table is PROCESS_INSTANCES:
                self._instances["activated"] += len(change.inserts)
                self._count(change, self._instances, _INSTANCE_ACTIONS, _INSTANCE_PLACE)
            elif change.table is INCIDENTS:
                self._incidents["created"] += len(change.inserts)
                self._count(change, self._incidents, _INCIDENT_ACTIONS, _INCIDENT_PLACE)

    def committed(self, duration_s: float) -> None:
        """A commit is durable."""
        self._commit_durations.observe(duration_s)

    @staticmethod
    def _count(change: Change, counts: Counter[str], actions: Mapping[Any, str], place: _Place) -> None:
        at = place.of_update
        for state, count in Counter([row[at] for row in change.updates]).items():
            if state in actions:
                counts[actions[state]] += count
        at = place.of_insert
        for state, count in Counter([row[at] for row in change.inserts]).items():
            if state in actions:
                counts[actions[state]] += count

    @staticmethod
    def _label(counts: Counter[str], job_type: str) -> str:
        return job_type if job_type in counts or len(counts) < LABEL_TYPES_MAX else "other"

    def collect(self) -> Iterator[Metric]:
        """Called by the registry."""
        partition = self._partition
        yield self._counter(
            "zeebe_stream_processor_records", "Commands processed, by command", "command",
            {command.__name__: count for command, count in self.commands.items()},
        )  # fmt: skip
        yield self._counter(
            "kiang_rejections", "Commands refused by the engine, by type of rejection", "type", self.rejections
        )
        yield self._counter("zeebe_dropped_request_count", "Requests refused because of backpressure or unavailability", "reason",
                            {"refused": self.refused})  # fmt: skip
        jobs = CounterMetricFamily("zeebe_job_events", "Number of job events", labels=["partition", "action", "type"])
        for job_type, count in self._jobs_created.items():
            jobs.add_metric([partition, "created", job_type], count)
        for job_type, count in self.jobs_activated.items():
            jobs.add_metric([partition, "activated", job_type], count)
        for action, count in self._jobs.items():
            jobs.add_metric([partition, action, ""], count)
        yield jobs
        yield self._counter("zeebe_broker_jobs_pushed_count", "Jobs pushed to streams", "", {"": self.jobs_pushed})
        yield self._counter(
            "zeebe_broker_jobs_push_fail_count", "Jobs that no stream could take", "", {"": self.jobs_yielded}
        )
        instances = CounterMetricFamily(
            "zeebe_element_instance_events",
            "Number of process element instance events",
            labels=["partition", "action", "type"],
        )
        for action, count in self._instances.items():
            instances.add_metric([partition, action, "PROCESS"], count)
        yield instances
        yield self._counter("zeebe_incident_events", "Number of incident events", "action", self._incidents)
        yield self._gauge(
            "zeebe_received_request_queue_length", "Commands that wait to be processed", self.queue_length()
        )
        for name, (documentation, value) in self.gauges.items():
            yield self._gauge(name, documentation, value())
        yield self._commit_durations.family(
            "zeebe_stream_processor_batch_processing_commit_duration_seconds", "Time of one durable commit", partition
        )
        yield self._processing_durations.family(
            "zeebe_stream_processor_batch_processing_duration_seconds", "Time spent in processing one batch", partition
        )
        yield self._batch_sizes.family(
            "zeebe_stream_processor_batch_processing_commands", "Commands of one batch", partition
        )
        yield self._counter("kiang_commits_failed", "Commits that the store refused", "", {"": self.commits_failed})

    def _counter(
        self, name: str, documentation: str, label: str, counts: dict[str, int] | Counter[str]
    ) -> CounterMetricFamily:
        labels = ["partition", label] if label else ["partition"]
        family = CounterMetricFamily(name, documentation, labels=labels)
        for value, count in counts.items():
            family.add_metric([self._partition, str(value)] if label else [self._partition], count)
        return family

    def _gauge(self, name: str, documentation: str, value: float) -> GaugeMetricFamily:
        family = GaugeMetricFamily(name, documentation, labels=["partition"])
        family.add_metric([self._partition], value)
        return family
