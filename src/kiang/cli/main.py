"""The command line: one file per command, put together here.

A command's file imports what it needs inside its function, so that `kiang --help` costs no more than the help.
"""

from __future__ import annotations

import sys

import typer

from kiang.cli import (
    audit,
    backup,
    cancel,
    connectors,
    decide,
    demo,
    deploy,
    export,
    feel,
    grants,
    incidents,
    instances,
    jobs,
    listeners,
    members,
    new,
    resolve,
    serve,
    start,
    statistics,
    status,
    templates,
    users,
    variables,
    worker,
)
from kiang.cli.failure import ExitStatus, hint_for, status_of
from kiang.errors import KiangError

app = typer.Typer(
    name="kiang",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="""Process orchestration: a BPMN engine with job workers, on one machine, speaking the protocol of Camunda 8.

    Begin with three terminals:

    [bold]kiang serve[/bold]                                    the engine, its data in ./kiang-data

    [bold]kiang worker examples.order.worker:worker[/bold]      what does the work

    [bold]kiang deploy examples/order/order.bpmn[/bold]         the process; then: [bold]kiang start order --var amount=30 --wait[/bold]
    """,
)

for _command, _panel in (
    (serve.serve, "Engine"),
    (backup.backup, "Engine"),
    (backup.restore, "Engine"),
    (export.export, "Engine"),
    (status.status, "Engine"),
    (demo.demo, "Engine"),
    (deploy.deploy, "Processes"),
    (start.start, "Processes"),
    (instances.instances, "Processes"),
    (cancel.cancel, "Processes"),
    (feel.feel, "Expressions and decisions"),
    (decide.decide, "Expressions and decisions"),
    (worker.worker, "Jobs and incidents"),
    (jobs.jobs, "Jobs and incidents"),
    (incidents.incidents, "Jobs and incidents"),
    (resolve.resolve, "Jobs and incidents"),
    (statistics.statistics, "Jobs and incidents"),
    (audit.audit, "Engine"),
):
    app.command(rich_help_panel=_panel)(_command)

for _group in (variables.app, listeners.app):
    app.add_typer(_group, rich_help_panel="Processes")

for _group in (connectors.app, templates.app, new.app):
    app.add_typer(_group, rich_help_panel="Connectors")

for _group in (users.app, members.groups, members.roles, members.tenants, grants.app):
    app.add_typer(_group, rich_help_panel="Identity")


def _print_version(wanted: bool) -> None:
    if wanted:
        from kiang import __version__  # noqa: PLC0415 - the package says it itself

        typer.echo(f"kiang {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version and end."
    ),
) -> None:
    """What holds for all commands."""


def run() -> None:
    """The entry point: errors become a sentence on standard error and an exit status."""
    try:
        app()
    except KiangError as error:
        typer.echo(f"Error: {error}", err=True)
        hint = hint_for(error)
        if hint:
            typer.echo(hint, err=True)
        sys.exit(status_of(error))
    except KeyboardInterrupt:
        sys.exit(ExitStatus.INTERRUPTED)
    except BrokenPipeError:  # `kiang jobs | head`
        sys.stderr.close()
        sys.exit(ExitStatus.OK)
