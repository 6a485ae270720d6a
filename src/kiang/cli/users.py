"""`kiang users`: who may log in with a password."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from kiang.cli.administration import PAGE_ITEMS, administer, print_found
from kiang.cli.failure import CommandError, ExitStatus
from kiang.cli.options import Json, RestAddress, Timeout

app = typer.Typer(name="users", no_args_is_help=True, help="Users of an engine with --auth basic.")

PASSWORD_CHARACTERS_MAX = 1_024

Username = Annotated[str, typer.Argument(metavar="USERNAME", help="By which they log in.")]


@app.command("list")
def list_users(rest_address: RestAddress = None, timeout: Timeout = 10.0, as_json: Json = False) -> None:
    """List the users."""
    body = {"page": {"limit": PAGE_ITEMS}, "sort": [{"field": "username"}]}
    found = administer(rest_address, timeout, "POST", "users", "search", body=body)
    print_found("Users", found, {"username": "username", "name": "name", "email": "email"}, as_json=as_json)


@app.command()
def create(
    username: Username,
    name: Annotated[str, typer.Option("--name", help="As people call them.")] = "",
    email: Annotated[str, typer.Option("--email", help="Where mail reaches them.")] = "",
    admin: Annotated[bool, typer.Option("--admin", help="May do everything.")] = False,
    rest_address: RestAddress = None,
    timeout: Timeout = 10.0,
) -> None:
    """Create a user. The password is asked for, or read from standard input: an argument would be in the shell's history.

    Example: pass show kiang/ada | kiang users create ada --name "Ada Lovelace"
    """
    password = _password()
    body = {"username": username, "password": password, "name": name or username, "email": email}
    administer(rest_address, timeout, "POST", "users", body=body)
    if admin:
        administer(rest_address, timeout, "PUT", "roles", "admin", "users", username)
    typer.echo(f"Created user {username}.")


@app.command()
def password(username: Username, rest_address: RestAddress = None, timeout: Timeout = 10.0) -> None:
    """Give a user another password, asked for or read from standard input."""
    administer(rest_address, timeout, "PUT", "users", username, body={"password": _password()})
    typer.echo(f"User {username} has another password.")


@app.command()
def delete(username: Username, rest_address: RestAddress = None, timeout: Timeout = 10.0) -> None:
    """Delete a user, and what it is granted."""
    administer(rest_address, timeout, "DELETE", "users", username)
    typer.echo(f"Deleted user {username}.")


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    given = sys.stdin.readline(PASSWORD_CHARACTERS_MAX + 2).rstrip("\r\n")
    if not given:
        raise CommandError("Expected a password on standard input, but there is none.", status=ExitStatus.USAGE)
    return given
