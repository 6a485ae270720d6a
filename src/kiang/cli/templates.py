"""`kiang templates`: connector templates from connectors, and onto BPMN elements."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from kiang.cli.failure import CommandError, ExitStatus

app = typer.Typer(
    name="templates",
    no_args_is_help=True,
    help="""Connector templates (element templates): the forms that connectors have in a modeler.

    [bold]kiang templates generate kiang.connectors.http_json:http_json --output template.json[/bold]
    [bold]kiang templates apply --diagram order.bpmn --template template.json --element ask[/bold]
    """,
)


@app.command()
def generate(
    connectors: Annotated[
        list[str], typer.Argument(metavar="MODULE[:OBJECT]...", help="Connectors that have a template.")
    ],
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Else it is printed.")] = None,
    hybrid: Annotated[
        bool, typer.Option("--hybrid", help="The type is a visible field, for a second runtime under another type.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail if FILE is not what would be written.")
    ] = False,
) -> None:
    """Make the template of a connector from its model: one for each kind of element that it supports."""
    from kiang.connector_runtime.discovery import named  # noqa: PLC0415 - `--help` does without
    from kiang.element_templates import templates_of  # noqa: PLC0415 - as above
    from kiang.element_templates.generate import folder_of, text_of  # noqa: PLC0415 - as above

    sys.path.insert(0, os.getcwd())  # noqa: PTH109 - a text is what belongs into the path
    found = named(connectors)
    made: list[dict[str, Any]] = []
    everything: list[Any] = [*found.outbound, *found.inbound]
    for connector in everything:
        if connector.template is None:
            raise CommandError(
                f"Expected connector {connector.name!r} to have a template, but it has none.",
                hint="Give its decorator template=Template(id=…, name=…), see kiang.connector_sdk.template.",
                status=ExitStatus.USAGE,
            )
        made += templates_of(connector, folder_of(connector), hybrid=hybrid)
    text = text_of(made)
    if output is None:
        typer.echo(text, nl=False)
    elif check:
        if not output.is_file() or output.read_text("utf-8") != text:
            raise CommandError(
                f"Expected {output} to be current, but it is not.", hint="Run the command without --check."
            )
    else:
        output.write_text(text, "utf-8")


@app.command()
def check(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", exists=True, dir_okay=False, help="Template files.")
    ],
) -> None:
    """Say what is wrong with templates; fails if anything is."""
    from kiang.element_templates.check import faults, parsed  # noqa: PLC0415 - `--help` does without
    from kiang.errors import InvalidTemplateError  # noqa: PLC0415 - as above

    found: list[str] = []
    for file in files:
        try:
            templates = parsed(file.read_bytes(), file.name)
        except InvalidTemplateError as error:
            found.append(str(error))
            continue
        for template in templates:
            found += [f"{file.name}: {template['id']}: {p}: {text} [{rule}]" for rule, p, text in faults(template)]
    if found:
        raise CommandError("\n".join(found), status=ExitStatus.REFUSED)
    typer.echo(f"{len(files)} file(s) without fault.")


@app.command()
def apply(
    diagram: Annotated[Path, typer.Option("--diagram", exists=True, dir_okay=False, help="BPMN file.")],
    template: Annotated[Path, typer.Option("--template", exists=True, dir_okay=False, help="Template file.")],
    element: Annotated[str, typer.Option("--element", help="Id of the element.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Else it is printed.")] = None,
    template_id: Annotated[
        str | None, typer.Option("--template-id", help="Which one, if the file holds several.")
    ] = None,
) -> None:
    """Put a template on a BPMN element, as a modeler does it."""
    from kiang.element_templates.apply import apply_template  # noqa: PLC0415 - `--help` does without

    try:
        content = json.loads(template.read_text("utf-8"))
    except ValueError as error:
        raise CommandError(f"Expected {template} to be JSON, but: {error}.", status=ExitStatus.USAGE) from None
    offered = content if isinstance(content, list) else [content]
    chosen = [t for t in offered if template_id in {None, t.get("id")}]
    if len(chosen) != 1:
        names = ", ".join(str(t.get("id")) for t in offered)
        raise CommandError(
            f"Expected one template to apply, but {template} holds {len(offered)}.",
            hint=f"Choose with --template-id: {names}.",
            status=ExitStatus.USAGE,
        )
    result = apply_template(diagram.read_bytes(), chosen[0], element)
    if output is None:
        sys.stdout.buffer.write(result)
    else:
        output.write_bytes(result)
