"""Evaluates an expression in both dialects and compares what comes out."""

from kiang.errors import FeelError
from kiang.feel import Dialect, FeelSyntaxError, evaluate, from_json, to_json

VARIABLES = from_json(
    '{"x": 5, "s": "str", "l": [1, 2, 3], "o": {"a": 1, "b": {"c": 2}},'
    ' "ps": [{"name": "ann", "age": 40}, {"name": "bob", "age": 20}]}'
)


def outcome(text: str, dialect: Dialect) -> str:
    """The JSON of the value, or how it failed."""
    try:
        return to_json(evaluate(text, VARIABLES, dialect=dialect, now_ms=0))
    except FeelSyntaxError:
        return "refused"
    except FeelError:
        return "failed"


def check(text: str, standard: str, camunda: str | None = None) -> None:
    """Compare both dialects with what they have to give."""
    assert outcome(text, Dialect.DMN) == standard
    assert outcome(text, Dialect.CAMUNDA) == (standard if camunda is None else camunda)
