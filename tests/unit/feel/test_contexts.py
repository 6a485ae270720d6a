"""Contexts and functions of contexts."""

import pytest
from tests.unit.feel.outcomes import check

CASES = [
    ('get value({a: {b: 1}}, ["a", "b"])', "1"),
    ("get entries({a: 1})", '[{"key":"a","value":1}]'),
    ('context put({a: 1}, "b", 2)', '{"a":1,"b":2}'),
    ('context put({a: {b: 1}}, ["a", "b"], 2)', '{"a":{"b":2}}'),
    ("context merge([{a: 1}, {a: 2, b: 3}])", '{"a":2,"b":3}'),
    ('context(entries: [{key: "a", value: null}])', '{"a":null}'),
    ("{a: 1, b: a + 1, c: {d: b}}.c.d", "2"),
    ("{f: function(n) if n = 0 then 1 else n * f(n - 1), r: f(5)}.r", "120", "null"),
]
"""Expression, its JSON by the standard, and where it differs, its JSON in Camunda's dialect; or `refused`, or `failed`."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_expression_gives(case):
    check(*case)
