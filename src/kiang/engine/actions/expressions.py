"""Evaluating the expressions of elements, with the types that the engine asks for and the texts of its incidents (engine-semantics §8)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Protocol

from kiang import feel
from kiang.bpmn.model import Expression
from kiang.engine.failure import Failure
from kiang.engine.processing import Processing
from kiang.engine.state.cluster_variable import NAMESPACE
from kiang.engine.state.state import Scope, State
from kiang.engine.state.variable import UNREAD
from kiang.errors import FeelError
from kiang.protocol.document import Document
from kiang.protocol.enums import ErrorType


class VisibleVariables:
    """The variables that a scope sees, as FEEL asks for them: each is decoded when it is first read."""

    __slots__ = ("_scope", "_state")

    def __init__(self, state: State, scope: Scope) -> None:
        self._state = state
        self._scope = scope

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a variable, or `default` if the scope sees none of that name."""
        variable = self._state.variable(self._scope, name)
        if variable is None:
            return self._state.cluster_variables.context(self._scope.tenant_id) if name == NAMESPACE else default
        value = variable.decoded
        if value is UNREAD:
            value = variable.decoded = feel.from_json(variable.text())
        return value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (self._state.variable(self._scope, name) is not None or name == NAMESPACE)


class ClusterVariables:
    """What is seen without any scope: the cluster variables, as a tenant's processes see them."""

    __slots__ = ("_state", "_tenant_id")

    def __init__(self, state: State, tenant_id: str) -> None:
        self._state = state
        self._tenant_id = tenant_id

    def get(self, name: str, default: Any = None) -> Any:
        """The cluster variables under their name, `default` for any other."""
        return self._state.cluster_variables.context(self._tenant_id) if name == NAMESPACE else default

    def __contains__(self, name: object) -> bool:
        return name == NAMESPACE


class DocumentVariables:
    """The entries of a document as variables, in front of what a scope sees, or of what is seen without one."""

    __slots__ = ("_behind", "_document")

    def __init__(self, document: Document, behind: Variables) -> None:
        self._document = document
        self._behind = behind

    def get(self, name: str, default: Any = None) -> Any:
        """The value of an entry, or what is behind it."""
        text = self._document.get(name)
        if text is not None:
            return feel.from_json(text)
        return self._behind.get(name, default)

    def __contains__(self, name: object) -> bool:
        return name in self._document or name in self._behind


class Shadowed:
    """Some names, such as the counters of a multi-instance body, in front of what else is seen."""

    __slots__ = ("_behind", "_values")

    def __init__(self, values: dict[str, Any], behind: Variables) -> None:
        self._values = values
        self._behind = behind

    def get(self, name: str, default: Any = None) -> Any:
        """The value in front if there is one, else what is behind it."""
        if name in self._values:
            return self._values[name]
        return self._behind.get(name, default)

    def __contains__(self, name: object) -> bool:
        return name in self._values or name in self._behind


class Variables(Protocol):
    """What an expression may read."""

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a variable, or `default`."""
        ...

    def __contains__(self, name: object) -> bool: ...


def variables_of(p: Processing, scope: Scope) -> VisibleVariables:
    """What expressions of this scope may read."""
    return VisibleVariables(p.state, scope)


def _seen(p: Processing, scope: Scope | None) -> Variables:
    assert scope is not None
    return VisibleVariables(p.state, scope)


def evaluate(
    p: Processing,
    scope: Scope | None,
    expression: Expression,
    *,
    variables: Variables | None = None,
    error: ErrorType = ErrorType.EXTRACT_VALUE_ERROR,
) -> Any:
    """The FEEL value of an expression.

    Raises:
        Failure: with `error`, if it cannot be evaluated.
    """
    if expression.feel is None:
        return expression.static
    seen = _seen(p, scope) if variables is None else variables
    try:
        return expression.feel.evaluate(seen, now_ms=p.now)
    except FeelError as failed:
        text = with_warnings(p, expression, seen, str(failed))
        raise Failure(error, text, None if scope is None else scope.key) from None


def evaluate_text(
    p: Processing, scope: Scope | None, expression: Expression, variables: Variables | None = None
) -> str:
    """An expression that must be a text."""
    value = evaluate(p, scope, expression, variables=variables)
    if type(value) is str:
        return value
    raise wrong_type(p, scope, expression, value, "'STRING'", variables)


def evaluate_boolean(
    p: Processing, scope: Scope | None, expression: Expression, variables: Variables | None = None
) -> bool:
    """An expression that must be true or false."""
    value = evaluate(p, scope, expression, variables=variables)
    if value is True or value is False:
        return value
    raise wrong_type(p, scope, expression, value, "'BOOLEAN'", variables)


def evaluate_integer(p: Processing, scope: Scope, expression: Expression) -> int:
    """An expression that must be a number; what follows the decimal point is cut off.

    Clients know 32 bits of it: a larger number keeps its last 32, as in the original.
    """
    value = evaluate(p, scope, expression)
    if type(value) is int or isinstance(value, Decimal):
        return (int(value) + 2**31) % 2**32 - 2**31
    raise wrong_type(p, scope, expression, value, "'NUMBER'")


def evaluate_list(p: Processing, scope: Scope, expression: Expression, variables: Variables | None = None) -> list[Any]:
    """An expression that must be a list."""
    value = evaluate(p, scope, expression, variables=variables)
    if type(value) is list:
        return value
    raise wrong_type(p, scope, expression, value, "'ARRAY'", variables)


def evaluate_one_of(
    p: Processing, scope: Scope, expression: Expression, accepts: Callable[[str], bool], expected: str
) -> Any:
    """An expression whose type name `accepts` takes; `expected` lists the types for the message, as `[DATE_TIME, STRING]`."""
    value = evaluate(p, scope, expression)
    if accepts(feel.type_name(value)):
        return value
    raise wrong_type(p, scope, expression, value, f"one of '{expected}'")


def wrong_type(
    p: Processing,
    scope: Scope | None,
    expression: Expression,
    value: Any,
    expected: str,
    variables: Variables | None = None,
) -> Failure:
    """The failure of an expression that gives a value of another type than `expected` (quoted for the message)."""
    text = f"Expected result of the expression '{expression.text}' to be {expected}, but was '{feel.type_name(value)}'."
    seen = _seen(p, scope) if variables is None else variables
    return Failure(
        ErrorType.EXTRACT_VALUE_ERROR, with_warnings(p, expression, seen, text), None if scope is None else scope.key
    )


def with_warnings(p: Processing, expression: Expression, variables: Variables, text: str) -> str:
    """`text` with the warnings that evaluating the expression reports."""
    if expression.feel is None:
        return text
    warnings = expression.feel.warnings(variables, now_ms=p.now)
    if not warnings:
        return text
    lines = "\n".join(f"[{warning.type}] {warning.message}" for warning in warnings)
    return f"{text} The evaluation reported the following warnings:\n{lines}"
