"""Refusals say where; failures say what; warnings come in order."""

import pytest

from kiang.feel import FeelEvaluationError, FeelSyntaxError, compile, compile_unary_tests, evaluate, parse, variables_of  # noqa: A004 - the name of the API


def test_a_refusal_names_line_column_and_what_was_expected():
    with pytest.raises(FeelSyntaxError) as caught:
        parse("1 +\n  2 + )")

    refusal = caught.value
    assert (refusal.line, refusal.column) == (2, 7)
    assert refusal.reason == "Expected an operand, but found ')' (line 2, column 7)."
    assert str(refusal).endswith("    2 + )\n        ^")
    assert refusal.findings[0].line == 2


def test_a_refusal_has_zeebes_words():
    with pytest.raises(FeelSyntaxError) as caught:
        parse("x +")

    assert caught.value.zeebe_message == (
        'failed to parse expression \'x +\': Expected (binaryComparison | between | instanceOf | in | "and" | "or"'
        ' | end-of-input):1:3, found "+"'
    )


def test_a_refused_cell_has_zeebes_words():
    with pytest.raises(FeelSyntaxError) as caught:
        compile_unary_tests("1,")

    assert '"," ~ (boolean | unaryComparison | range |' in caught.value.zeebe_message


def test_a_failed_assertion_names_the_cause_and_keeps_the_warnings():
    with pytest.raises(FeelEvaluationError) as caught:
        evaluate('assert(x, x > 10, "x is small")', {})

    assert str(caught.value).startswith(
        "Assertion failure on evaluate the expression 'assert(x, x > 10, \"x is small\")': x is small"
    )
    assert [warning.type for warning in caught.value.warnings] == [
        "NO_VARIABLE_FOUND",
        "NO_VARIABLE_FOUND",
        "NOT_COMPARABLE",
        "ASSERT_FAILURE",
    ]


def test_warnings_know_their_place():
    warnings = compile("1 + missing").warnings({})

    assert [(warning.type, warning.position) for warning in warnings] == [("NO_VARIABLE_FOUND", 4), ("INVALID_TYPE", 0)]


def test_an_evaluation_without_trouble_has_no_warnings():
    assert compile("a + 1").warnings({"a": 1}) == ()


def test_variables_are_decoded_only_when_they_are_read():
    class Lazy(dict):
        asked: list[str] = []

        def get(self, name, default=None):
            self.asked.append(name)
            return super().get(name, default)

    variables = Lazy(a=1, b=2, c=3)

    assert compile("if a > 0 then b else c").evaluate(variables) == 2
    assert variables.asked == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a + b.c", {"a", "b"}),
        ("for x in xs return x + y", {"xs", "y"}),
        ("{a: 1, b: a + c}", {"c"}),
        ("function(a) a + b", {"b"}),
        ("items[price > limit]", {"items", "price", "limit"}),
        ("count(items)", {"items"}),
        ("some x in xs satisfies x > 1", {"xs"}),
    ],
)
def test_variables_of_an_expression(text, names):
    assert variables_of(compile(text)) == names


def test_an_expression_can_be_evaluated_by_threads_at_once():
    from concurrent.futures import ThreadPoolExecutor

    expression = compile("for i in 1..n return sum(for j in 1..i return j)")
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(lambda n: expression.evaluate({"n": n})[-1], range(1, 60)))

    assert results == [n * (n + 1) // 2 for n in range(1, 60)]


def test_an_expression_may_be_evaluated_any_number_of_times():
    expression = compile("x in (l, [1, 2])")
    many, equal = list(range(2_000)), list(range(2_000))

    for _ in range(1_500):  # three million items in all, which no single evaluation may look at
        assert expression.evaluate({"x": many, "l": [equal, 1]}) is True
