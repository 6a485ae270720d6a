"""`kiang incidents`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kiang.cli.options import Address, Json, Limit, RestAddress, Timeout, connect
from kiang.cli.output import print_json, print_table


def incidents(
    everything: Annotated[bool, typer.Option("--all", help="Resolved ones too.")] = False,
    process: Annotated[str | None, typer.Option("--process", "-p", help="Only of this process id.")] = None,
    instance: Annotated[int | None, typer.Option("--instance", "-i", help="Only of this process instance.")] = None,
    limit: Limit = 20,
    address: Address = None,
    rest_address: RestAddress = None,
    timeout: Timeout = 10.0,
    as_json: Json = False,
) -> None:
    """List incidents: where processes are stuck, and why. The newest first.

    When the cause is gone, go on with `kiang resolve KEY`.
    """
    from kiang.client import FoundIncident  # noqa: PLC0415 - `--help` does without

    wanted: dict[str, Any] = {} if everything else {"state": "ACTIVE"}
    if process:
        wanted["processDefinitionId"] = process
    if instance is not None:
        wanted["processInstanceKey"] = str(instance)
    with connect(address, rest_address, timeout) as client:
        page = client.search(FoundIncident, wanted, limit=limit, newest_first=True)
    if as_json:
        print_json(page)
        return
    rows = [
        (
            item.incident_key,
            item.error_type,
            item.process_definition_id,
            item.element_id,
            item.process_instance_key,
            item.job_key,
            item.creation_time,
            f"{item.state}: {item.error_message.partition(chr(10))[0]}"
            if everything
            else item.error_message.partition("\n")[0],
        )
        for item in page.items
    ]
    print_table(
        f"Incidents: {len(rows)} of {page.total_items}",
        ("key", "type", "process", "element", "instance", "job", "since", "message"),
        rows,
        empty="There are no incidents." if everything else "There are no open incidents.",
        wide_only=("process", "job", "since"),
    )
