r"""FEEL, the expression language of DMN 1.5, with what Camunda 8 adds; usable without the engine.

    >>> from kiang import feel
    >>> feel.evaluate("order.amount > 100 and order.country = \\"DE\\"", {"order": {"amount": 120, "country": "DE"}})
    True

`compile` once and `evaluate` often is the fast way.
"""

from kiang.feel.dialect import Dialect, Rule
from kiang.feel.errors import FeelEvaluationError, FeelLimitError, FeelSyntaxError
from kiang.feel.evaluation import Variables, Warning  # noqa: A004 - see there
from kiang.feel.expression import (
    Expression,
    compile,  # noqa: A004 - see there
    compile_unary_tests,
    evaluate,
    functions_of,
    variables_of,
)
from kiang.feel.json_text import from_json, to_json
from kiang.feel.parser import parse, parse_unary_tests
from kiang.feel.printer import print_expression
from kiang.feel.values import MISSING, Function, Range, Value, feel_type, text_of, type_name

__all__ = [
    "MISSING",
    "Dialect",
    "Expression",
    "FeelEvaluationError",
    "FeelLimitError",
    "FeelSyntaxError",
    "Function",
    "Range",
    "Rule",
    "Value",
    "Variables",
    "Warning",
    "compile",
    "compile_unary_tests",
    "evaluate",
    "feel_type",
    "from_json",
    "functions_of",
    "parse",
    "parse_unary_tests",
    "print_expression",
    "text_of",
    "to_json",
    "type_name",
    "variables_of",
]
