"""Operators, paths, loops, conversions."""

import pytest
from tests.unit.feel.outcomes import check

CASES = [
    ("x in (1, [4..6])", "true"),
    ("x in (> 3)", "true"),
    ("x between 1 and 5", "true"),
    ("x instance of number", "true"),
    ("null instance of Any", "false"),
    ("if null then 1 else 2", "2"),
    ("x > 3 or missing", "true"),
    ("missing and false", "false"),
    ("not(missing)", "null"),
    ("ps[age > 30].name", '["ann"]'),
    ("ps[1].age", "40"),
    ("ps.age", "[40,20]"),
    ("l[item > 1]", "[2,3]"),
    ("l[-1]", "3"),
    ("l[4]", "null"),
    ("for i in 1..3 return if i < 3 then 1 else partial[-1] + partial[-2]", "[1,1,2]"),
    ("for i in 3..1 return i", "[3,2,1]"),
    ("every i in [] satisfies false", "true"),
    ("some i in l satisfies i > 2", "true"),
    ('"a" + 1', "null"),
    ("[1, 2] = [1, 2.0]", "true"),
    ("{a: 1} = {a: 1.0}", "true"),
    ('1 = "1"', "null"),
    ("null = missing", "true"),
    ("get or else(missing, 1)", "1"),
    ("is defined(o.zz)", "false"),
    ('fromAi(x, "an order number")', "5"),
    ('is(@"2024-01-01T10:00:00Z", @"2024-01-01T11:00:00+01:00")', "false"),
    ('from json("{\\"a\\": [1, 2.50]}")', '{"a":[1,2.5]}'),
    ('to json({d: @"P1D", n: null})', '"{\\"d\\":\\"PT24H\\",\\"n\\":null}"'),
    ("`x` + 1", "6"),
    ("1 + /* two */ 2 // three", "3"),
    ('number("1.234,5", ".", ",")', "1234.5"),
    ('number("12a")', "null"),
    ("string(12.50)", '"12.50"'),
    ('string([1, "a", null])', '"[1, \\"a\\", null]"'),
    ('string(@"P14M")', '"P1Y2M"'),
    ('range("[1..3]").end', "3"),
]
"""Expression, its JSON by the standard, and where it differs, its JSON in Camunda's dialect; or `refused`, or `failed`."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_expression_gives(case):
    check(*case)
