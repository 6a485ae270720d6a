"""`kiang audit`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kiang.cli.administration import administer
from kiang.cli.options import Json, Limit, RestAddress, Timeout
from kiang.cli.output import print_json, print_table
from kiang.cli.since import Since, instant_of


def audit(
    actor: Annotated[str | None, typer.Option("--actor", help="Only what this user or program has done.")] = None,
    entity: Annotated[
        str | None, typer.Option("--entity", help="Only about these: PROCESS_INSTANCE, USER_TASK, USER, ...")
    ] = None,
    operation: Annotated[
        str | None, typer.Option("--operation", help="Only this: CREATE, CANCEL, ASSIGN, DELETE, ...")
    ] = None,
    instance: Annotated[int | None, typer.Option("--instance", "-i", help="Only about this process instance.")] = None,
    task: Annotated[int | None, typer.Option("--task", help="Only about this user task.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only what was refused.")] = False,
    since: Since = "",
    limit: Limit = 20,
    rest_address: RestAddress = None,
    timeout: Timeout = 10.0,
    as_json: Json = False,
) -> None:
    """List who has done what, the newest first.

    Example: kiang audit --actor ada --since 2d
    """
    wanted: dict[str, Any] = {
        "actorId": actor,
        "entityType": entity,
        "operationType": operation,
        "processInstanceKey": None if instance is None else str(instance),
        "userTaskKey": None if task is None else str(task),
        "result": "FAIL" if failed else None,
        "timestamp": {"$gte": instant_of("--since", since)} if since else None,
    }
    body = {
        "filter": {name: value for name, value in wanted.items() if value is not None},
        "sort": [{"field": "timestamp", "order": "DESC"}],
        "page": {"limit": limit},
    }
    found = administer(rest_address, timeout, "POST", "audit-logs", "search", body=body)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            item["timestamp"],
            item["actorId"] or item["actorType"].lower(),
            item["operationType"],
            item["entityType"],
            item["entityKey"],
            _about(item),
            item["result"],
        )
        for item in found["items"]
    ]
    print_table(
        f"Audit log: {len(rows)} of {found['page']['totalItems']}",
        ("time", "who", "operation", "on", "key", "about", "result"),
        rows,
        empty="There are no such entries.",
        wide_only=("about",),
    )


def _about(item: dict[str, Any]) -> str:
    """A name, and whom else it is about."""
    related = item["relatedEntityKey"]
    return " ".join(filter(None, (item["entityDescription"], f"({related})" if related else None)))
