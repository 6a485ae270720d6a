"""Static texts and FEEL."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kiang.bpmn.expression import expression, is_expression, static_value, text_expression
from kiang.errors import FeelError


@pytest.mark.parametrize(
    ("text", "is_feel"),
    [("=a", True), ("==", True), ("=\n1", True), ("=", False), (" =a", False), ("a", False), ("", False)],
)
def test_feel_begins_with_an_equals_sign_and_goes_on(text, is_feel):
    assert is_expression(text) is is_feel


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("abc", "abc"),
        ("3", 3),
        ("+5", 5),
        ("-1.50", Decimal("-1.50")),
        ("1e3", 1000),
        ("50.0", 50),
        (".5", Decimal("0.5")),
        ("1.", 1),
        (" 3", " 3"),
        ("1e999999999", "1e999999999"),
        ("", ""),
    ],
)
def test_a_static_text_that_is_a_decimal_number_is_a_number(text, value):
    found = static_value(text)

    assert found == value
    assert type(found) is type(value)


def test_codes_stay_text():
    assert text_expression("404").static == "404"
    assert text_expression("=code").feel.evaluate({"code": "x"}) == "x"


def test_what_is_no_feel_fails_when_it_is_evaluated():
    broken = expression("=a +")

    assert broken.text == "a +"
    assert broken.feel.warnings({}) == ()
    with pytest.raises(FeelError, match="failed to parse expression 'a \\+'"):
        broken.feel.evaluate({})
