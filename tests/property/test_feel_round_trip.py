# ruff: noqa: PT017 - a refusal is one of two right outcomes
"""What is parsed, printed and parsed again is the same tree; texts that are no FEEL are refused and nothing else."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.property.feel_expressions import BROKEN_TEXTS, expressions

from kiang.errors import FeelError
from kiang.feel import Dialect, FeelSyntaxError, parse, parse_unary_tests, print_expression

DIALECTS = st.sampled_from(Dialect)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DIALECTS.flatmap(lambda dialect: st.tuples(st.just(dialect), expressions(dialect))))
def test_printing_and_parsing_again_gives_the_same_tree(case):
    dialect, text = case
    tree = parse(text, dialect=dialect)

    printed = print_expression(tree, dialect=dialect)

    assert parse(printed, dialect=dialect) == tree


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DIALECTS.flatmap(lambda dialect: st.tuples(st.just(dialect), expressions(dialect))), st.booleans())
def test_unary_tests_keep_their_tree_too(case, negated):
    dialect, text = case
    tests = f"not({text}, < 5)" if negated else f"{text}, [1..5)"
    tree = parse_unary_tests(tests, dialect=dialect)

    printed = print_expression(tree, dialect=dialect)

    assert parse_unary_tests(printed, dialect=dialect) == tree


@settings(max_examples=300, deadline=None)
@given(BROKEN_TEXTS, DIALECTS, st.booleans())
def test_any_text_is_read_or_refused_with_its_place(text, dialect, as_tests):
    read = parse_unary_tests if as_tests else parse
    try:
        read(text, dialect=dialect)
    except FeelSyntaxError as refusal:
        assert 0 <= refusal.offset <= len(text)
        assert refusal.line >= 1
        assert refusal.column >= 1
        assert refusal.findings
        assert refusal.zeebe_message.startswith("failed to parse expression '")


@pytest.mark.parametrize(
    "nested", ["(" * 5000 + "1" + ")" * 5000, "[" * 5000, "-" * 5000 + "1", "if " * 3000, "f(" * 4000]
)
@pytest.mark.parametrize("dialect", Dialect)
def test_deep_nesting_is_refused(nested, dialect):
    with pytest.raises(FeelError):
        parse(nested, dialect=dialect)
