"""What Camunda's engine (feel-engine 1.18, as in Zeebe 8.6) made of the same expressions: values, warnings, failures, refusals."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from kiang.errors import FeelError
from kiang.feel import FeelSyntaxError, compile, parse, parse_unary_tests, to_json  # noqa: A004 - the name of the API
from kiang.feel.zeebe_syntax import describe

FOLDER = Path(__file__).parent
VARIABLES = {
    "x": 5,
    "y": Decimal("2.5"),
    "s": "str",
    "t": True,
    "nil": None,
    "l": [1, 2, 3],
    "o": {"a": 1, "b": {"c": 2}},
    "ps": [{"name": "ann", "age": 40}, {"name": "bob"}],
    "e": [],
}
EVALUATIONS = [json.loads(line) for line in (FOLDER / "evaluations.jsonl").read_text("utf-8").splitlines()]
REFUSALS = [json.loads(line) for line in (FOLDER / "refusals.jsonl").read_text("utf-8").splitlines()]

DEVIATIONS = {
    "{}.a": "the recorded engine saw a literal; of a variable, as processes have it, it says nothing behind 'Available keys'",
    "before([1..s], 3)": "the warning names the classes of the other parser",
    "x in (? > missing)": "tests with ? are evaluated once, not twice, so their warnings come once",
    "partition(l, 2)": "a function since 8.7",
    "2 ** 1000": "34 digits, where the other has those of a double at its border",
    "10 ** 400": "the other cannot give such a number to its caller",
    'number("1e400")': "the other cannot give such a number to its caller",
    "12345678901234567890123456789012345678": "the other gives a double to its caller",
    "99999999999999999999 * 99999999999999999999": "the other gives a double to its caller",
    "min([[1],[2]])": "null with a warning instead of a failure inside the engine",
    'time(10, 0, 0, duration("PT1H"))': "the recorder wrote Java's class; the engine writes times with their seconds",
    'date and time(date and time("2020-01-01T10:00:00Z"), "foo")': "null with a warning instead of a failure inside the engine",
    "sublist(list: [1,2], start position: 2)": "the standard's name of the parameter is taken too",
    "floor(n: 1.5, scale: 0)": "the standard's second parameter has its name here too",
    '@"P1D" instance of day-time-duration': "names are not checked further behind instance of",
    "[1..5].start": "what stands behind a range is read, as the standard has it",
    "[1..2] = [1..2]": "what stands behind a range is read, as the standard has it",
    'substring("abc", 5)': "the text is that of the Java version that Zeebe 8.6 is delivered with",
    'substring("abc", 2, -1)': "the text is that of the Java version that Zeebe 8.6 is delivered with",
}
"""Expression to the reason why the result is another one here."""


def shown(value):
    """A value as the recording writes it: what arrives at the caller, numbers as doubles."""
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else f'"{value}"'
    if isinstance(value, int | Decimal):
        number = Decimal(value) if value == int(value) else Decimal(repr(float(value)))
        return "0" if not number else format(number.normalize(), "f")
    if isinstance(value, list):
        return "[" + ", ".join(map(shown, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}:{shown(value[name])}" for name in sorted(value)) + "}"
    text = to_json(value)
    return str(value) if text == "null" else text.strip('"')


@pytest.mark.parametrize("recorded", EVALUATIONS, ids=lambda recorded: recorded["expression"])
def test_evaluation_is_the_same(recorded):
    text = recorded["expression"]
    if "refused" in recorded:
        expected = ("refused", recorded["refused"])
    elif "failure" in recorded:
        expected = ("failure", recorded["failure"])
    else:
        expected = (recorded["result"], [tuple(warning) for warning in recorded["warnings"]])

    try:
        expression = compile(text)
        value = expression.evaluate(VARIABLES)
        found = (shown(value), [(warning.type, warning.message) for warning in expression.warnings(VARIABLES)])
    except FeelSyntaxError as refusal:
        found = ("refused", refusal.zeebe_message)
    except FeelError as failure:
        found = ("failure", str(failure))

    if text in DEVIATIONS:
        assert found != expected, f"no deviation any more, take it out: {DEVIATIONS[text]}"
    else:
        if "for i in l return o.f(1)" in text:
            expected = (re.sub(r"ValError error\(.*?\"\)", "null", expected[0]), expected[1])
        assert found == expected


@pytest.mark.parametrize("recorded", REFUSALS, ids=lambda recorded: repr(recorded["text"]))
def test_refusal_has_the_same_words(recorded):
    text, unary_tests = recorded["text"], recorded["unary_tests"]

    assert describe(text, unary_tests=unary_tests) == recorded["message"]


@pytest.mark.parametrize("recorded", REFUSALS[:110], ids=lambda recorded: repr(recorded["text"]))
def test_what_is_refused_there_is_refused_here(recorded):
    read = parse_unary_tests if recorded["unary_tests"] else parse
    with pytest.raises(FeelSyntaxError):
        read(recorded["text"])
