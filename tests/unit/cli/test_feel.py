"""`kiang feel`: evaluates an expression without an engine."""

import json

import pytest
import typer
from typer.testing import CliRunner

from kiang.cli.feel import feel
from kiang.errors import KiangError


def run(*arguments: str):
    app = typer.Typer()
    app.command()(feel)
    return CliRunner().invoke(app, list(arguments))


def test_value_and_type_are_shown():
    shown = run("=order.amount * 2", "--var", 'order={"amount": 15}')

    assert shown.exit_code == 0
    assert shown.output.splitlines() == ["30", "type: number (NUMBER)"]


def test_warnings_are_shown_with_their_place():
    shown = run("1 + missing")

    assert "null" in shown.output
    assert "1:5 [NO_VARIABLE_FOUND] No variable found with name 'missing'" in shown.output


def test_json_has_value_type_and_warnings():
    shown = run('{d: date("2024-02-29"), n: nothing}', "--json")

    assert json.loads(shown.output) == {
        "value": {"d": "2024-02-29", "n": None},
        "type": "OBJECT",
        "failure": "",
        "warnings": [{"type": "NO_VARIABLE_FOUND", "message": "No variable found with name 'nothing'", "position": 27}],
    }


def test_the_dialect_can_be_chosen():
    assert run("string({a: 1})").output.startswith('"{a:1}"')
    assert run("string({a: 1})", "--dialect", "dmn").output.startswith('"{a: 1}"')


def test_unary_tests_test_the_input():
    assert run("[1..5], > 10", "--input", "12").output.startswith("true")


def test_a_failed_evaluation_is_told_by_the_exit_status():
    shown = run("assert(x, x > 10)", "--var", "x=5")

    assert shown.exit_code == 1
    assert "Assertion failure on evaluate the expression 'assert(x, x > 10)'" in shown.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["1 +"], "Expected an operand, but found the end of the expression (line 1, column 4)."),
        (["1", "--dialect", "sql"], "--dialect to be camunda or dmn"),
        (["x", "--var", "x"], "Expected --var to be NAME=VALUE"),
    ],
)
def test_a_wrong_call_is_explained(arguments, message):
    error = run(*arguments).exception

    assert isinstance(error, KiangError)
    assert message in str(error)
