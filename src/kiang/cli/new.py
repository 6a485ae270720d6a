"""`kiang new`: the right shape of a thing, the short way."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from kiang.cli.failure import CommandError, ExitStatus

app = typer.Typer(name="new", no_args_is_help=True, help="Make a new connector, with template, tests and README.")


@app.command()
def connector(
    name: Annotated[str, typer.Argument(metavar="NAME", help="In lower case with `_`, for example weather_report.")],
    folder: Annotated[Path, typer.Option("--folder", help="Where its package is made.")] = Path(),
) -> None:
    """Make a working connector: model and function, template, icon, tests, README; then a few lines what to do with it."""
    from kiang.element_templates.scaffold import files_of  # noqa: PLC0415 - `--help` does without

    if not re.fullmatch(r"[a-z][a-z0-9_]{1,40}", name):
        raise CommandError(
            f"Expected a name such as weather_report, but was {name!r}.",
            hint="Lower case letters, digits and `_`; it becomes a Python package.",
            status=ExitStatus.USAGE,
        )
    target = folder / name
    if target.exists():
        raise CommandError(f"Expected {target} to be new, but it is there already.", status=ExitStatus.USAGE)
    for path, content in files_of(name).items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content, "utf-8")
    typer.echo(
        f"Made {target}. Next:\n"
        f"  kiang connectors try {name}.connector:{name} --var name=Ada\n"
        f"  pytest {target}\n"
        f"  kiang templates generate {name}.connector:{name} --output {target}/template.json\n"
        f"  kiang connectors run {name}.connector"
    )
