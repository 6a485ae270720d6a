"""Expressions that are compiled once and evaluated often."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from kiang.feel import builtins as _builtins
from kiang.feel.builtins import boolean as _boolean
from kiang.feel.builtins import context as _context
from kiang.feel.builtins import conversion as _conversion
from kiang.feel.builtins import interval as _interval
from kiang.feel.builtins import lists as _lists
from kiang.feel.builtins import numeric as _numeric
from kiang.feel.builtins import strings as _strings
from kiang.feel.builtins import temporal as _temporal
from kiang.feel.builtins.registry import Builtin, table_of
from kiang.feel.compiler import Code, Compiler, SuppressibleFailure
from kiang.feel.dialect import Dialect
from kiang.feel.errors import FeelEvaluationError, FeelLimitError
from kiang.feel.evaluation import FatalFailureError, LimitExceededError, Run, Variables, Warning  # noqa: A004 - see there
from kiang.feel.parser import parse, parse_unary_tests
from kiang.feel.size import check_size
from kiang.feel.syntax import Node, UnaryTests
from kiang.feel.types import TypeTest
from kiang.feel.values import MISSING, TextTooLongError, Value
from kiang.feel.variables import free_variables

FAMILIES: Final = (_boolean, _context, _conversion, _interval, _lists, _numeric, _strings, _temporal)
"""The modules whose import declares the built-in functions."""
NO_VARIABLES: Final[dict[str, Value]] = {}


@cache
def functions_of(dialect: Dialect) -> Mapping[str, Builtin]:
    """Give the built-in functions of a dialect by name."""
    assert _builtins is not None
    return table_of(dialect)


@cache
def _function_names(dialect: Dialect) -> tuple[str, ...]:
    names = {name for name in functions_of(dialect) if not name.isidentifier()}
    for builtin in functions_of(dialect).values():
        for overload in builtin.overloads:
            names.update(name for name in overload.parameters if not name.isidentifier())
    return tuple(sorted(names))


class Expression:
    """A compiled expression; it may be evaluated by several threads at once.

    Attributes:
        text: The source.
        node: The tree.
        dialect: Whose rules hold.
    """

    __slots__ = ("_code", "_types", "dialect", "node", "text")

    def __init__(self, text: str, node: Node, dialect: Dialect, types: Mapping[str, TypeTest] | None) -> None:
        self.text = text
        self.node = node
        self.dialect = dialect
        self._types = types
        self._code = Compiler(dialect, functions_of(dialect), types).compile(node)

    def evaluate(
        self, variables: Variables = NO_VARIABLES, *, now_ms: int | None = None, input_value: Value = MISSING
    ) -> Value:
        """Calculate the value; what cannot be calculated is null.

        Args:
            variables: Anything with `get(name, default)` and `in`.
            now_ms: What `now()` and `today()` say, in milliseconds since 1970; by default what the clock says.
            input_value: What unary tests are about, `?`.

        Raises:
            FeelEvaluationError: The evaluation failed as a whole, for example by `assert`.
            FeelLimitError: It asked for too much.
        """
        run = Run(now_ms, input_value)
        try:
            value = self._code(variables, run)
            if type(value) is list or type(value) is dict:
                check_size(value)
        except _FAILURES as failure:
            raise self._error(failure, self.warnings(variables, now_ms=now_ms, input_value=input_value)) from None
        if run.assertion is not None:
            warnings = self.warnings(variables, now_ms=now_ms, input_value=input_value)
            raise FeelEvaluationError(self.text, self.assertion_text(run.assertion), warnings)
        return value

    def warnings(
        self, variables: Variables = NO_VARIABLES, *, now_ms: int | None = None, input_value: Value = MISSING
    ) -> tuple[Warning, ...]:
        """Evaluate again and tell what gave null instead of a value, in the order in which it happened.

        Arguments are those of `evaluate`. A failure of the evaluation ends the list.
        """
        run = Run(now_ms, input_value, [])
        try:
            self._code(variables, run)
        except FatalFailureError as failure:
            if failure.forgets_warnings:
                return ()
        except _FAILURES:
            pass
        return tuple(run.warnings or ())

    @property
    def code(self) -> Code:
        """The closure itself, for those who bring a run of their own; it raises what `failure` explains."""
        return self._code

    def codes_of_tests(self) -> list[Code]:
        """The closures of the single tests of unary tests, in order."""
        compiler = Compiler(self.dialect, functions_of(self.dialect), self._types)
        return [compiler.test(node) for node in self.node.tests] if isinstance(self.node, UnaryTests) else []

    def failure(self, error: BaseException) -> FeelEvaluationError:
        """What `evaluate` would have raised for what `code` has raised."""
        return self._error(error, ())

    def assertion_text(self, cause: str) -> str:
        """What is said of a failed `assert`, whose cause the run holds."""
        return f"Assertion failure on evaluate the expression '{self.text}': {cause}"

    def _error(self, failure: BaseException, warnings: tuple[Warning, ...]) -> FeelEvaluationError:
        if isinstance(failure, FatalFailureError):
            return FeelEvaluationError(
                self.text, f"failed to evaluate expression '{self.text}'{failure.separator}{failure.message}", warnings
            )
        if isinstance(failure, SuppressibleFailure):
            return FeelEvaluationError(self.text, f"failed to evaluate expression '{self.text}': {failure}", warnings)
        limit = str(failure) if isinstance(failure, LimitExceededError) else _LIMITS[type(failure)]
        return FeelLimitError(
            self.text, f"failed to evaluate expression '{self.text}': Expected {limit}, but it takes more", warnings
        )

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


_LIMITS: Final[dict[type[BaseException], str]] = {
    RecursionError: "expressions and values that are not nested so deep",
    TextTooLongError: "shorter texts",
    MemoryError: "less memory to be enough",
}
_FAILURES: Final = (
    FatalFailureError,
    SuppressibleFailure,
    LimitExceededError,
    RecursionError,
    TextTooLongError,
    MemoryError,
)


def compile(  # noqa: A001 - the name says what it does, and it is used behind the package's name
    text: str,
    *,
    dialect: Dialect = Dialect.CAMUNDA,
    names: Iterable[str] = (),
    types: Mapping[str, TypeTest] | None = None,
) -> Expression:
    """Read an expression and make it ready to be evaluated.

    Args:
        text: The expression, without the `=` that marks one in BPMN.
        dialect: Whose rules hold.
        names: Names with blanks or operators in them that it may use, of variables, members and types.
        types: Types that `instance of` and parameters may name, as tests of values.

    Raises:
        FeelSyntaxError: The text is no FEEL.
    """
    node = parse(text, names=_known(names, types, dialect), dialect=dialect)
    return Expression(text, node, dialect, types)


def compile_unary_tests(
    text: str,
    *,
    dialect: Dialect = Dialect.CAMUNDA,
    names: Iterable[str] = (),
    types: Mapping[str, TypeTest] | None = None,
) -> Expression:
    """Read what stands in an input cell of a decision table; evaluate it with `input_value`.

    Arguments and errors are those of `compile`.
    """
    node = parse_unary_tests(text, names=_known(names, types, dialect), dialect=dialect)
    return Expression(text, node, dialect, types)


def _known(names: Iterable[str], types: Mapping[str, TypeTest] | None, dialect: Dialect) -> Iterator[str]:
    yield from names
    yield from types or ()
    yield from _function_names(dialect)


def evaluate(text: str, variables: Variables = NO_VARIABLES, **options: Any) -> Value:
    """Compile and evaluate an expression at once; options are those of `compile` and `Expression.evaluate`."""
    evaluation = {name: options.pop(name) for name in ("now_ms", "input_value") if name in options}
    return compile(text, **options).evaluate(variables, **evaluation)


def variables_of(expression: Expression | Node) -> frozenset[str]:
    """Give the names of the variables that an expression may read from outside of it."""
    node = expression.node if isinstance(expression, Expression) else expression
    return free_variables(node)
