"""Numeric functions and arithmetic."""

import pytest
from tests.unit.feel.outcomes import check

CASES = [
    ("decimal(2.5, 0)", "2"),
    ("decimal(1/3, 2)", "0.33"),
    ("floor(-1.5)", "-2"),
    ("ceiling(-1.5)", "-1"),
    ("floor(-1.56, 1)", "-1.6"),
    ("round up(-5.55, 1)", "-5.6"),
    ("round half down(5.5, 0)", "5"),
    ("round half up(1234, -2)", "1200"),
    ("decimal(5, 6200)", "null"),
    ("modulo(-12, 5)", "3"),
    ("modulo(10.1, 4.5)", "1.1"),
    ("odd(5)", "true"),
    ("even(-2.0)", "true"),
    ("even(2.5)", "false"),
    ('abs(@"-P1D")', '"PT24H"'),
    ("10 ** -5", "0.00001"),
    ("2 ** 0.5 * 2 ** 0.5", "2", "2.0"),
    ("0.1 + 0.2 = 0.3", "true"),
    ("9999999999999999999999999999999999 + 1", "10000000000000000000000000000000000"),
    ("1 / 3", "0.3333333333333333"),
    ("sqrt(-1)", "null"),
    ("log(0)", "null", "failed"),
]
"""Expression, its JSON by the standard, and where it differs, its JSON in Camunda's dialect; or `refused`, or `failed`."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_expression_gives(case):
    check(*case)
