"""`kiang start`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from kiang.cli.options import Address, Json, RestAddress, Timeout, connect, parse_variables
from kiang.cli.output import console, print_json, print_table


def start(
    process_id: Annotated[str, typer.Argument(help="Id of the process in its BPMN file.")],
    var: Annotated[
        list[str] | None,
        typer.Option(
            "--var", "-v", metavar="NAME=VALUE", help="A variable; the value is JSON, or else a text. Repeatable."
        ),
    ] = None,
    variables: Annotated[
        str | None, typer.Option("--variables", metavar="JSON|@FILE", help="All variables as one JSON object.")
    ] = None,
    version: Annotated[int, typer.Option("--version", help="Version of the process; -1 for the latest.")] = -1,
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Wait for the end and print the variables.")] = False,
    address: Address = None,
    rest_address: RestAddress = None,
    timeout: Timeout = 30.0,
    as_json: Json = False,
) -> None:
    """Start a process instance.

    Example: kiang start order --var amount=30 --var order_id=A-1 --wait
    """
    given = parse_variables(var or [], variables)
    with connect(address, rest_address, timeout) as client:
        if wait:
            result = client.create_process_instance_with_result(
                process_id, given, version=version, timeout=timedelta(seconds=timeout)
            )
            if as_json:
                print_json(result)
            else:
                console().print(
                    f"Completed process instance [bold]{result.process_instance_key}[/bold] of {process_id}."
                )
                rows = [(name, _shown(value)) for name, value in sorted(result.variables.items())]
                print_table("Variables", ("name", "value"), rows, empty="It has no variables.")
            return
        created = client.create_process_instance(process_id, given, version=version)
    if as_json:
        print_json(created)
    else:
        console().print(
            f"Started process instance [bold]{created.process_instance_key}[/bold] of {process_id}, "
            f"version {created.version}. See it with `kiang instances`."
        )


def _shown(value: object) -> str:
    import msgspec  # noqa: PLC0415 - `--help` does without

    return msgspec.json.encode(value).decode()
