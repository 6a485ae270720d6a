"""`kiang decide`: evaluates a file without an engine."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from kiang.cli.decide import decide
from kiang.errors import KiangError

DISHES = Path(__file__).resolve().parents[3] / "examples" / "dish.dmn"


def run(*arguments: str):
    app = typer.Typer()
    app.command()(decide)
    return CliRunner().invoke(app, list(arguments))


def test_matched_rules_and_the_result_are_shown():
    shown = run(str(DISHES), "drinks", "--var", "season=Winter", "--var", "guests=8")

    assert shown.exit_code == 0
    assert '"Stew"' in shown.output
    assert "stew" in shown.output
    assert 'Drinks = ["Pinot Noir", "Water"]' in shown.output


def test_json_has_what_the_engine_answers():
    shown = run(str(DISHES), "dish", "--variables", '{"season": "Summer", "guests": 12}', "--json")

    found = json.loads(shown.output)
    assert found["output"] == "Salad buffet"
    assert found["evaluatedDecisions"][0]["matchedRules"][0]["ruleIndex"] == 3


def test_a_failure_is_told_by_the_exit_status(tmp_path):
    file = tmp_path / "two.dmn"
    file.write_text(DISHES.read_text().replace('hitPolicy="FIRST"', 'hitPolicy="UNIQUE"'))

    shown = run(str(file), "dish", "--var", "season=Winter", "--var", "guests=8")

    assert shown.exit_code == 1
    assert "multiple values aren't allowed for UNIQUE hit policy" in shown.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([str(DISHES), "dessert"], "to have a decision 'dessert'"),
        ([str(DISHES)], "Expected the id of one of 2 decisions"),
        ([str(DISHES), "dish", "--dialect", "sql"], "--dialect to be camunda or dmn"),
        (["nowhere.dmn", "dish"], "Expected to read nowhere.dmn"),
    ],
)
def test_a_wrong_call_is_explained(arguments, message):
    error = run(*arguments).exception

    assert isinstance(error, KiangError)
    assert message in str(error)


def test_every_fault_of_a_file_is_named(tmp_path):
    file = tmp_path / "bad.dmn"
    file.write_text(DISHES.read_text().replace("&gt; 6", "&gt; &gt; 6").replace('["Riesling", "Water"]', "+"))

    error = run(str(file), "dish").exception

    assert str(error).count("failed to parse expression") == 2


def test_imports_are_found_beside_the_file(tmp_path):
    head = '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="{0}" name="{0}" namespace="urn:{0}">'
    (tmp_path / "base.dmn").write_text(
        head.format("base")
        + '<decision id="b" name="b"><variable name="b"/><literalExpression><text>20</text></literalExpression></decision>'
        "</definitions>"
    )
    file = tmp_path / "top.dmn"
    file.write_text(
        head.format("top")
        + '<import name="base" namespace="urn:base" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>'
        '<decision id="t" name="t"><variable name="t"/><informationRequirement><requiredDecision href="urn:base#b"/>'
        "</informationRequirement><literalExpression><text>base.b + 1</text></literalExpression></decision></definitions>"
    )

    assert "t = 21" in run(str(file)).output
