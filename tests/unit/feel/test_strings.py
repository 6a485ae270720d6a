"""Text functions and regular expressions."""

import pytest
from tests.unit.feel.outcomes import check

CASES = [
    ('substring("foobar", -3, 2)', '"ba"'),
    ('substring("foobar", 3, 3.8)', '"oba"'),
    ('substring("abc", 9)', "null", "failed"),
    ('substring before("foobar", "xyz")', '""'),
    ('substring after("foobar", "")', '"foobar"'),
    ('replace("abracadabra", "bra", "*")', '"a*cada*"'),
    ('replace("abracadabra", "^.*?a", "*")', '"*bracadabra"'),
    ('replace("abc", "(?<x>b)", "$1")', "null", '"abc"'),
    ('replace("hello", "x*", "-")', "null", '"-h-e-l-l-o-"'),
    ('matches("abc", "A", "i")', "true"),
    ('matches("abc", "a", "q")', "true"),
    ('matches("a-b", "[a-z-[aeiou]]")', "true"),
    ('matches("abc", "[a-c&&[^b]]b")', "null", "true"),
    ('split("John Doe", "\\s")', '["John","Doe"]'),
    ('split("a;b;;", ";")', '["a","b","",""]'),
    ('extract("a1b22", "[0-9]+")', '["1","22"]'),
    ('string join(["a", null, "c"], "-", "<", ">")', '"<a-c>"'),
    ('contains("foobar", "")', "true"),
    ('upper case("straße")', '"STRASSE"'),
    ('trim("  a ")', '"a"'),
    ('is blank(" ")', "true"),
    ('to base64("kiang")', '"a2lhbmc="'),
    ('from base64("a2lhbmc=")', '"kiang"'),
]
"""Expression, its JSON by the standard, and where it differs, its JSON in Camunda's dialect; or `refused`, or `failed`."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_expression_gives(case):
    check(*case)
