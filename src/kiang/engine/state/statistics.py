"""How many jobs were created, completed and failed, and what the installation is used for: counted as it happens, per minute and hour.

Nobody has to look at a million jobs to say how many there were. What one batch counts is collected in memory and becomes a few rows when
the batch is committed: what was answered is counted.

The key of a row holds its time, so that a span of time is a range of keys and needs no index.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, ClassVar, Protocol

from kiang.engine.state.source import Rows
from kiang.engine.state.table import Condition, Index, Row, Table

MINUTE_MS = 60_000
HOUR_MS = 3_600_000

ORDINAL_BITS = 20
"""The lower bits of a key number the rows of one minute or hour in the order in which they came up."""

COUNTERS_MAX = 9_500
"""Combinations of job type, worker and tenant that are counted apart in one hour: some 300 bytes each. The others are counted together."""

NAME_CHARACTERS_MAX = 256
"""Job types and workers with longer names are counted together."""

ASSIGNEES_MAX = 100_000
"""Assignees that are told apart in one hour, some 200 bytes each; who comes later in that hour is not counted."""

CREATED, COMPLETED, FAILED = 0, 1, 2
INSTANCES, DECISIONS = 0, 1

OTHERS = ("", "", "")
"""Job type, worker and tenant of what is counted together. A job always has a type."""


class JobCount(Row):
    """Jobs of one minute or hour.

    Attributes:
        key: See `row_key`.
        worker: "" for jobs that were created: no worker has them yet.
        created_at: When the last one was created; 0 if none was.
    """

    key: int
    job_type: str
    worker: str
    tenant_id: str
    created: int = 0
    completed: int = 0
    failed: int = 0
    created_at: int = 0
    completed_at: int = 0
    failed_at: int = 0

    MUTABLE: ClassVar[tuple[str, ...]] = ("created", "completed", "failed", "created_at", "completed_at", "failed_at")


class UsageCount(Row):
    """Usage of one minute or hour.

    Attributes:
        key: See `row_key`.
        instances: Root process instances that were created.
        decisions: Evaluations of decisions.
        counted_at: When the last of them was.
    """

    key: int
    tenant_id: str
    instances: int = 0
    decisions: int = 0
    counted_at: int = 0

    MUTABLE: ClassVar[tuple[str, ...]] = ("instances", "decisions", "counted_at")


class Assignee(Row):
    """Somebody to whom user tasks were assigned in one hour.

    Attributes:
        key: See `row_key`.
        assignee: A hash of the name: how many there are matters, not who they are.
        first_at: When they got one for the first time in that hour.
        last_at: The last time.
    """

    key: int
    tenant_id: str
    assignee: int
    first_at: int
    last_at: int

    MUTABLE: ClassVar[tuple[str, ...]] = ("last_at",)


JOB_MINUTES = Table("job_minute", JobCount, (Index(("job_type", "key")),))
JOB_HOURS = Table("job_hour", JobCount, (Index(("job_type", "key")),))
USAGE_MINUTES = Table("usage_minute", UsageCount)
USAGE_HOURS = Table("usage_hour", UsageCount)
ASSIGNEES = Table("usage_assignee", Assignee)

Name = tuple[str, str, str]


def row_key(at_ms: int, unit_ms: int, ordinal: int = 0) -> int:
    """The key of a row of the minute or hour in which an instant is."""
    return (at_ms // unit_ms << ORDINAL_BITS) + ordinal


def start_of(key: int, unit_ms: int) -> int:
    """The first millisecond of the minute or hour that a row is about."""
    return (key >> ORDINAL_BITS) * unit_ms


class ChangingRows(Rows, Protocol):
    """Where rows are asked for and written: the state."""

    def put(self, table: Table[Any], row: Any) -> None:
        """A new row."""
        ...

    def change(self, table: Table[Any], row: Any) -> None:
        """A row has changed."""
        ...


class Statistics:
    """Counts what events tell. Only appliers call it."""

    def __init__(self, rows: ChangingRows) -> None:
        self._rows = rows
        self._jobs: dict[Name, list[int]] = {}
        self._usage: dict[str, list[int]] = {}
        self._assigned: dict[tuple[str, str], int] = {}
        self._minute = _Period(rows, MINUTE_MS, JOB_MINUTES, USAGE_MINUTES)
        self._hour = _Period(rows, HOUR_MS, JOB_HOURS, USAGE_HOURS)
        self._assignees: dict[tuple[str, int], Assignee] = {}
        self._from = self._until = 0

    def job(self, kind: int, job_type: str, worker: str, tenant_id: str, now: int) -> None:
        """A job was created, has completed or failed.

        Args:
            kind: `CREATED`, `COMPLETED` or `FAILED`.
            job_type: Of the job.
            worker: Who has done it; "" for a job that was created.
            tenant_id: Of the job.
            now: Epoch ms.
        """
        if not self._from <= now < self._until:
            self._turn(now)
        counts = self._jobs.get((job_type, worker, tenant_id))
        if counts is None:
            counts = self._jobs[job_type, worker, tenant_id] = [0] * 6
        counts[kind] += 1
        counts[kind + 3] = now

    def usage(self, kind: int, tenant_id: str, now: int) -> None:
        """A root process instance was created (`INSTANCES`), or a decision evaluated (`DECISIONS`)."""
        if not self._from <= now < self._until:
            self._turn(now)
        counts = self._usage.get(tenant_id)
        if counts is None:
            counts = self._usage[tenant_id] = [0, 0, 0]
        counts[kind] += 1
        counts[2] = now

    def assigned(self, assignee: str, tenant_id: str, now: int) -> None:
        """A user task was assigned to somebody."""
        if not self._from <= now < self._until:
            self._turn(now)
        self._assigned[tenant_id, assignee] = now

    def render(self) -> None:
        """Turn what was counted since the last time into rows."""
        for name, counts in self._jobs.items():
            for period in (self._minute, self._hour):
                row = period.job(name)
                row.created += counts[CREATED]
                row.completed += counts[COMPLETED]
                row.failed += counts[FAILED]
                row.created_at = max(row.created_at, counts[CREATED + 3])
                row.completed_at = max(row.completed_at, counts[COMPLETED + 3])
                row.failed_at = max(row.failed_at, counts[FAILED + 3])
        self._jobs.clear()
        for tenant_id, (instances, decisions, at) in self._usage.items():
            for period in (self._minute, self._hour):
                usage = period.usage(tenant_id)
                usage.instances += instances
                usage.decisions += decisions
                usage.counted_at = max(usage.counted_at, at)
        self._usage.clear()
        for (tenant_id, assignee), at in self._assigned.items():
            self._note(tenant_id, _hash(assignee), at)
        self._assigned.clear()

    def _note(self, tenant_id: str, assignee: int, at: int) -> None:
        row = self._assignees.get((tenant_id, assignee))
        if row is None:
            ordinal = len(self._assignees)
            if ordinal < ASSIGNEES_MAX:
                row = Assignee(row_key(at, HOUR_MS, ordinal), tenant_id, assignee, at, at)
                self._assignees[tenant_id, assignee] = row
                self._rows.put(ASSIGNEES, row)
        elif at != row.last_at:
            row.last_at = at
            self._rows.change(ASSIGNEES, row)

    def _turn(self, now: int) -> None:
        """Another minute has begun, or the clock was turned: go on with the rows that there are of it."""
        self.render()
        self._from = now - now % MINUTE_MS
        self._until = self._from + MINUTE_MS
        self._minute.begin(now)
        if self._hour.begin(now):
            rows = self._rows.current(ASSIGNEES, _within(now, HOUR_MS))
            self._assignees = {(row.tenant_id, row.assignee): row for row in rows}


class _Period:
    """The rows of the minute, or the hour, that is going on."""

    __slots__ = ("_job_rows", "_jobs", "_rows", "_start", "_unit_ms", "_usage", "_usage_rows")

    def __init__(self, rows: ChangingRows, unit_ms: int, jobs: Table[JobCount], usage: Table[UsageCount]) -> None:
        self._rows = rows
        self._unit_ms = unit_ms
        self._jobs = jobs
        self._usage = usage
        self._start = -1
        self._job_rows: dict[Name, JobCount] = {}
        self._usage_rows: dict[str, UsageCount] = {}

    def begin(self, now: int) -> bool:
        """Go on with the rows of `now`; whether it is another period than before."""
        start = now - now % self._unit_ms
        if start == self._start:
            return False
        self._start = start
        where = _within(now, self._unit_ms)
        self._job_rows = {(r.job_type, r.worker, r.tenant_id): r for r in self._rows.current(self._jobs, where)}
        self._usage_rows = {r.tenant_id: r for r in self._rows.current(self._usage, where)}
        return True

    def job(self, name: Name) -> JobCount:
        """The row to count in, which is written with this batch."""
        row = self._job_rows.get(name)
        if row is None and (
            len(self._job_rows) >= COUNTERS_MAX or max(len(name[0]), len(name[1])) > NAME_CHARACTERS_MAX
        ):
            name = OTHERS
            row = self._job_rows.get(name)
        if row is None:
            row = JobCount(row_key(self._start, self._unit_ms, len(self._job_rows)), *name)
            self._job_rows[name] = row
            self._rows.put(self._jobs, row)
        else:
            self._rows.change(self._jobs, row)
        return row

    def usage(self, tenant_id: str) -> UsageCount:
        """As `job`."""
        row = self._usage_rows.get(tenant_id)
        if row is None:
            row = UsageCount(row_key(self._start, self._unit_ms, len(self._usage_rows)), tenant_id)
            self._usage_rows[tenant_id] = row
            self._rows.put(self._usage, row)
        else:
            self._rows.change(self._usage, row)
        return row


def _within(now: int, unit_ms: int) -> list[Condition]:
    return [("key", ">=", row_key(now, unit_ms)), ("key", "<", row_key(now + unit_ms, unit_ms))]


def _hash(assignee: str) -> int:
    return int.from_bytes(blake2b(assignee.encode("utf-8", "surrogatepass"), digest_size=8).digest(), signed=True)
