"""`kiang instances`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kiang.cli.options import Address, Json, Limit, RestAddress, Timeout, connect
from kiang.cli.output import print_json, print_table


def instances(
    process: Annotated[str | None, typer.Option("--process", "-p", help="Only of this process id.")] = None,
    state: Annotated[str | None, typer.Option("--state", help="ACTIVE, COMPLETED or TERMINATED.")] = None,
    with_incident: Annotated[bool, typer.Option("--incident", help="Only those that are stuck.")] = False,
    limit: Limit = 20,
    address: Address = None,
    rest_address: RestAddress = None,
    timeout: Timeout = 10.0,
    as_json: Json = False,
) -> None:
    """List process instances, the newest first.

    Example: kiang instances --process order --state ACTIVE
    """
    from kiang.client import FoundProcessInstance  # noqa: PLC0415 - `--help` does without

    wanted: dict[str, Any] = {}
    if process:
        wanted["processDefinitionId"] = process
    if state:
        wanted["state"] = state.upper()
    if with_incident:
        wanted["hasIncident"] = True
    with connect(address, rest_address, timeout) as client:
        page = client.search(FoundProcessInstance, wanted, limit=limit, newest_first=True)
    if as_json:
        print_json(page)
        return
    rows = [
        (
            item.process_instance_key,
            item.process_definition_id,
            item.process_definition_version,
            f"{item.state} (incident)" if item.has_incident else item.state,
            item.start_date,
            item.end_date,
        )
        for item in page.items
    ]
    print_table(
        f"Process instances: {len(rows)} of {page.total_items}",
        ("key", "process", "version", "state", "started", "ended"),
        rows,
        empty="There are no such process instances. Start one with `kiang start PROCESS_ID`.",
        wide_only=("ended",),
    )
