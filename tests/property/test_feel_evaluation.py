# ruff: noqa: PT017 - a failure is one of two right outcomes
"""Evaluating raises nothing but FeelError, and gives the same under any hash seed."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.property.feel_expressions import expressions

from kiang.errors import FeelError, InvalidArgument
from kiang.feel import (
    Dialect,
    compile,  # noqa: A004 - the name of the API
    compile_unary_tests,
    evaluate,
    from_json,
    functions_of,
    text_of,
    to_json,
    variables_of,
)
from kiang.feel.errors import FeelLimitError

DIALECTS = st.sampled_from(Dialect)
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.decimals(allow_nan=False, allow_infinity=False, places=4),
        st.text(max_size=5),
        st.sampled_from(
            ['@"2024-02-29"', '@"P1D"', '@"P1Y"', '@"10:15:30Z"', "[1..5]", "function(a) a", '@"2024-02-29T10:15:30"']
        ).map(lambda text: evaluate(text, {}, dialect=Dialect.DMN)),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(["a", "b", "key", "value", "item"]), inner)
    ),
    max_leaves=6,
)
CASES = DIALECTS.flatmap(lambda dialect: st.tuples(st.just(dialect), expressions(dialect)))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CASES, st.dictionaries(st.sampled_from(["a", "b", "order", "x1", "item"]), VALUES))
def test_evaluating_raises_nothing_but_feel_errors(case, variables):
    dialect, text = case
    expression = compile(text, dialect=dialect)
    try:
        value = expression.evaluate(variables, now_ms=0)
    except FeelError as failure:
        assert str(failure)
    else:
        assert isinstance(to_json(value), str)
    assert isinstance(expression.warnings(variables, now_ms=0), tuple)
    assert variables_of(expression) is not None


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CASES, VALUES)
def test_unary_tests_give_a_boolean_or_null(case, input_value):
    dialect, text = case
    tests = compile_unary_tests(f"{text}, < 5, [1..5), null", dialect=dialect)
    try:
        assert tests.evaluate({}, now_ms=0, input_value=input_value) in (True, False, None)
    except FeelError as failure:
        assert str(failure)


@pytest.mark.parametrize("dialect", Dialect)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(arguments=st.lists(VALUES, max_size=4))
def test_no_builtin_function_fails_for_any_arguments(dialect, arguments):
    variables = {f"v{index}": value for index, value in enumerate(arguments)}
    call = ", ".join(variables)
    for name in functions_of(dialect):
        try:
            compile(f"`{name}`({call})", dialect=dialect).evaluate(variables, now_ms=0)
        except FeelError as failure:
            assert str(failure)


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_json_that_was_read_is_written_the_same_again(value):
    # the first writing makes whole numbers of 2.0 and texts of dates, and fractions floating-point numbers
    written = to_json(from_json(to_json(value)))

    assert to_json(from_json(written)) == written


@settings(max_examples=100, deadline=None)
@given(st.integers(-(10**40), 10**40), st.integers(-(10**40), 10**40), st.sampled_from("+-*"))
def test_whole_numbers_calculate_as_decimals_of_34_digits_do(x, y, operator):
    result = evaluate(f"x {operator} y", {"x": x, "y": y})

    exact = {"+": x + y, "-": x - y, "*": x * y}[operator]

    assert abs(Decimal(result) - exact) <= abs(Decimal(exact)) * Decimal("1e-33")


def test_results_do_not_depend_on_the_hash_seed():
    script = (
        "import json, sys\n"
        "from kiang import feel\n"
        "for text in json.load(sys.stdin):\n"
        "    for dialect in feel.Dialect:\n"
        "        expression = feel.compile(text, dialect=dialect)\n"
        "        print(feel.to_json(expression.evaluate(now_ms=0)), expression.warnings(now_ms=0), feel.variables_of(expression) and '')\n"
    )
    texts = [
        'distinct values(["b", "a", 1, true, "b", {x: 1}, null])',
        'union([3, 1], [2, 3], ["c"])',
        "mode([3, 1, 2, 3, 1])",
        "get entries({z: 1, a: 2, m: {q: 1, b: 2}})",
        "context merge({b: 1, a: 2}, {c: 3, a: 4})",
        'duplicate values(["x", "y", "x", "y"])',
        "{b: 1, a: b}.missing",
        "nofunction(b: 1, a: 2)",
    ]
    outputs = set()
    for seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        run = subprocess.run(  # noqa: S603
            [sys.executable, "-c", script],
            input=json.dumps(texts),
            capture_output=True,
            text=True,
            check=True,
            env=environment,
            cwd=Path(__file__).resolve().parents[2],
        )
        outputs.add(run.stdout)

    assert len(outputs) == 1
    assert outputs.pop().count("\n") == len(Dialect) * len(texts)


LIMITS = [
    "for i in 1..100000000 return i",
    "for i in 1..10000, j in 1..10000 return i + j",
    "some i in 1..100000000 satisfies i < 0",
    (
        "{a: [1, 1], b: concatenate(a, a, a, a, a, a, a, a, a, a), c: concatenate(b, b, b, b, b, b, b, b, b, b), "
        "d: concatenate(c, c, c, c, c, c, c, c, c, c), e: concatenate(d, d, d, d, d, d, d, d, d, d), "
        "f: concatenate(e, e, e, e, e, e, e, e, e, e), g: concatenate(f, f, f, f, f, f, f, f, f, f), h: concatenate(g, g, g)}"
    ),
    (
        '{a: "xxxxxxxxxx", b: a + a + a + a + a + a + a + a + a + a, c: b + b + b + b + b + b + b + b + b + b, '
        "d: c + c + c + c + c + c + c + c + c + c, e: d + d + d + d + d + d + d + d + d + d, "
        "f: e + e + e + e + e + e + e + e + e + e, g: f + f + f + f + f + f + f + f + f + f, h: g + g}"
    ),
    'matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "^(a|aa|a?a)+$")',
]


@pytest.mark.parametrize("text", LIMITS, ids=lambda text: text[:30])
@pytest.mark.parametrize("dialect", Dialect)
def test_what_asks_for_too_much_is_a_limit_error(text, dialect):
    with pytest.raises(FeelLimitError):
        compile(text, dialect=dialect).evaluate()


def test_endless_recursion_is_a_limit_error():
    with pytest.raises(FeelLimitError):
        evaluate("{f: function(n) f(n + 1), r: f(1)}.r", {}, dialect=Dialect.DMN)


def test_values_that_share_their_parts_do_not_become_huge_texts():
    layers = ", ".join(f"v{index + 1}: [v{index}, v{index}]" for index in range(40))
    with pytest.raises(FeelLimitError):
        evaluate(f"{{v0: [1, 1], {layers}}}.v40", {})

    value = [1, 1]
    for _ in range(40):
        value = [value, value]
    with pytest.raises(InvalidArgument):
        to_json(value)
    with pytest.raises(FeelError):
        compile("string(v) = string(w)").evaluate({"v": value, "w": value})
    with pytest.raises(FeelError):
        compile("to json(v)").evaluate({"v": value})


def test_no_python_is_reachable():
    for text in ("a.__class__", "count.__globals__", '`__import__`("os")', "a.`__dict__`", "function(a) a.__code__"):
        result = evaluate(text, {"a": {"b": 1}})
        assert result is None or text_of(result) == "function(a)"
