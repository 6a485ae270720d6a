"""`kiang jobs`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kiang.cli.options import Address, Json, Limit, RestAddress, Timeout, connect
from kiang.cli.output import print_json, print_table


def jobs(
    job_type: Annotated[str | None, typer.Option("--type", "-t", help="Only of this job type.")] = None,
    state: Annotated[
        str | None, typer.Option("--state", help="CREATED, FAILED, COMPLETED, CANCELED, ERROR_THROWN, TIMED_OUT ...")
    ] = None,
    instance: Annotated[int | None, typer.Option("--instance", "-i", help="Only of this process instance.")] = None,
    limit: Limit = 20,
    address: Address = None,
    rest_address: RestAddress = None,
    timeout: Timeout = 10.0,
    as_json: Json = False,
) -> None:
    """List jobs, the newest first.

    Example: kiang jobs --type process-payment --state FAILED
    """
    from kiang.client import FoundJob  # noqa: PLC0415 - `--help` does without

    wanted: dict[str, Any] = {}
    if job_type:
        wanted["type"] = job_type
    if state:
        wanted["state"] = state.upper()
    if instance is not None:
        wanted["processInstanceKey"] = str(instance)
    with connect(address, rest_address, timeout) as client:
        page = client.search(FoundJob, wanted, limit=limit, newest_first=True)
    if as_json:
        print_json(page)
        return
    rows = [
        (
            item.job_key,
            item.type,
            item.state,
            item.retries,
            item.element_id,
            item.process_instance_key,
            item.worker,
            (item.error_message or "").partition("\n")[0],
        )
        for item in page.items
    ]
    print_table(
        f"Jobs: {len(rows)} of {page.total_items}",
        ("key", "type", "state", "retries", "element", "instance", "worker", "error"),
        rows,
        empty="There are no such jobs.",
        wide_only=("element", "worker"),
    )
