"""`kiang feel`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kiang.cli.failure import CommandError, ExitStatus
from kiang.cli.options import Json, parse_variables
from kiang.cli.output import console, print_json

if TYPE_CHECKING:
    from kiang.feel import Dialect, Expression, Warning  # noqa: A004 - the word of the API


def feel(
    expression: Annotated[str, typer.Argument(help="The expression, with or without the = that marks it in BPMN.")],
    var: Annotated[
        list[str] | None,
        typer.Option(
            "--var", "-v", metavar="NAME=VALUE", help="A variable; the value is JSON, or else a text. Repeatable."
        ),
    ] = None,
    variables: Annotated[
        str | None, typer.Option("--variables", metavar="JSON|@FILE", help="All variables as one JSON object.")
    ] = None,
    dialect: Annotated[
        str,
        typer.Option(
            "--dialect",
            metavar="camunda|dmn",
            help="Whose rules hold: those of = expressions in BPMN, or of DMN 1.5.",
        ),
    ] = "camunda",
    input_value: Annotated[
        str | None,
        typer.Option("--input", metavar="VALUE", help="Read it as unary tests, and test this value."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Evaluate a FEEL expression, without an engine, and print its value, its type and its warnings.

    Example: kiang feel 'order.amount * 1.2' --var 'order={"amount": 30}'
    """
    from kiang.feel import feel_type, text_of, type_name  # noqa: PLC0415 - `--help` does without
    from kiang.feel.values import MISSING  # noqa: PLC0415

    text = expression.removeprefix("=")
    names = {name: _value(value) for name, value in parse_variables(var or [], variables).items()}
    compiled = _compiled(text, _dialect(dialect), tests=input_value is not None)
    tested = MISSING if input_value is None else _value(parse_variables([f"input={input_value}"], None)["input"])
    value, warnings, failure = _evaluated(compiled, names, tested)
    if as_json:
        print_json(
            {
                "value": None if failure else _raw(value),
                "type": "" if failure else type_name(value),
                "failure": failure,
                "warnings": [dict(zip(("type", "message", "position"), warning, strict=True)) for warning in warnings],
            }
        )
    else:
        out = console()
        if not failure:
            out.print(text_of(value), markup=False)
            out.print(f"type: {feel_type(value)} ({type_name(value)})", style="dim", markup=False)
        _show_warnings(text, warnings)
        if failure:
            out.print(failure, style="red", markup=False)
    if failure:
        raise typer.Exit(ExitStatus.REFUSED)


def _evaluated(compiled: Expression, names: dict[str, Any], tested: Any) -> tuple[Any, tuple[Warning, ...], str]:
    """The value with its warnings, or the text of the failure."""
    from kiang.errors import FeelError  # noqa: PLC0415

    warnings = compiled.warnings(names, input_value=tested)
    try:
        return compiled.evaluate(names, input_value=tested), warnings, ""
    except FeelError as failed:
        return None, warnings, str(failed)


def _dialect(name: str) -> Dialect:
    from kiang.feel import Dialect  # noqa: PLC0415

    try:
        return Dialect(name)
    except ValueError:
        raise CommandError(
            f"Expected --dialect to be camunda or dmn, but it is {name!r}.", status=ExitStatus.USAGE
        ) from None


def _compiled(text: str, dialect: Dialect, *, tests: bool) -> Expression:
    """The expression, ready.

    Raises:
        CommandError: It is no FEEL; the text shows the place.
    """
    from kiang import feel as language  # noqa: PLC0415
    from kiang.errors import FeelError  # noqa: PLC0415

    try:
        return (language.compile_unary_tests if tests else language.compile)(text, dialect=dialect)
    except FeelError as error:
        raise CommandError(str(error), status=ExitStatus.USAGE) from error


def _show_warnings(text: str, warnings: tuple[Warning, ...]) -> None:
    out = console()
    for warning in warnings:
        line = text.count("\n", 0, warning.position) + 1
        column = warning.position - (text.rfind("\n", 0, warning.position) + 1) + 1
        out.print(f"{line}:{column} [{warning.type}] {warning.message}", style="yellow", markup=False)


def _value(value: object) -> Any:
    import msgspec  # noqa: PLC0415

    from kiang.feel import from_json  # noqa: PLC0415

    return from_json(msgspec.json.encode(value).decode())


def _raw(value: object) -> Any:
    import msgspec  # noqa: PLC0415

    from kiang.feel import to_json  # noqa: PLC0415

    return msgspec.json.decode(to_json(value))
