"""`kiang connectors`: run them, list them, try one out."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kiang.cli.failure import CommandError, ExitStatus
from kiang.cli.options import Address, Json, RestAddress

if TYPE_CHECKING:
    from kiang.connector_runtime.discovery import Connectors
    from kiang.connector_runtime.settings import Settings
    from kiang.connector_sdk.reach import HttpSettings
    from kiang.element_templates.folder import TemplateConnector

app = typer.Typer(
    name="connectors",
    no_args_is_help=True,
    help="""Connectors: run them as a job worker, list them, try one without an engine.

    [bold]kiang connectors run[/bold]                       every connector that is installed
    [bold]kiang connectors run my_package.weather[/bold]    besides, those of a module
    [bold]kiang connectors list[/bold]
    [bold]kiang connectors try io.camunda:http-json:1 --var method=GET --var url=https://example.com[/bold]
    """,
)

Modules = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[MODULE[:OBJECT]...]", help="Modules with connectors, besides those of installed packages."
    ),
]


Templates = Annotated[
    Path | None,
    typer.Option(
        "--templates",
        metavar="DIR",
        exists=True,
        file_okay=False,
        help="Folder with connector templates: connectors without code over those that are installed.",
    ),
]


@app.command()
def run(
    modules: Modules = None,
    address: Address = None,
    rest_address: RestAddress = None,
    camunda7: Annotated[
        str | None,
        typer.Option(
            "--camunda7",
            metavar="URL",
            envvar="KIANG_CAMUNDA7_URL",
            help="Work on external tasks of a Camunda 7 instead: the URL of its REST API.",
        ),
    ] = None,
    only: Annotated[bool, typer.Option("--only", help="Only the named modules, not the installed packages.")] = False,
    templates: Templates = None,
    host: Annotated[str, typer.Option(help="Where webhooks and health are served.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of webhooks (/inbound/PATH), health, metrics.")] = 8086,
    max_jobs: Annotated[int, typer.Option(min=1, help="Of one connector at once.")] = 100,
    call_limit: Annotated[
        float,
        typer.Option(min=0, metavar="SECONDS", help="That a connector may work on one job; 0 for no limit."),
    ] = 3_600.0,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="Connectors reach only this host and its subdomains; may be repeated.")
    ] = None,
    refuse_private_addresses: Annotated[
        bool, typer.Option(help="Connectors reach no loopback, private or link-local address.")
    ] = False,
    original: Annotated[
        bool, typer.Option("--as-original", help="Behave as Camunda's runtime 8.8 in everything that has a switch.")
    ] = False,
    log_level: Annotated[
        str, typer.Option("--log-level", metavar="LEVEL", help="DEBUG, INFO, WARNING or ERROR.")
    ] = "INFO",
) -> None:
    """Run connectors until Ctrl-C or SIGTERM; then they finish what they hold.

    Secrets come from the environment (SECRET_NAME for {{secrets.NAME}}), KIANG_SECRETS_FILE, KIANG_SECRETS_DIRECTORY,
    VAULT_ADDR, KIANG_AWS_SECRET_ID, KIANG_GCP_SECRET, in this order.
    """
    from kiang.cli import logs  # noqa: PLC0415 - `--help` does without

    logs.configure(log_level)
    found, dropped_in = _with_templates(_connectors(modules or [], installed=not only), templates)
    if not found.outbound and not found.inbound:
        raise CommandError(
            "Expected at least one connector, but there is none.",
            hint="Name a module with functions decorated with @outbound_connector, or leave out --only.",
            status=ExitStatus.USAGE,
        )
    import asyncio  # noqa: PLC0415 - as above

    import uvloop  # noqa: PLC0415 - as above

    from kiang.connector_runtime.settings import ORIGINAL, Settings  # noqa: PLC0415 - as above
    from kiang.connector_sdk.reach import HttpSettings  # noqa: PLC0415 - as above

    http = HttpSettings(frozenset(allow_host) if allow_host else None, refuse_private_addresses)
    settings = ORIGINAL if original else Settings(call_seconds_max=call_limit or None)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(found, dropped_in, address, rest_address, camunda7, host, port, max_jobs, settings, http))


@app.command(name="list")
def list_connectors(modules: Modules = None, templates: Templates = None, json: Json = False) -> None:
    """List the connectors that `run` would run, and the templates that stand for connectors of their own."""
    from kiang.cli.output import print_json, print_table  # noqa: PLC0415 - `--help` does without

    found, dropped_in = _with_templates(_connectors(modules or [], installed=True), templates)
    rows = [("outbound", c.type, c.name, ", ".join(c.input_variables)) for c in found.outbound]
    rows += [("inbound", c.type, c.name, c.kind) for c in found.inbound]
    rows += [("template", ", ".join(t.types), t.template["name"], t.id) for t in dropped_in]
    if json:
        print_json([dict(zip(("direction", "type", "name", "input"), row, strict=True)) for row in rows])
        return
    print_table("Connectors", ("Direction", "Type", "Name", "Input"), rows, empty="No connectors are installed.")


@app.command(name="try")
def try_connector(
    connector: Annotated[str, typer.Argument(metavar="TYPE or MODULE:OBJECT", help="Which connector.")],
    var: Annotated[
        list[str] | None, typer.Option("--var", metavar="NAME=VALUE", help="An input; VALUE is JSON or a text.")
    ] = None,
    variables: Annotated[str | None, typer.Option(metavar="JSON or @FILE", help="All inputs at once.")] = None,
    header: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="A task header, for example operation=…")
    ] = None,
) -> None:
    """Run a connector once, without an engine, and print its outcome. Secrets come from where `run` takes them."""
    import asyncio  # noqa: PLC0415 - `--help` does without

    from kiang.cli.options import parse_variables  # noqa: PLC0415 - as above
    from kiang.cli.output import print_json  # noqa: PLC0415 - as above
    from kiang.connector_runtime.outbound import OutboundRunner  # noqa: PLC0415 - as above
    from kiang.connector_runtime.outcome import Completed, ErrorThrown  # noqa: PLC0415 - as above
    from kiang.connector_runtime.secret_providers import configured  # noqa: PLC0415 - as above
    from kiang.connector_sdk import JobInfo  # noqa: PLC0415 - as above

    found = _connectors([connector] if ":" in connector and "." in connector.partition(":")[0] else [], installed=True)
    chosen = next((c for c in found.outbound if c.type == connector), None)
    if chosen is None and len(found.outbound) and ":" in connector:
        named = _connectors([connector], installed=False).outbound
        chosen = named[0] if named else None
    if chosen is None:
        raise CommandError(
            f"Expected an outbound connector of type {connector}, but there is none.",
            hint="`kiang connectors list` shows what is installed.",
            status=ExitStatus.NOT_FOUND,
        )
    headers = dict(pair.split("=", 1) for pair in header or [] if "=" in pair)
    if "resultVariable" not in headers and "resultExpression" not in headers:
        headers["resultVariable"] = "result"
    given = parse_variables(var or [], variables)

    async def once() -> object:
        runner = OutboundRunner(configured())
        try:
            return await runner.run(chosen, JobInfo(type=chosen.type, headers=headers), given)
        finally:
            await runner.resources.close()

    outcome = asyncio.run(once())
    if isinstance(outcome, Completed):
        print_json({"completed": outcome.variables})
        return
    if isinstance(outcome, ErrorThrown):
        print_json({"error": {"code": outcome.code, "message": outcome.message, "variables": outcome.variables}})
    else:
        print_json({"failed": {"message": outcome.message, "retries": outcome.retries, "variables": outcome.variables}})  # type: ignore[attr-defined]
    raise typer.Exit(ExitStatus.REFUSED)


def _connectors(modules: list[str], *, installed: bool) -> Connectors:
    from kiang.connector_runtime.discovery import Connectors, discovered, named  # noqa: PLC0415 - `--help` does without

    sys.path.insert(0, os.getcwd())  # noqa: PTH109 - a text is what belongs into the path
    found = discovered() if installed else Connectors()
    if modules:
        own = named(modules)
        types = {c.type for c in own.outbound} | {c.type for c in own.inbound}
        found = Connectors(
            (*(c for c in found.outbound if c.type not in types), *own.outbound),
            (*(c for c in found.inbound if c.type not in types), *own.inbound),
        )
    return found


def _with_templates(found: Connectors, folder: Path | None) -> tuple[Connectors, list[TemplateConnector]]:
    """The connectors, also under the types that templates of a folder give them; and these templates."""
    if folder is None:
        return found, []
    from dataclasses import replace  # noqa: PLC0415 - `--help` does without

    from kiang.connector_runtime.discovery import Connectors  # noqa: PLC0415 - as above
    from kiang.element_templates.folder import other_types, templates_in  # noqa: PLC0415 - as above
    from kiang.errors import InvalidTemplateError  # noqa: PLC0415 - as above

    try:
        dropped_in = templates_in(folder)
        more = other_types(dropped_in, {c.type for c in found.outbound} | {c.type for c in found.inbound})
    except InvalidTemplateError as error:
        raise CommandError(str(error), status=ExitStatus.USAGE) from None
    for template in dropped_in:
        for rule, place, message in template.warnings:
            typer.echo(f"{template.path.name}: {place}: {message} [{rule}]", err=True)
    outbound = [replace(c, type=kind) for kind, base in more.items() for c in found.outbound if c.type == base]
    inbound = [replace(c, type=kind) for kind, base in more.items() for c in found.inbound if c.type == base]
    return Connectors((*found.outbound, *outbound), (*found.inbound, *inbound)), dropped_in


def _own_templates(found: Connectors) -> list[dict[str, Any]]:
    """The templates of the connectors that have one, each connector once."""
    from kiang.element_templates import templates_of  # noqa: PLC0415 - `--help` does without
    from kiang.element_templates.generate import folder_of  # noqa: PLC0415 - as above

    by_id: dict[str, dict[str, Any]] = {}
    everything: list[Any] = [*found.outbound, *found.inbound]
    for connector in everything:
        if connector.template is not None:
            by_id.update({t["id"]: t for t in reversed(templates_of(connector, folder_of(connector)))})
    return list(by_id.values())


async def _serve(
    found: Connectors,
    dropped_in: list[TemplateConnector],
    address: str | None,
    rest_address: str | None,
    camunda7: str | None,
    host: str,
    port: int,
    max_jobs: int,
    settings: Settings,
    http: HttpSettings,
) -> None:
    import asyncio  # noqa: PLC0415 - `--help` does without
    import signal  # noqa: PLC0415 - as above

    from kiang.client import AsyncClient  # noqa: PLC0415 - as above
    from kiang.connector_runtime.camunda7 import Camunda7Settings, ExternalTaskPort  # noqa: PLC0415 - as above
    from kiang.connector_runtime.runtime import ConnectorRuntime  # noqa: PLC0415 - as above
    from kiang.connector_runtime.secret_providers import configured  # noqa: PLC0415 - as above
    from kiang.connector_runtime.server import RuntimeServer  # noqa: PLC0415 - as above

    external_tasks = Camunda7Settings.read(camunda7)
    source = ExternalTaskPort(external_tasks) if external_tasks is not None else None
    # Making the client does no I/O; beside a Camunda 7 it is never asked, which has no inbound connectors either.
    async with AsyncClient(address, rest_address=rest_address) as client:
        runtime = ConnectorRuntime(
            source or client,
            outbound=found.outbound,
            inbound=found.inbound if source is None else (),
            allowed_secrets=source.secret_names if source is not None else None,
            secrets=configured(),
            settings=settings,
            http_settings=http,
            max_jobs=max_jobs,
        )
        server = RuntimeServer(
            runtime,
            host=host,
            port=port,
            templates=lambda: [*_own_templates(found), *(t.template for t in dropped_in)],
            admin_token=os.environ.get("KIANG_CONNECTORS_ADMIN_TOKEN", ""),
        )
        try:
            await server.start()
        except (OSError, SystemExit):
            raise CommandError(
                f"Expected to listen on {host}:{port}, but the port is in use.",
                hint="Name another one: --port.",
                status=ExitStatus.CONFIGURATION,
            ) from None
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, runtime.stop)
        inbound = len(found.inbound) if source is None else 0
        inbound = len(found.inbound) if source is None else 0
        typer.echo(
            f"{len(found.outbound)} outbound and {inbound} inbound connectors; webhooks, health and metrics on "
            f"http://{host}:{server.port}"
        )
        try:
            await runtime.run()
        finally:
            await server.stop()
