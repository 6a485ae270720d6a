"""Where the standard and Camunda differ, one case for each rule of the table."""

import pytest
from tests.unit.feel.outcomes import check

CASES = [
    ("1e3", "1000", "refused"),
    ('"\\u00e4\\\\"', '"ä\\\\"', '"\\\\u00e4\\\\\\\\"'),
    ("1 = 1 = true", "true", "refused"),
    ("--x", "5", "refused"),
    ("if", "refused", "null"),
    ("(function(a) a)(1)", "1", "refused"),
    ("[1] instance of list<number>", "true", "refused"),
    ("some a in [1] b in [2] satisfies a < b", "true", "refused"),
    ("for a in [[1, 2]], b in a return b", "[1,2]", "null"),
    ("count(5)", "1", "null"),
    ('@"PT1H" * 2.5', '"PT2H30M"', '"PT2H"'),
    ('-@"P1D"', '"PT-24H"', "null"),
    ('@"2024-03-01" - @"2024-02-29T00:00:00Z"', '"PT24H"', "null"),
    ('@"2024-01-01T10:00:00Z" = @"2024-01-01T11:00:00+01:00"', "true", "false"),
    ("[1..5].start", "1", "null"),
    ('context([{key: "a", value: 1}, {key: "a", value: 2}])', "null", '{"a":2}'),
    ("string({a: 1})", '"{a: 1}"', '"{a:1}"'),
    ('string length("😀")', "1", "2"),
    ("modulo(5, 0)", "null", "failed"),
    ('number("1,000", ",")', "null", "1000"),
    ("string(sqrt(2))", '"1.414213562373095048801688724209698"', '"1.4142135623730951"'),
    ("sublist([1], 0)", "null", "[]"),
    ('matches("a\\n", "a$")', "false", "true"),
    ("{a: 1, a: 2}", "null", '{"a":2}'),
    ("{<b: 1}", "refused", '{"<b":1}'),
]
"""Expression, its JSON by the standard, and where it differs, its JSON in Camunda's dialect; or `refused`, or `failed`."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_expression_gives(case):
    check(*case)
