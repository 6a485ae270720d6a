"""Points and ranges."""

import pytest
from tests.unit.feel.outcomes import check

CASES = [
    ("before(1, [1..5])", "false"),
    ("before(1, (1..5])", "true"),
    ("after(5, [1..5))", "true"),
    ("meets([1..5], [5..10])", "true"),
    ("met by([5..10], [1..5])", "true"),
    ("overlaps([1..5], [5..8])", "true"),
    ("overlaps([1..5), [5..8])", "false"),
    ("overlaps before([1..5], [4..10])", "true"),
    ("overlaps after([4..10], [1..5])", "true"),
    ("finishes(10, [1..10])", "true"),
    ("finished by([5..10], 10)", "true"),
    ("includes([5..10], 6)", "true"),
    ("during(5, [5..10])", "true"),
    ("starts([1..3], [1..5])", "true"),
    ("started by([1..5], 1)", "true"),
    ("coincides([1..5], [1..5])", "true"),
    ("meets(1, 2)", "null"),
]
"""Expression, its JSON by the standard, and where it differs, its JSON in Camunda's dialect; or `refused`, or `failed`."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_expression_gives(case):
    check(*case)
