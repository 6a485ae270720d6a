"""`kiang listeners`: jobs that run whenever something happens to a user task, of whichever process."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from kiang.cli.administration import PAGE_ITEMS, administer, print_found
from kiang.cli.options import Json, RestAddress, Timeout
from kiang.errors import NotFound

app = typer.Typer(
    name="listeners",
    no_args_is_help=True,
    help="""Global task listeners: jobs that run whenever something happens to a user task, of whichever process.

    [bold]kiang listeners set audit audit-user-task --on completing --on canceling[/bold]
    """,
)


class Event(StrEnum):
    """What happens to a user task."""

    CREATING = "creating"
    ASSIGNING = "assigning"
    UPDATING = "updating"
    COMPLETING = "completing"
    CANCELING = "canceling"
    ALL = "all"


Id = Annotated[str, typer.Argument(metavar="ID", help="Its id.")]

_COLUMNS = {
    "id": "id",
    "type": "type",
    "on": "eventTypes",
    "retries": "retries",
    "priority": "priority",
    "after the model's": "afterNonGlobal",
}


@app.command("list")
def list_listeners(rest_address: RestAddress = None, timeout: Timeout = 10.0, as_json: Json = False) -> None:
    """List global task listeners, in the order in which they run."""
    sort = [{"field": "afterNonGlobal"}, {"field": "priority", "order": "DESC"}, {"field": "id"}]
    body = {"page": {"limit": PAGE_ITEMS}, "sort": sort}
    found = administer(rest_address, timeout, "POST", "global-task-listeners", "search", body=body)
    print_found("Global task listeners", found, _COLUMNS, as_json=as_json)


@app.command("set")
def set_listener(
    id: Id,  # noqa: A002 - the word of the help
    job_type: Annotated[str, typer.Argument(metavar="TYPE", help="Of its jobs.")],
    events: Annotated[list[Event] | None, typer.Option("--on", help="When it runs; several times for several.")] = None,
    retries: Annotated[int, typer.Option("--retries", min=1, help="Of its jobs.")] = 3,
    priority: Annotated[int, typer.Option("--priority", help="The higher, the earlier.")] = 50,
    after: Annotated[bool, typer.Option("--after", help="Behind the listeners of the model, not before.")] = False,
    rest_address: RestAddress = None,
    timeout: Timeout = 10.0,
) -> None:
    """Create a global task listener, or change all of it. Without --on it runs at everything."""
    body = {
        "type": job_type,
        "eventTypes": [str(event) for event in events or (Event.ALL,)],
        "retries": retries,
        "priority": priority,
        "afterNonGlobal": after,
    }
    try:
        administer(rest_address, timeout, "PUT", "global-task-listeners", id, body=body)
    except NotFound:
        administer(rest_address, timeout, "POST", "global-task-listeners", body={"id": id, **body})
        typer.echo(f"Created listener {id}.")
    else:
        typer.echo(f"Changed listener {id}.")


@app.command()
def delete(id: Id, rest_address: RestAddress = None, timeout: Timeout = 10.0) -> None:  # noqa: A002
    """Delete a global task listener."""
    administer(rest_address, timeout, "DELETE", "global-task-listeners", id)
    typer.echo(f"Deleted listener {id}.")
