"""Statistics about jobs."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import msgspec

from kiang.engine.state.statistics import HOUR_MS, MINUTE_MS
from kiang.gateway.rest.body import Answer, Int32, Int64, Request
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Parameter, Resource
from kiang.gateway.rest.resources.jobs import JOBS
from kiang.gateway.rest.shapes import DateTime
from kiang.gateway.rest.validation import Violations
from kiang.search import job_statistics
from kiang.search.field import SearchResource
from kiang.search.search import Item, answer
from kiang.search.spans import Span
from kiang.search.value import print_date
from kiang.store.history import MINUTES_KEPT_MS

JOB_STATISTICS = Resource(JOBS.tag)

FOR_EVER_MS = 253_402_300_799_999
"""The last moment of the year 9999."""

DAY_MS = 24 * HOUR_MS
RESOLUTIONS_MS = (MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, DAY_MS)
PIECES_WANTED = 120
"""A span is cut into no more pieces than this, unless the client says how."""

_DURATION = re.compile(
    r"P(?:(?P<days>\d{1,6})D)?(?:T(?:(?P<hours>\d{1,8})H)?(?:(?P<minutes>\d{1,9})M)?(?:(?P<seconds>\d{1,10}(?:\.\d{1,9})?)S)?)?"
)
_UNITS_MS = {"days": DAY_MS, "hours": HOUR_MS, "minutes": MINUTE_MS, "seconds": 1000}
_WINDOW = (
    Parameter("from", {"type": "string", "format": "date-time"}, required=True),
    Parameter("to", {"type": "string", "format": "date-time"}, required=True),
)


class StatusMetric(Answer, frozen=True):
    """How many jobs, and when there was the last one."""

    count: Int64
    last_updated_at: DateTime | None


class GlobalJobStatisticsQueryResult(Answer, frozen=True):
    """All jobs of a span of time."""

    created: StatusMetric
    completed: StatusMetric
    failed: StatusMetric
    is_incomplete: bool


class StatisticsPage(Answer, frozen=True):
    """Where the items are among all."""

    total_items: int
    has_more_total_items: bool
    start_cursor: str | None
    end_cursor: str | None


class JobTypeStatisticsItem(Answer, frozen=True):
    """Jobs of one type."""

    job_type: str
    created: StatusMetric
    completed: StatusMetric
    failed: StatusMetric
    workers: Int32


class JobTypeStatisticsQueryResult(Answer, frozen=True):
    """Jobs by type."""

    items: list[JobTypeStatisticsItem]
    page: StatisticsPage


class JobWorkerStatisticsItem(Answer, frozen=True):
    """Jobs of one worker."""

    worker: str
    created: StatusMetric
    completed: StatusMetric
    failed: StatusMetric


class JobWorkerStatisticsQueryResult(Answer, frozen=True):
    """Jobs by worker."""

    items: list[JobWorkerStatisticsItem]
    page: StatisticsPage


class JobTimeSeriesStatisticsItem(Answer, frozen=True):
    """Jobs of one piece of time."""

    time: DateTime
    created: StatusMetric
    completed: StatusMetric
    failed: StatusMetric


class JobTimeSeriesStatisticsQueryResult(Answer, frozen=True):
    """Jobs by time."""

    items: list[JobTimeSeriesStatisticsItem]
    page: StatisticsPage


class JobErrorStatisticsItem(Answer, frozen=True):
    """One error, and how many workers have had it."""

    error_code: str
    error_message: str
    workers: Int32


class JobErrorStatisticsQueryResult(Answer, frozen=True):
    """Jobs by error."""

    items: list[JobErrorStatisticsItem]
    page: StatisticsPage


class CursorForwardPagination(Request, frozen=True):
    """Where to go on."""

    after: str | None = None
    limit: Int32 | None = None


Text = str | dict[str, Any]
"""A text, or operators over it."""


class JobTypeStatisticsFilter(Request, frozen=True):
    """When, and which types."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("from", "to")

    from_: DateTime | None = msgspec.field(default=None, name="from")
    to: DateTime | None = None
    job_type: Text | None = None


class JobTypeStatisticsQuery(Request, frozen=True):
    """Which jobs."""

    filter: JobTypeStatisticsFilter | None = None
    page: CursorForwardPagination | None = None


class JobWorkerStatisticsFilter(Request, frozen=True):
    """When, and which type."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("from", "to", "jobType")

    from_: DateTime | None = msgspec.field(default=None, name="from")
    to: DateTime | None = None
    job_type: str | None = None


class JobWorkerStatisticsQuery(Request, frozen=True):
    """Whose jobs."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("filter",)

    filter: JobWorkerStatisticsFilter | None = None
    page: CursorForwardPagination | None = None


class JobTimeSeriesStatisticsFilter(Request, frozen=True):
    """When, which type, and into what pieces to cut the time."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("from", "to", "jobType")

    from_: DateTime | None = msgspec.field(default=None, name="from")
    to: DateTime | None = None
    job_type: str | None = None
    resolution: str | None = None


class JobTimeSeriesStatisticsQuery(Request, frozen=True):
    """Which jobs."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("filter",)

    filter: JobTimeSeriesStatisticsFilter | None = None
    page: CursorForwardPagination | None = None


class JobErrorStatisticsFilter(Request, frozen=True):
    """When, which type, and which errors."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("from", "to", "jobType")

    from_: DateTime | None = msgspec.field(default=None, name="from")
    to: DateTime | None = None
    job_type: str | None = None
    error_code: Text | None = None
    error_message: Text | None = None


class JobErrorStatisticsQuery(Request, frozen=True):
    """Which errors."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("filter",)

    filter: JobErrorStatisticsFilter | None = None
    page: CursorForwardPagination | None = None


@JOB_STATISTICS.get(
    "/jobs/statistics/global",
    "getGlobalJobStatistics",
    since="8.9",
    parameters=(*_WINDOW, Parameter("jobType", {"type": "string"})),
    answer=GlobalJobStatisticsQueryResult,
)
async def get_global_job_statistics(call: Call) -> GlobalJobStatisticsQueryResult:
    """Get how many jobs were created, completed and failed."""
    violations = Violations()
    span = _span(call, call.query.get("from"), call.query.get("to"), violations)
    job_type = call.query.get("jobType") or None
    violations.check()
    tenant_ids = call.access.tenant_ids
    found, is_incomplete = await call.search.read(lambda run: job_statistics.totals(span, tenant_ids, job_type, run))
    created, completed, failed = (_metric(found[at] or 0, found[at + 1]) for at in (0, 2, 4))
    return GlobalJobStatisticsQueryResult(
        created=created, completed=completed, failed=failed, is_incomplete=is_incomplete and job_type is not None
    )


@JOB_STATISTICS.post(
    "/jobs/statistics/by-types",
    "getJobTypeStatistics",
    since="8.9",
    body=JobTypeStatisticsQuery,
    answer=JobTypeStatisticsQueryResult,
)
async def get_job_type_statistics(call: Call) -> dict[str, Any]:
    """Get how many jobs of each type there were."""
    filter_: JobTypeStatisticsFilter | None = call.body.filter
    violations = Violations()
    always = Span(0, FOR_EVER_MS, _minutes_from(call))
    span = always if filter_ is None else _span(call, filter_.from_, filter_.to, violations)
    violations.check()
    resource = job_statistics.by_type(span, call.access.tenant_ids)
    return await _find(call, resource, ["jobType"], {} if filter_ is None else {"jobType": filter_.job_type})


@JOB_STATISTICS.post(
    "/jobs/statistics/by-workers",
    "getJobWorkerStatistics",
    since="8.9",
    body=JobWorkerStatisticsQuery,
    answer=JobWorkerStatisticsQueryResult,
)
async def get_job_worker_statistics(call: Call) -> dict[str, Any]:
    """Get how many jobs of a type each worker had."""
    violations = Violations()
    filter_ = call.body.filter or JobWorkerStatisticsFilter()
    span, job_type = _of_type(call, filter_, violations)
    violations.check()
    resource = job_statistics.by_worker(span, call.access.tenant_ids)
    return await _find(call, resource, ["worker"], {"jobType": job_type})


@JOB_STATISTICS.post(
    "/jobs/statistics/time-series",
    "getJobTimeSeriesStatistics",
    since="8.9",
    body=JobTimeSeriesStatisticsQuery,
    answer=JobTimeSeriesStatisticsQueryResult,
)
async def get_job_time_series_statistics(call: Call) -> dict[str, Any]:
    """Get how many jobs of a type there were in each piece of time."""
    violations = Violations()
    filter_ = call.body.filter or JobTimeSeriesStatisticsFilter()
    span, job_type = _of_type(call, filter_, violations)
    resolution_ms = _resolution(filter_.resolution, span, violations)
    violations.check()
    span = Span(span.from_ms, span.to_ms, span.minutes_from_ms, whole_hours=resolution_ms % HOUR_MS == 0)
    resource = job_statistics.by_time(span, call.access.tenant_ids, resolution_ms)
    return await _find(call, resource, ["time"], {"jobType": job_type})


@JOB_STATISTICS.post(
    "/jobs/statistics/errors",
    "getJobErrorStatistics",
    since="8.9",
    body=JobErrorStatisticsQuery,
    answer=JobErrorStatisticsQueryResult,
)
async def get_job_error_statistics(call: Call) -> dict[str, Any]:
    """Get which errors jobs of a type have not got over."""
    violations = Violations()
    filter_ = call.body.filter or JobErrorStatisticsFilter()
    span, job_type = _of_type(call, filter_, violations)
    violations.check()
    resource = job_statistics.by_error(span, call.access.tenant_ids, job_type)
    conditions = {"errorCode": filter_.error_code, "errorMessage": filter_.error_message}
    return await _find(call, resource, ["errorCode", "errorMessage"], conditions)


async def _find(call: Call, resource: SearchResource, sort: list[str], conditions: dict[str, Any]) -> dict[str, Any]:
    """A page of a statistic, in the order of what it is about."""
    page: CursorForwardPagination | None = call.body.page
    request = {
        "filter": conditions,
        "sort": [{"field": name} for name in sort],
        "page": None if page is None else {"after": page.after, "limit": page.limit},
    }
    found = answer(await call.services.search.find(resource, request))
    for item in found["items"]:
        _nest(item)
    return found


def _nest(item: Item) -> None:
    """Number and instant of a count are one value in the API."""
    for status in job_statistics.STATUSES:
        if status in item:
            item[status] = {"count": item[status], "lastUpdatedAt": item.pop(f"{status}At")}


def _metric(count: int, last_at: int | None) -> StatusMetric:
    return StatusMetric(count=count, last_updated_at=None if last_at is None else print_date(last_at))


def _of_type(
    call: Call,
    filter_: JobWorkerStatisticsFilter | JobTimeSeriesStatisticsFilter | JobErrorStatisticsFilter,
    violations: Violations,
) -> tuple[Span, str]:
    if call.body.filter is None:
        violations.add("No filter provided")
        return Span(0, 0, 0), ""
    span = _span(call, filter_.from_, filter_.to, violations)
    return span, violations.text(filter_.job_type, "jobType")


def _span(call: Call, from_: str | None, to: str | None, violations: Violations) -> Span:
    instants = []
    for value, name in ((from_, "from"), (to, "to")):
        if not value:
            violations.add(f"No {name} provided")
        instants.append(violations.date(value or None, name) or 0)
    begin, end = (min(max(instant, 0), FOR_EVER_MS) for instant in instants)
    return Span(begin, end, _minutes_from(call))


def _minutes_from(call: Call) -> int:
    return call.broker.clock.now_ms() - MINUTES_KEPT_MS


def _resolution(text: str | None, span: Span, violations: Violations) -> int:
    """How long a piece of time is, in ms."""
    if text is None:
        length = span.to_ms - span.from_ms
        return next((one for one in RESOLUTIONS_MS if length <= one * PIECES_WANTED), RESOLUTIONS_MS[-1])
    found = _DURATION.fullmatch(text)
    total = 0
    if found is not None:
        total = int(sum(float(found[unit]) * ms for unit, ms in _UNITS_MS.items() if found[unit]))
    if total <= 0:
        violations.add(f"The provided resolution '{text[:100]}' is not a positive ISO 8601 duration")
    return max(total, MINUTE_MS)
