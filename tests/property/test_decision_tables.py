"""Laws of decision tables: what the hit policies say of the same rules fits together, in both dialects."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.dmn.dmn_builder import V13, V15, decision, input_data, model, table

RULES = st.lists(
    st.tuples(
        st.sampled_from(["-", "> 0", "< 5", "[2..8]", "not(3)", "1, 2, 3", "null", "? * 2 > 7", '"text"']),
        st.integers(-100, 100),
    ),
    min_size=1,
    max_size=8,
)
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-20, 20), st.text(max_size=5), st.lists(st.integers(0, 5), max_size=3)
)


def evaluate(version: str, rules: list[tuple[str, int]], x: Any, hit_policy: str, aggregation: str = "") -> Any:
    logic = table([([test], [str(output)]) for test, output in rules], hit_policy=hit_policy, aggregation=aggregation)
    found = model(input_data("x") + decision(logic, requires=("?x",)), version=version).evaluate("d", {"x": x})
    return found.output, [rule.outputs[0].value for rule in found.evaluated[-1].matched_rules], found.failed


@pytest.mark.parametrize("version", [V13, V15])
@given(rules=RULES, x=VALUES)
def test_hit_policies_agree_about_the_matches(version: str, rules: list[tuple[str, int]], x: Any) -> None:
    every, matched, _ = evaluate(version, rules, x, "RULE ORDER")

    assert (every or []) == matched
    assert evaluate(version, rules, x, "FIRST")[0] == (matched[0] if matched else None)
    assert evaluate(version, rules, x, "UNIQUE")[2] == (len(matched) > 1)
    assert evaluate(version, rules, x, "ANY")[2] == (len(set(matched)) > 1)
    if matched:
        assert evaluate(version, rules, x, "COLLECT", "COUNT")[0] == len(matched)
        assert evaluate(version, rules, x, "COLLECT", "SUM")[0] == sum(matched)
        assert evaluate(version, rules, x, "COLLECT", "MIN")[0] == min(matched)
        assert evaluate(version, rules, x, "COLLECT", "MAX")[0] == max(matched)
