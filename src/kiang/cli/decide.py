"""`kiang decide`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kiang.cli.failure import CommandError, ExitStatus
from kiang.cli.options import Json, parse_variables
from kiang.cli.output import console, print_json, print_table

if TYPE_CHECKING:
    from kiang.dmn import DecisionModel, Evaluation


def decide(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.dmn", help="The file; what it imports is looked for beside it.")
    ],
    decision: Annotated[str, typer.Argument(help="Id or name of the decision or decision service.")] = "",
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
        str | None,
        typer.Option(
            "--dialect",
            metavar="camunda|dmn",
            help="Whose rules hold. By default those of the engine: Camunda's for DMN 1.1 to 1.3, else the standard's.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Evaluate a decision, without an engine, and show which rules matched.

    Example: kiang decide examples/dish.dmn dish --var season=Winter --var guests=8
    """
    from kiang import feel  # noqa: PLC0415 - `--help` does without

    given = {name: feel.from_json(_json(value)) for name, value in parse_variables(var or [], variables).items()}
    model = _model(file, dialect)
    decision = decision or _only_decision(model)
    try:
        found = model.evaluate(decision, given, reads_json=True)
    except KeyError:
        known = ", ".join(each.id for each in model.definitions.decisions)
        raise CommandError(
            f"Expected {file} to have a decision '{decision}', but there is none.",
            hint=f"It has: {known}." if known else "It has none at all.",
            status=ExitStatus.NOT_FOUND,
        ) from None
    if as_json:
        print_json(_as_json(found))
    else:
        _show(found)
    if found.failed:
        raise typer.Exit(ExitStatus.REFUSED)


def _model(file: Path, dialect: str | None) -> DecisionModel:
    """The file, compiled, with what lies beside it as imports.

    Raises:
        CommandError: It cannot be read, or has faults.
    """
    from kiang import dmn, feel  # noqa: PLC0415
    from kiang.errors import InvalidDmnError  # noqa: PLC0415

    dialects = {each.value: each for each in feel.Dialect}
    if dialect is not None and dialect not in dialects:
        raise CommandError(f"Expected --dialect to be camunda or dmn, but it is {dialect!r}.", status=ExitStatus.USAGE)
    try:
        definitions = dmn.read(file.name, file.read_bytes())
        imports = _imports(file) if definitions.imports else []
        return dmn.compile(definitions, imports, dialect=dialects.get(dialect or ""))
    except OSError as error:
        raise CommandError(f"Expected to read {file}, but: {error.strerror}.", status=ExitStatus.USAGE) from error
    except InvalidDmnError as error:
        faults = "\n".join(
            f"  {file}:{finding.line or 1}: {finding.element + ': ' if finding.element else ''}{finding.message}"
            for finding in error.findings
        )
        raise CommandError(f"Expected {file} to be valid DMN, but it has faults:\n{faults}") from error


def _imports(file: Path) -> list[Any]:
    from kiang import dmn  # noqa: PLC0415
    from kiang.errors import InvalidDmnError  # noqa: PLC0415

    found = []
    for other in sorted(file.resolve().parent.glob("*.dmn")):
        if other.name != file.name:
            try:
                found.append(dmn.read(other.name, other.read_bytes()))
            except (OSError, InvalidDmnError):
                continue  # it may have nothing to do with this one; an import that is missing is a fault of its own
    return found


def _only_decision(model: DecisionModel) -> str:
    decisions = model.definitions.decisions
    if len(decisions) == 1:
        return decisions[0].id
    raise CommandError(
        f"Expected the id of one of {len(decisions)} decisions, but none is given.",
        hint="It has: " + ", ".join(each.id for each in decisions) + "." if decisions else "",
        status=ExitStatus.USAGE,
    )


def _show(found: Evaluation) -> None:
    from rich.markup import escape  # noqa: PLC0415

    from kiang.feel import text_of  # noqa: PLC0415

    out = console()
    for each in found.evaluated:
        title = f"{escape(each.name)}  [dim]{each.id}, {each.type.lower().replace('_', ' ')}[/dim]"
        out.print(f"[bold]{title}[/bold]")
        for given in each.inputs:
            out.print(f"  {escape(given.name)} = {escape(text_of(given.value))}")
        if each.type == "DECISION_TABLE":
            outputs = list(dict.fromkeys(made.name for rule in each.matched_rules for made in rule.outputs))
            rows = [
                (rule.index, rule.id, *(text_of(made.value) for made in rule.outputs)) for rule in each.matched_rules
            ]
            print_table(
                "Matched rules",
                ("rule", "id", *(name or "result" for name in outputs)),
                rows,
                empty="  No rule matched.",
            )
        out.print(f"  => {escape(text_of(each.output))}\n")
    for problem in found.problems:
        out.print(f"[yellow]{escape(problem.message)}[/yellow]")
    if found.failed:
        out.print(f"[red]{escape(found.failure_message)}[/red]")
    else:
        out.print(f"[bold]{escape(found.decision_name)}[/bold] = {escape(text_of(found.output))}")


def _as_json(found: Evaluation) -> dict[str, Any]:
    """As `EvaluateDecision` answers, values as JSON and not as texts of it."""
    return {
        "decisionId": found.decision_id,
        "decisionName": found.decision_name,
        "output": _raw(found.output),
        "failedDecisionId": found.failed_decision_id,
        "failureMessage": found.failure_message,
        "evaluatedDecisions": [
            {
                "decisionId": each.id,
                "decisionName": each.name,
                "decisionType": each.type,
                "output": _raw(each.output),
                "inputs": [
                    {"inputId": given.id, "inputName": given.name, "inputValue": _raw(given.value)}
                    for given in each.inputs
                ],
                "matchedRules": [
                    {
                        "ruleId": rule.id,
                        "ruleIndex": rule.index,
                        "outputs": [
                            {"outputId": made.id, "outputName": made.name, "outputValue": _raw(made.value)}
                            for made in rule.outputs
                        ],
                    }
                    for rule in each.matched_rules
                ],
            }
            for each in found.evaluated
        ],
        "problems": [{"decisionId": each.decision_id, "message": each.message} for each in found.problems],
    }


def _json(value: object) -> str:
    import msgspec  # noqa: PLC0415

    return msgspec.json.encode(value).decode()


def _raw(value: object) -> Any:
    import msgspec  # noqa: PLC0415

    from kiang import feel  # noqa: PLC0415

    return msgspec.json.decode(feel.to_json(value))
