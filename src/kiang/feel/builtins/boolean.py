"""Boolean functions (DMN 1.5, 10.3.4.2), and what Camunda adds for null and failures."""

from __future__ import annotations

from kiang.feel.builtins.registry import builtin
from kiang.feel.evaluation import Run
from kiang.feel.operators import same
from kiang.feel.temporal import DateTime, Time
from kiang.feel.values import NUMBERS, Value


@builtin("not(negand: any)")
def not_(run: Run, value: Value) -> bool | None:
    """Turn a boolean round."""
    return (not value) if type(value) is bool else None


@builtin("is defined(value: any)")
def is_defined(run: Run, value: Value) -> bool:
    """Say whether a value is not null."""
    return value is not None


@builtin("get or else(value: any, default: any)")
def get_or_else(run: Run, value: Value, default: Value) -> Value:
    """Give the value, or the default if it is null."""
    return default if value is None else value


@builtin("assert(value: any, condition: any)")
def assert_(run: Run, value: Value, condition: Value) -> Value:
    """Give the value if the condition holds, else fail the evaluation."""
    return _assertion(run, value, condition, "The condition is not fulfilled")


@builtin("assert(value: any, condition: any, cause: string)")
def assert_with_cause(run: Run, value: Value, condition: Value, cause: str) -> Value:
    """Give the value if the condition holds, else fail the evaluation with the cause."""
    return _assertion(run, value, condition, cause)


def _assertion(run: Run, value: Value, condition: Value, cause: str) -> Value:
    if condition is True:
        return value
    run.note("ASSERT_FAILURE", cause, 0)
    if run.assertion is None:
        run.assertion = cause
    return None


@builtin("is(value1: any, value2: any)")
def is_(run: Run, x: Value, y: Value) -> bool:
    """Say whether two values are the same element of the domain, the zone of a time included."""
    if type(x) is not type(y) and not (type(x) in NUMBERS and type(y) in NUMBERS):
        return False
    if type(x) in (Time, DateTime) and x.zone != y.zone:
        return False
    return same(x, y, run) is True


@builtin("fromAi(value: any)")
@builtin("fromAi(value: any, description: any)")
@builtin("fromAi(value: any, description: any, type: any)")
@builtin("fromAi(value: any, description: any, type: any, schema: any)")
@builtin("fromAi(value: any, description: any, type: any, schema: any, options: any)")
def from_ai(run: Run, value: Value, *about: Value) -> Value:
    """Give the value; what is said about it is for the one who models."""
    return value
