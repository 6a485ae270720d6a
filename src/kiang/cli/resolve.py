"""`kiang resolve`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kiang.cli.failure import CommandError, ExitStatus
from kiang.cli.options import Address, Json, RestAddress, Timeout, connect
from kiang.cli.output import console, print_json

if TYPE_CHECKING:
    from kiang.client import Client

PAGE = 1_000
"""Incidents resolved with one search."""


def resolve(
    incident_keys: Annotated[list[int] | None, typer.Argument(metavar="KEY...", help="Keys of incidents.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All open incidents.")] = False,
    retries: Annotated[int, typer.Option("--retries", min=1, help="Retries for jobs that have none left.")] = 1,
    address: Address = None,
    rest_address: RestAddress = None,
    timeout: Timeout = 10.0,
    as_json: Json = False,
) -> None:
    """Resolve incidents: what was stuck is tried again.

    A job without retries gets some first. If the cause is still there, there will be a new incident.

    Example: kiang resolve 2251799813685312 --retries 3
    """
    if bool(incident_keys) == everything:
        raise CommandError(
            "Expected keys of incidents, or --all.", hint="See them with `kiang incidents`.", status=ExitStatus.USAGE
        )
    with connect(address, rest_address, timeout) as client:
        resolved = (
            _resolve_all(client, retries)
            if everything
            else [_resolve(client, key, _job_of(client, key), retries) for key in incident_keys or []]
        )
    if as_json:
        print_json({"resolved": [str(key) for key in resolved]})
    elif resolved:
        console().print(f"Resolved {len(resolved)} incident{'s' if len(resolved) > 1 else ''}.")
    else:
        console().print("There are no open incidents.")


def _resolve_all(client: Client, retries: int) -> list[int]:
    from kiang.client import FoundIncident  # noqa: PLC0415 - `--help` does without

    resolved: list[int] = []
    after = ""
    while True:
        page = client.search(FoundIncident, {"state": "ACTIVE"}, limit=PAGE, after=after)
        resolved += [_resolve(client, item.incident_key, item.job_key, retries) for item in page.items]
        if len(page.items) < PAGE or page.end_cursor is None:
            return resolved
        after = page.end_cursor


def _job_of(client: Client, incident_key: int) -> int | None:
    from kiang.client import FoundIncident  # noqa: PLC0415 - as above

    page = client.search(FoundIncident, {"incidentKey": str(incident_key)}, limit=1)
    return page.items[0].job_key if page.items else None


def _resolve(client: Client, incident_key: int, job_key: int | None, retries: int) -> int:
    if job_key is not None and job_key > 0:
        client.update_job_retries(job_key, retries)
    client.resolve_incident(incident_key)
    return incident_key
