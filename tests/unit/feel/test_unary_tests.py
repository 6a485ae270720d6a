"""Cells of decision tables."""

import pytest

from kiang.feel import Dialect, FeelSyntaxError, compile_unary_tests, evaluate

D, C = Dialect.DMN, Dialect.CAMUNDA


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize(
    ("tests", "value", "expected"),
    [
        ("-", "1", True),
        ("1", "1", True),
        ("1, 2", "2", True),
        ("not(1, 2)", "3", True),
        ("not(1, 2)", "2", False),
        ("< 5", "4", True),
        ("[1..5)", "5", False),
        ("(1..5]", "5", True),
        ("]1..5[", "1", False),
        ('"a", "b"', '"b"', True),
        ("null", "null", True),
        ("true", "true", True),
        ("false", "false", True),
        ("? > 3 and ? < 6", "5", True),
        ("limit", "7", True),
        ("limits", "7", True),
        ('date("2024-01-01")', 'date("2024-01-01")', True),
        ('> date("2024-01-01")', 'date("2024-01-02")', True),
        ("< 5", '"a"', None),
        ("[1..limit]", "6", True),
    ],
)
def test_cell(tests, value, expected, dialect):
    cell = compile_unary_tests(tests, dialect=dialect)

    assert cell.evaluate({"limit": 7, "limits": [6, 7]}, input_value=evaluate(value, {})) is expected


def test_equality_is_a_test_by_the_standard_only():
    assert compile_unary_tests("= 1", dialect=D).evaluate({}, input_value=1) is True
    assert compile_unary_tests("!= 1", dialect=D).evaluate({}, input_value=1) is False
    with pytest.raises(FeelSyntaxError):
        compile_unary_tests("= 1", dialect=C)


def test_a_list_of_ranges_is_tested_by_the_standard():
    cell = compile_unary_tests("[[1..3], [7..9]]", dialect=D)

    assert cell.evaluate({}, input_value=8) is True
    assert cell.evaluate({}, input_value=5) is False
