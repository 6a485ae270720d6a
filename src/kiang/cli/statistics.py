"""`kiang statistics`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from kiang.cli.administration import administer
from kiang.cli.options import Json, Limit, RestAddress, Timeout
from kiang.cli.output import print_json, print_table
from kiang.cli.since import Since, instant_of


def statistics(
    job_type: Annotated[
        str | None, typer.Option("--type", help="The workers of this job type, instead of all job types.")
    ] = None,
    since: Since = "1h",
    limit: Limit = 100,
    rest_address: RestAddress = None,
    timeout: Timeout = 10.0,
    as_json: Json = False,
) -> None:
    """Show how many jobs were created, completed and failed, by type or by worker.

    Example: kiang statistics --type process-payment --since 1d
    """
    window = {
        "from": instant_of("--since", since),
        "to": (datetime.now(UTC) + timedelta(seconds=1)).isoformat(),
    }
    by, key, filter_ = ("by-types", "jobType", window)
    if job_type is not None:
        by, key, filter_ = ("by-workers", "worker", {**window, "jobType": job_type})
    body: dict[str, Any] = {"filter": filter_, "page": {"limit": limit}}
    found = administer(rest_address, timeout, "POST", "jobs", "statistics", by, body=body)
    if as_json:
        print_json(found)
        return
    statuses = ("created", "completed", "failed") if job_type is None else ("completed", "failed")
    rows = [
        (
            item[key],
            *(item[status]["count"] for status in statuses),
            *((item["workers"],) if job_type is None else ()),
            max(filter(None, (item[status]["lastUpdatedAt"] for status in statuses)), default=""),
        )
        for item in found["items"]
    ]
    head = ("type", *statuses, "workers", "last") if job_type is None else ("worker", *statuses, "last")
    print_table(
        f"Jobs: {len(rows)} of {found['page']['totalItems']}",
        head,
        rows,
        empty="There was no job in that time.",
    )
