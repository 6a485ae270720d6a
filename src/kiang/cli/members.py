"""`kiang groups`, `kiang roles`, `kiang tenants`: what they have and who belongs to them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from kiang.cli.administration import PAGE_ITEMS, administer, print_found
from kiang.cli.options import Json, RestAddress, Timeout


class MemberKind(StrEnum):
    """What can belong to something."""

    USER = "user"
    CLIENT = "client"
    GROUP = "group"
    ROLE = "role"
    MAPPING_RULE = "mapping-rule"


Id = Annotated[str, typer.Argument(metavar="ID", help="Its id.")]
Kind = Annotated[MemberKind, typer.Argument(help="What belongs to it.")]
MemberId = Annotated[str, typer.Argument(metavar="MEMBER", help="The member's id; of a user the name.")]


def members_app(word: str, summary: str) -> typer.Typer:
    """The commands about groups, roles or tenants.

    Args:
        word: `group`, `role` or `tenant`.
        summary: What they are.
    """
    plural, id_ = f"{word}s", f"{word}Id"
    app = typer.Typer(name=plural, no_args_is_help=True, help=summary)

    @app.command("list", help=f"List the {plural}.")
    def list_all(rest_address: RestAddress = None, timeout: Timeout = 10.0, as_json: Json = False) -> None:
        body = {"page": {"limit": PAGE_ITEMS}, "sort": [{"field": id_}]}
        found = administer(rest_address, timeout, "POST", plural, "search", body=body)
        columns = {"id": id_, "name": "name", "description": "description"}
        print_found(plural.capitalize(), found, columns, as_json=as_json)

    @app.command(help=f"Create a {word}.")
    def create(
        id: Id,  # noqa: A002 - the word of the help
        name: Annotated[str, typer.Option("--name", help="As people call it.")] = "",
        description: Annotated[str, typer.Option("--description", help="What it is for.")] = "",
        rest_address: RestAddress = None,
        timeout: Timeout = 10.0,
    ) -> None:
        body: dict[str, Any] = {id_: id, "name": name or id, "description": description}
        administer(rest_address, timeout, "POST", plural, body=body)
        typer.echo(f"Created {word} {id}.")

    @app.command(help=f"Delete a {word}, its memberships and its grants.")
    def delete(id: Id, rest_address: RestAddress = None, timeout: Timeout = 10.0) -> None:  # noqa: A002
        administer(rest_address, timeout, "DELETE", plural, id)
        typer.echo(f"Deleted {word} {id}.")

    @app.command(help=f"Make something a member of a {word}.")
    def assign(
        id: Id,  # noqa: A002
        kind: Kind,
        member: MemberId,
        rest_address: RestAddress = None,
        timeout: Timeout = 10.0,
    ) -> None:
        administer(rest_address, timeout, "PUT", plural, id, f"{kind}s", member)
        typer.echo(f"{member} belongs to {word} {id}.")

    @app.command(help=f"It is a member of a {word} no more.")
    def unassign(
        id: Id,  # noqa: A002
        kind: Kind,
        member: MemberId,
        rest_address: RestAddress = None,
        timeout: Timeout = 10.0,
    ) -> None:
        administer(rest_address, timeout, "DELETE", plural, id, f"{kind}s", member)
        typer.echo(f"{member} belongs to {word} {id} no more.")

    return app


groups = members_app("group", "Groups: people and programs that may do the same.")
roles = members_app("role", "Roles: permissions under a name.")
tenants = members_app("tenant", "Tenants: whose things are whose, on an engine with --multi-tenancy.")
