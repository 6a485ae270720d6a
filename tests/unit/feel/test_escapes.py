"""Backslashes in texts, in each dialect, and commas at the end of contexts."""

import pytest

from kiang import feel
from kiang.feel import Dialect, FeelSyntaxError

CASES = [
    # FEEL, standard, Camunda's engine, Camunda's connectors
    (r'"a\nb\tc\"d"', 'a\nb\tc"d', 'a\nb\tc"d', 'a\nb\tc"d'),
    (r'"x\\y"', "x\\y", r"x\\y", "x\\y"),
    (r'"\\n"', r"\n", "\\\n", r"\n"),
    (r'"\u00e4"', "ä", r"\u00e4", r"\u00e4"),
    (r'"a\sb"', r"a\sb", "a b", r"a\sb"),
    (r'"\d+"', r"\d+", r"\d+", r"\d+"),
]


@pytest.mark.parametrize(("text", "standard", "engine", "connectors"), CASES)
def test_what_a_backslash_means(text, standard, engine, connectors):
    values = [
        feel.compile(text, dialect=dialect).evaluate({})
        for dialect in (Dialect.DMN, Dialect.CAMUNDA, Dialect.CONNECTORS)
    ]

    assert values == [standard, engine, connectors]


def test_in_keys_a_backslash_means_something_in_the_standard_only():
    text = r'{"a\nb": 1}'

    assert feel.compile(text, dialect=Dialect.DMN).evaluate({}) == {"a\nb": 1}
    for dialect in (Dialect.CAMUNDA, Dialect.CONNECTORS):
        assert feel.compile(text, dialect=dialect).evaluate({}) == {r"a\nb": 1}


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("text", ["{a: 1,}", "{,}", "[1,]"])
def test_no_comma_stands_before_the_end(text, dialect):
    with pytest.raises(FeelSyntaxError):
        feel.compile(text, dialect=dialect)
