"""`kiang instances`."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kiang.cli.failure import CommandError, ExitStatus
from kiang.cli.options import Address, Json, Limit, RestAddress, Timeout, connect
from kiang.cli.output import print_json, print_table

if TYPE_CHECKING:
    from kiang import feel
    from kiang.client import Client, FoundProcessInstance
    from kiang.client.results import Page

PAGE = 100
SCANNED_MAX = 20_000
"""Instances whose variables are looked at for one list: some ten seconds."""


def instances(
    process: Annotated[str | None, typer.Option("--process", "-p", help="Only of this process id.")] = None,
    state: Annotated[str | None, typer.Option("--state", help="ACTIVE, COMPLETED or TERMINATED.")] = None,
    with_incident: Annotated[bool, typer.Option("--incident", help="Only those that are stuck.")] = False,
    var: Annotated[
        list[str] | None,
        typer.Option(
            "--var",
            metavar="CONDITION",
            help="Only those whose variables fulfil this FEEL condition; may be given several times.",
        ),
    ] = None,
    limit: Limit = 20,
    address: Address = None,
    rest_address: RestAddress = None,
    timeout: Timeout = 10.0,
    as_json: Json = False,
) -> None:
    """List process instances, the newest first.

    With --var, the variables of one instance after the other are looked at, the newest first, until there are enough. A variable that
    an instance does not have is null; of one with a very long value only the beginning is known, so it counts as null, too.

    Example: kiang instances --process order --state ACTIVE --var 'amount > 100'
    """
    from kiang.client import FoundProcessInstance  # noqa: PLC0415 - `--help` does without

    wanted: dict[str, Any] = {}
    if process:
        wanted["processDefinitionId"] = process
    if state:
        wanted["state"] = state.upper()
    if with_incident:
        wanted["hasIncident"] = True
    conditions = _conditions(var or [])
    with connect(address, rest_address, timeout) as client:
        if conditions:
            page = _matching(client, wanted, conditions, limit)
        else:
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
        f"Process instances: {len(rows)} of {page.total_items}"
        if not conditions
        else f"Process instances: {len(rows)}",
        ("key", "process", "version", "state", "started", "ended"),
        rows,
        empty="There are no such process instances. Start one with `kiang start PROCESS_ID`.",
        wide_only=("ended",),
    )


def _conditions(texts: list[str]) -> list[feel.Expression]:
    if not texts:
        return []
    from kiang import feel  # noqa: PLC0415 - only where there is a condition
    from kiang.errors import FeelError  # noqa: PLC0415

    conditions = []
    for text in texts:
        try:
            conditions.append(feel.compile(text))
        except FeelError as error:
            raise CommandError(
                f"Expected --var to be a FEEL condition, but {text!r} is none: {error}",
                hint="For example --var 'amount > 100' or --var 'customer.country = \"DE\"'.",
                status=ExitStatus.USAGE,
            ) from error
    return conditions


def _matching(
    client: Client, wanted: dict[str, Any], conditions: list[feel.Expression], limit: int
) -> Page[FoundProcessInstance]:
    """The newest instances whose variables fulfil every condition."""
    from kiang import feel  # noqa: PLC0415 - as above
    from kiang.client import FoundProcessInstance  # noqa: PLC0415
    from kiang.client.results import Page  # noqa: PLC0415
    from kiang.errors import FeelError  # noqa: PLC0415

    def holds(condition: feel.Expression, variables: dict[str, Any]) -> bool:
        with suppress(FeelError):
            return condition.evaluate(variables) is True
        return False

    names = sorted({name for condition in conditions for name in feel.variables_of(condition)})
    found: list[FoundProcessInstance] = []
    after, scanned = "", 0
    while len(found) < limit:
        page = client.search(FoundProcessInstance, wanted, limit=PAGE, after=after, newest_first=True)
        variables = _variables(client, [item.process_instance_key for item in page.items], names)
        found += [
            item
            for item in page.items
            if all(holds(condition, variables.get(item.process_instance_key, {})) for condition in conditions)
        ]
        scanned += len(page.items)
        after = page.end_cursor or ""
        if not after or len(page.items) < PAGE:
            break
        if scanned >= SCANNED_MAX:
            typer.echo(
                f"Looked at the newest {scanned:,} instances only; narrow them down with --process or --state.",
                err=True,
            )
            break
    return Page(items=tuple(found[:limit]), total_items=len(found[:limit]))


def _variables(client: Client, keys: list[Any], names: list[str]) -> dict[int, dict[str, Any]]:
    """FEEL values of the variables of instances, without those of scopes inside."""
    from kiang import feel  # noqa: PLC0415 - as above
    from kiang.client import FoundVariable  # noqa: PLC0415 - as above
    from kiang.errors import InvalidArgument  # noqa: PLC0415

    found: dict[int, dict[str, Any]] = {}
    if not keys or not names:
        return found
    scopes = [str(key) for key in keys]
    after = ""
    while True:
        wanted = {"scopeKey": {"$in": scopes}, "name": {"$in": names}}
        page = client.search(FoundVariable, wanted, limit=1_000, after=after)
        for item in page.items:
            with suppress(InvalidArgument):
                found.setdefault(item.scope_key, {})[item.name] = feel.from_json(item.value)
        after = page.end_cursor or ""
        if not after or not page.items:
            return found
