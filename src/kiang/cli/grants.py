"""`kiang grants`: who may do what."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kiang.cli.administration import PAGE_ITEMS, administer, print_found
from kiang.cli.failure import CommandError, ExitStatus
from kiang.cli.options import Json, RestAddress, Timeout

app = typer.Typer(
    name="grants",
    no_args_is_help=True,
    help="""Grants: permissions of a user, client, group, role or mapping rule for resources.

    [bold]kiang grants create user:ada process_definition order create_process_instance read_process_instance[/bold]
    """,
)

_COLUMNS = {
    "key": "authorizationKey",
    "kind": "ownerType",
    "owner": "ownerId",
    "resource": "resourceType",
    "of": "resourceId",
    "permissions": "permissionTypes",
}


@app.command("list")
def list_grants(
    owner: Annotated[str | None, typer.Option("--owner", metavar="KIND:ID", help="Only of this one: user:ada.")] = None,
    rest_address: RestAddress = None,
    timeout: Timeout = 10.0,
    as_json: Json = False,
) -> None:
    """List grants."""
    wanted: dict[str, Any] = {}
    if owner is not None:
        wanted["ownerType"], wanted["ownerId"] = _owner(owner)
    body = {"filter": wanted, "page": {"limit": PAGE_ITEMS}}
    found = administer(rest_address, timeout, "POST", "authorizations", "search", body=body)
    print_found("Grants", found, _COLUMNS, as_json=as_json)


@app.command()
def create(
    owner: Annotated[
        str, typer.Argument(metavar="KIND:ID", help="user:ada, client:deployer, group:office, role:starter.")
    ],
    resource: Annotated[str, typer.Argument(metavar="TYPE", help="Such as process_definition.")],
    id: Annotated[str, typer.Argument(metavar="ID", help="Of the resource; '*' for all of the type.")],  # noqa: A002
    permissions: Annotated[list[str], typer.Argument(metavar="PERMISSION...", help="Such as read_process_instance.")],
    rest_address: RestAddress = None,
    timeout: Timeout = 10.0,
) -> None:
    """Grant permissions; prints the key of the grant."""
    kind, owner_id = _owner(owner)
    body = {
        "ownerType": kind,
        "ownerId": owner_id,
        "resourceType": resource.upper(),
        "resourceId": id,
        "permissionTypes": [permission.upper() for permission in permissions],
    }
    typer.echo(administer(rest_address, timeout, "POST", "authorizations", body=body)["authorizationKey"])


@app.command()
def delete(
    key: Annotated[int, typer.Argument(metavar="KEY", help="Of the grant.")],
    rest_address: RestAddress = None,
    timeout: Timeout = 10.0,
) -> None:
    """Take permissions away."""
    administer(rest_address, timeout, "DELETE", "authorizations", str(key))
    typer.echo(f"Deleted grant {key}.")


def _owner(text: str) -> tuple[str, str]:
    kind, colon, id_ = text.partition(":")
    if not colon or not id_:
        raise CommandError(
            f"Expected an owner such as user:ada, but was {text!r}.",
            hint="Kinds are user, client, group, role and mapping_rule.",
            status=ExitStatus.USAGE,
        )
    return kind.upper().replace("-", "_"), id_
