"""Statistics about jobs of a span of time: by type, by worker, by time and by error."""

# ruff: noqa: S608 - names come from declarations alone; instants are integers, tenants are quoted

from __future__ import annotations

from collections.abc import Iterable

from kiang.engine.state.job import JOBS
from kiang.engine.state.statistics import JOB_HOURS, JOB_MINUTES
from kiang.protocol.enums import JobState
from kiang.search.field import Column, Field, SearchResource
from kiang.search.spans import Counts, Span, rows_within
from kiang.search.statement import Run
from kiang.search.value import DATE, INTEGER, STRING
from kiang.store.schema import literal

COUNTS = Counts(
    JOB_MINUTES,
    JOB_HOURS,
    ("job_type", "worker"),
    (("created", "created_at"), ("completed", "completed_at"), ("failed", "failed_at")),
)
STATUSES = ("created", "completed", "failed")
"""What is counted, as the API calls it."""

_SUMS = ", ".join(
    f"SUM({status}) AS {status}, NULLIF(MAX(CASE WHEN {status} > 0 THEN {status}_at ELSE 0 END), 0) AS {status}_at"
    for status in STATUSES
)
_METRICS = tuple(
    field
    for status in STATUSES
    for field in (
        Field(status, INTEGER, Column(status), can_filter=False, can_sort=False),
        Field(f"{status}At", DATE, Column(f"{status}_at"), nullable=True, can_filter=False, can_sort=False),
    )
)
_WITH_ERRORS: dict[JobState, str] = {
    JobState.FAILED: "",
    JobState.ERROR_THROWN: "",
    JobState.ERROR_CAUGHT: "",
    JobState.SUSPENDED: " AND error_message <> ''",
    JobState.ACTIVATABLE: " AND error_message <> ''",
    JobState.ACTIVATED: " AND error_message <> ''",
}
"""States of jobs that may have an error, and how it is known that they have: one that is tried again says why. Each state has its index."""


def by_type(span: Span, tenant_ids: Iterable[str] | None) -> SearchResource:
    """Job types, with how many workers have completed or failed jobs of each."""
    return _resource(
        "Job Type Statistics",
        "jobType",
        f"SELECT MIN(key) AS key, job_type, {_SUMS}, COUNT(DISTINCT NULLIF(worker, '')) AS workers"
        f" FROM ({rows_within(span, COUNTS, tenant_ids)}) WHERE job_type <> '' GROUP BY job_type",
        (
            Field("jobType", STRING, Column("job_type")),
            *_METRICS,
            Field("workers", INTEGER, Column("workers"), can_filter=False, can_sort=False),
        ),
    )


def by_worker(span: Span, tenant_ids: Iterable[str] | None) -> SearchResource:
    """Workers of a job type, to be named in the filter. Nobody has created a job: that is counted nowhere here."""
    return _resource(
        "Job Worker Statistics",
        "worker",
        f"SELECT MIN(key) AS key, job_type, worker, {_SUMS} FROM ({rows_within(span, COUNTS, tenant_ids)})"
        " WHERE worker <> '' GROUP BY job_type, worker",
        (
            Field("worker", STRING, Column("worker"), can_filter=False),
            *_METRICS,
            Field("jobType", STRING, Column("job_type"), is_shown=False),
        ),
    )


def by_time(span: Span, tenant_ids: Iterable[str] | None, resolution_ms: int) -> SearchResource:
    """Pieces of the span in which something has happened to jobs of a type, to be named in the filter."""
    return _resource(
        "Job Time Series Statistics",
        "time",
        f"SELECT MIN(key) AS key, job_type, start / {resolution_ms} * {resolution_ms} AS at, {_SUMS}"
        f" FROM ({rows_within(span, COUNTS, tenant_ids)}) GROUP BY job_type, at",
        (
            Field("time", DATE, Column("at"), can_filter=False),
            *_METRICS,
            Field("jobType", STRING, Column("job_type"), is_shown=False),
        ),
    )


def by_error(span: Span, tenant_ids: Iterable[str] | None, job_type: str) -> SearchResource:
    """Errors that jobs of a type have not got over; those that were created in the span."""
    tenants = "" if tenant_ids is None else f" AND tenant_id IN ({', '.join(map(literal, sorted(tenant_ids)))})"
    jobs = " UNION ALL ".join(
        f"SELECT key, worker, error_code, error_message FROM {JOBS.name} WHERE job_type = (SELECT job_type FROM wanted)"
        f" AND state = {int(state)}{condition} AND created_at >= {span.from_ms} AND created_at <= {span.to_ms}{tenants}"
        for state, condition in _WITH_ERRORS.items()
    )
    return _resource(
        "Job Error Statistics",
        "errorMessage",
        f"SELECT MIN(key) AS key, error_code, error_message, COUNT(DISTINCT NULLIF(worker, '')) AS workers"
        f" FROM (WITH wanted(job_type) AS (SELECT CAST({literal(job_type.encode())} AS TEXT)) {jobs}) GROUP BY error_code, error_message",
        (
            Field("errorCode", STRING, Column("error_code")),
            Field("errorMessage", STRING, Column("error_message")),
            Field("workers", INTEGER, Column("workers"), can_filter=False, can_sort=False),
        ),
    )


def totals(
    span: Span, tenant_ids: Iterable[str] | None, job_type: str | None, run: Run
) -> tuple[list[int | None], bool]:
    """All jobs, or those of a type.

    Returns:
        Number and last instant (epoch ms, None for none) of the jobs that were created, completed and failed; and whether some could
        not be told apart by type.
    """
    rows = rows_within(span, COUNTS, tenant_ids)
    where, parameters = ("", []) if job_type is None else (" WHERE job_type = ?", [job_type])
    (found,) = run(f"SELECT {_SUMS} FROM ({rows}){where}", parameters)
    others = run(f"SELECT 1 FROM ({rows}) WHERE job_type = '' LIMIT 1", [])
    values = [value if place % 2 else value or 0 for place, value in enumerate(found)]
    return values, bool(others)


def _resource(name: str, key: str, rows: str, fields: tuple[Field, ...]) -> SearchResource:
    return SearchResource(name=name, table=JOBS, key=key, rows=f"({rows})", fields=fields)
