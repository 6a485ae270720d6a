"""List functions."""

import pytest
from tests.unit.feel.outcomes import check

CASES = [
    ("list contains([1, null], null)", "true"),
    ('min(["b", "a"])', '"a"'),
    ("min([])", "null"),
    ('max(1, @"P1D")', "null"),
    ("sum([1, 2.5])", "3.5"),
    ("sum(1, 2, 3)", "6"),
    ("mean([1, 2, 4])", "2.3333333333333335"),
    ("median([6, 1, 2, 3])", "2.5"),
    ("mode([6, 3, 9, 6, 6, 3])", "[6]"),
    ("stddev([2, 4, 7, 5])", "2.0816659994661326"),
    ("product([2, 3, 4])", "24"),
    ("all([true, null, false])", "false"),
    ("any([false, null])", "null"),
    ("append([1], 2, [3])", "[1,2,[3]]"),
    ("concatenate([1], [2, 3])", "[1,2,3]"),
    ("insert before([1, 3], 1, 2)", "[2,1,3]"),
    ("remove([1, 2, 3], -1)", "[1,2]"),
    ("reverse([1, 2, 3])", "[3,2,1]"),
    ("index of([1, 2, 1], 1)", "[1,3]"),
    ("union([1, 2], [2, 3])", "[1,2,3]"),
    ('distinct values([1, 1.0, "1", true, true])', '[1,"1",true]'),
    ("duplicate values([1, 2, 2, 3, 3])", "[2,3]"),
    ("flatten([[1, [2]], 3])", "[1,2,3]"),
    ("sort([3, 1, 2], function(a, b) a > b)", "[3,2,1]"),
    ("sort([3, 1, 2])", "[1,2,3]"),
    ("list replace([2, 4, 7], function(item, new) item < new, 5)", "[5,5,7]"),
    ("list replace([1, 2, 3], -1, 9)", "[1,2,9]"),
    ("partition([1, 2, 3], 2)", "[[1,2],[3]]"),
    ("is empty([])", "true"),
]
"""Expression, its JSON by the standard, and where it differs, its JSON in Camunda's dialect; or `refused`, or `failed`."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_expression_gives(case):
    check(*case)
