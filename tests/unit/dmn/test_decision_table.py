"""Decision tables: hit policies, aggregation, allowed values, defaults."""

from typing import Any

import pytest
from tests.unit.dmn.dmn_builder import V13, decision, input_data, model, table

LADDER = [(["> 0"], ["1"]), (["> 10"], ["5"]), (["> 20"], ["2.5"])]
RISKS = [(["> 0"], ['"low"']), (["> 10"], ['"high"']), (["> 5"], ['"middle"'])]
ORDER = '"high", "middle", "low"'


def evaluate(logic: str, x: Any, version: str | None = None) -> Any:
    content = input_data("x") + decision(logic, requires=("?x",))
    compiled = model(content) if version is None else model(content, version=version)
    return compiled.evaluate("d", {"x": x})


@pytest.mark.parametrize(
    ("hit_policy", "aggregation", "x", "expected"),
    [
        ("FIRST", "", 25, 1),
        ("COLLECT", "", 25, [1, 5, 2.5]),
        ("RULE ORDER", "", 15, [1, 5]),
        ("COLLECT", "SUM", 25, 8.5),
        ("COLLECT", "MIN", 25, 1),
        ("COLLECT", "MAX", 25, 5),
        ("COLLECT", "COUNT", 25, 3),
    ],
)
def test_a_hit_policy_says_what_becomes_of_the_matches(hit_policy, aggregation, x, expected):
    found = evaluate(table(LADDER, hit_policy=hit_policy, aggregation=aggregation), x)

    output = found.output
    assert [float(each) for each in output] == expected if isinstance(output, list) else float(output) == expected


def test_priority_takes_the_output_that_is_listed_first():
    assert evaluate(table(RISKS, hit_policy="PRIORITY", output_values=ORDER), 7).output == "middle"
    assert evaluate(table(RISKS, hit_policy="PRIORITY", output_values=ORDER), 20).output == "high"


def test_output_order_sorts_by_the_output_values():
    assert evaluate(table(RISKS, hit_policy="OUTPUT ORDER", output_values=ORDER), 20).output == [
        "high",
        "middle",
        "low",
    ]


def test_a_second_match_is_a_failure_of_unique():
    found = evaluate(table(LADDER), 15)

    assert found.output is None
    assert found.failed_decision_id == "d"
    assert "multiple values aren't allowed for UNIQUE hit policy. found: 'List(Map(o -> 1), Map(o -> 5))'" in (
        found.failure_message
    )


def test_any_needs_equal_outputs():
    same = [(["> 0"], ["1"]), (["> 10"], ["1.0"])]

    assert evaluate(table(same, hit_policy="ANY"), 15).output == 1
    assert evaluate(table(LADDER, hit_policy="ANY"), 15).failure_message.endswith("Map(o -> 1), Map(o -> 5))'")


def test_several_outputs_are_a_context():
    rules = [(["1"], ['"a"', "x + 1"])]

    assert evaluate(table(rules, outputs=("p", "q")), 1).output == {"p": "a", "q": 2}


def test_without_a_match_the_default_counts():
    assert evaluate(table(LADDER, default='"none"'), 0).output == "none"
    assert evaluate(table(LADDER), 0).output is None


@pytest.mark.parametrize(("version", "expected"), [("standard", []), ("camunda", None)])
def test_collect_without_a_match_differs_by_dialect(version, expected):
    logic = table(LADDER, hit_policy="COLLECT")

    assert evaluate(logic, 0, V13 if version == "camunda" else None).output == expected


def test_an_output_that_is_not_allowed_is_null():
    found = evaluate(table([(["-"], ['"other"'])], output_values=ORDER), 1)

    assert found.output is None
    assert "allowed value" in found.problems[0].message


def test_the_report_names_inputs_and_matched_rules():
    found = evaluate(table(LADDER, hit_policy="COLLECT"), 15)

    (evaluated,) = found.evaluated
    assert [(given.name, given.value) for given in evaluated.inputs] == [("x", 15)]
    assert [(rule.id, rule.index, [made.value for made in rule.outputs]) for rule in evaluated.matched_rules] == [
        ("r1", 1, [1]),
        ("r2", 2, [5]),
    ]


def test_an_empty_cell_and_a_dash_always_hold():
    assert evaluate(table([([""], ["1"])]), 5).output == 1
    assert evaluate(table([(["-"], ["1"])]), None).output == 1


def test_a_cell_that_fails_does_not_hold():
    rules = [(["x.y.z(? + 1) > 3"], ["1"]), (["-"], ["2"])]

    assert evaluate(table(rules, hit_policy="FIRST"), 5).output == 2


def test_a_cell_may_name_its_input_and_other_variables():
    content = (
        input_data("x")
        + input_data("limit")
        + decision(table([(["? > limit"], ['"above"'])]), requires=("?x", "?limit"))
    )

    assert model(content).evaluate("d", {"x": 5, "limit": 3}).output == "above"
