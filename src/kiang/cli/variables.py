"""`kiang variables`: values that the expressions of every process see."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from kiang.cli.administration import PAGE_ITEMS, administer, print_found
from kiang.cli.options import Json, RestAddress, Timeout, parse_variables
from kiang.cli.output import print_json
from kiang.errors import NotFound

app = typer.Typer(
    name="variables",
    no_args_is_help=True,
    help="""Cluster variables: values that the expressions of every process see, as camunda.vars.env.NAME.

    [bold]kiang variables set discount 0.1[/bold]
    """,
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="As expressions call it.")]
Tenant = Annotated[
    str | None, typer.Option("--tenant", metavar="ID", help="A variable of this tenant; without, one of everybody.")
]

_COLUMNS = {"name": "name", "tenant": "tenantId", "kind": "kind", "value": "value"}


@app.command("list")
def list_variables(
    tenant: Tenant = None, rest_address: RestAddress = None, timeout: Timeout = 10.0, as_json: Json = False
) -> None:
    """List cluster variables, long values cut off."""
    wanted = {} if tenant is None else {"tenantId": tenant}
    body = {"filter": wanted, "page": {"limit": PAGE_ITEMS}, "sort": [{"field": "name"}, {"field": "tenantId"}]}
    found = administer(rest_address, timeout, "POST", "cluster-variables", "search", body=body)
    print_found("Cluster variables", found, _COLUMNS, as_json=as_json)


@app.command("set", context_settings={"ignore_unknown_options": True})  # a negative number is no option
def set_variable(
    name: Name,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="JSON, or a text.")],
    tenant: Tenant = None,
    rest_address: RestAddress = None,
    timeout: Timeout = 10.0,
) -> None:
    """Create a cluster variable, or give it another value.

    Example: kiang variables set limits '{"orders": 10}' --tenant acme
    """
    body: dict[str, Any] = {"value": parse_variables([f"value={value}"], None)["value"]}
    path = _path(tenant)
    try:
        administer(rest_address, timeout, "PUT", *path, name, body=body)
    except NotFound:
        administer(rest_address, timeout, "POST", *path, body={"name": name, **body})
        typer.echo(f"Created cluster variable {name}.")
    else:
        typer.echo(f"Cluster variable {name} has another value.")


@app.command()
def get(
    name: Name,
    tenant: Tenant = None,
    rest_address: RestAddress = None,
    timeout: Timeout = 10.0,
    as_json: Json = False,
) -> None:
    """Print the value of a cluster variable, as JSON."""
    found = administer(rest_address, timeout, "GET", *_path(tenant), name)
    if as_json:
        print_json(found)
    else:
        sys.stdout.write(f"{found['value']}\n")


@app.command()
def delete(name: Name, tenant: Tenant = None, rest_address: RestAddress = None, timeout: Timeout = 10.0) -> None:
    """Delete a cluster variable."""
    administer(rest_address, timeout, "DELETE", *_path(tenant), name)
    typer.echo(f"Deleted cluster variable {name}.")


def _path(tenant: str | None) -> tuple[str, ...]:
    return ("cluster-variables", "global") if tenant is None else ("cluster-variables", "tenants", tenant)
