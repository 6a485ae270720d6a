"""Result expressions and error expressions: FEEL over the response, with the functions that only they have."""

from __future__ import annotations

import base64
import binascii
import json
import random
import secrets as tokens
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from kiang import feel
from kiang.connector_runtime.settings import MESSAGE_LENGTH_MAX
from kiang.errors import ConnectorError, ConnectorInputError, FeelError
from kiang.feel.evaluation import FatalFailureError
from kiang.feel.temporal import DateTime, DaysTimeDuration, Time, offset_text
from kiang.feel.values import Function

CONTEXT_LENGTH_MAX = 2_000
"""Characters of a value that a message quotes."""

NANOS_PER_MS = 1_000_000

DOCUMENT_MARKER = "connectorResultFunction"
"""Entry of what `createDocument` gives until the runtime has stored the document."""


class ExpressionError(ConnectorError):
    """A result or error expression cannot be parsed or evaluated."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__("", f"Failed to evaluate expression '{source}'. Reason: {reason}")


class WrongArgumentError(ConnectorInputError):
    """One of the functions below was called with something it cannot take; trying again would not help."""


class ResultTypeError(ConnectorInputError):
    """A result or error expression gives something else than an object."""

    def __init__(self, kind: str, source: str, value: Any) -> None:
        found = {str: "string", bool: "boolean", int: "number", float: "number", list: "array"}.get(
            type(value), "value"
        )
        shown = json.dumps(value, ensure_ascii=False)[:CONTEXT_LENGTH_MAX]
        super().__init__(
            f"{kind} must return a JSON object, but got {found}. Evaluated value: {shown}. Expression: {source}"
        )


@lru_cache(maxsize=1_000)
def compiled(source: str) -> feel.Expression:
    """The expression of a header; a leading `=` is optional.

    Raises:
        ExpressionError: It is no FEEL.
    """
    text = source.strip().removeprefix("=").strip()
    try:
        return feel.compile(text, dialect=feel.Dialect.CONNECTORS)
    except FeelError as error:
        raise ExpressionError(source, str(error)) from None


def evaluate(source: str, context: dict[str, Any], nonce: str = "") -> Any:
    """The JSON value that an expression gives over a JSON context.

    Args:
        source: As the header has it.
        context: Names that it sees.
        nonce: Marks documents that this evaluation makes, so that no response can forge one.

    Raises:
        ExpressionError: It cannot be parsed or evaluated.
    """
    expression = compiled(source)
    variables = {name: feel.from_json(json.dumps(value)) for name, value in context.items()}
    faults: list[str] = []
    try:
        value = expression.evaluate({**_functions(nonce, faults), **variables})
    except FeelError as error:
        if faults:
            raise WrongArgumentError(f"Failed to evaluate expression '{source}'. Reason: {faults[0]}") from None
        raise ExpressionError(source, str(error)) from None
    return json.loads(feel.to_json(_for_json(value)))


def _for_json(value: Any) -> Any:
    """A value without functions, and with times as the mapper of connectors writes them, which is not how the engine does."""
    kind = type(value)
    if kind is dict:
        return {name: _for_json(item) for name, item in value.items() if type(item) is not Function}
    if kind is list:
        return [_for_json(item) for item in value]
    if kind is Time:
        return _time_text(value)
    if kind is DateTime:
        clock = _clock_text(value.nanos)
        return f"{value.date}T{clock}{'' if value.offset is None else offset_text(value.offset)}"
    return None if kind is Function else value


def _time_text(time: Time) -> str:
    clock = _clock_text(time.nanos)
    if time.offset is None:
        return clock
    return clock.removesuffix(":00") + offset_text(time.offset)


def _clock_text(nanos: int) -> str:
    seconds, fraction = divmod(nanos, 1_000_000_000)
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{clock}.{fraction:09d}".rstrip("0") if fraction else clock


def new_nonce() -> str:
    """A mark that nobody can guess."""
    return tokens.token_hex(16)


# The functions. Each takes its arguments by position or by name.


class _Arguments:
    """Arguments of one call, taken out by name, type and place."""

    def __init__(
        self, function: str, names: tuple[str, ...], positional: list[Any], named: dict[str, Any] | None
    ) -> None:
        self.function = function
        self.values = dict(named) if named else dict(zip(names, positional, strict=False))
        self.fits = (set(self.values) <= set(names)) if named else len(positional) <= len(names)

    def take(self, name: str, kind: str, default: Any = ...) -> Any:
        if name not in self.values:
            if default is ...:
                raise FatalFailureError(f"Parameter '{name}' of function '{self.function}' is missing")
            return default
        value = self.values[name]
        if not _KINDS[kind](value):
            raise FatalFailureError(f"Parameter '{name}' of function '{self.function}' must be a {kind}")
        return value


_KINDS: dict[str, Callable[[Any], bool]] = {
    "String": lambda v: type(v) is str,
    "Context": lambda v: type(v) is dict,
    "Number": lambda v: type(v) in {int, Decimal},
    "day-time duration": lambda v: type(v) is DaysTimeDuration,
}


def _function(
    name: str, parameters: tuple[str, ...], minimum: int, body: Callable[[_Arguments], Any], faults: list[str]
) -> Function:
    def call(positional: list[Any], named: dict[str, Any] | None, _run: Any) -> Any:
        arguments = _Arguments(name, parameters, positional, named)
        if not arguments.fits or len(arguments.values) < minimum:
            return None
        try:
            return body(arguments)
        except FatalFailureError as fault:
            faults.append(fault.message)
            raise

    return Function(parameters, lambda values, run: call(list(values), None, run), name=name, call=call)


def _bpmn_error(a: _Arguments) -> Any:
    return {
        "errorType": "bpmnError",
        "errorCode": a.take("errorCode", "String"),
        "errorMessage": a.take("errorMessage", "String", ""),
    } | ({"variables": a.take("variables", "Context")} if "variables" in a.values else {})


def _job_error(a: _Arguments) -> Any:
    return {
        "errorType": "jobError",
        "errorMessage": a.take("errorMessage", "String"),
        "variables": a.take("variables", "Context", {}),
        "retries": a.take("retries", "Number", 0),
        "retryBackoff": a.take("retryBackoff", "day-time duration", DaysTimeDuration(0)),
    }


def _ignore_error(a: _Arguments) -> Any:
    return {"errorType": "ignoreError", "variables": a.take("variables", "Context", {})}


def _backoff(a: _Arguments) -> Any:
    attempt = int(a.take("attempt", "Number"))
    shortest = a.take("minDelay", "day-time duration", DaysTimeDuration(50 * NANOS_PER_MS))
    factor = float(a.take("factor", "Number", Decimal("1.6")))
    longest = a.take("maxDelay", "day-time duration", DaysTimeDuration(5_000 * NANOS_PER_MS))
    jitter = float(a.take("jitterFactor", "Number", Decimal("0.1")))
    for name, holds in (
        ("attempt", attempt >= 1),
        ("factor", factor > 0),
        ("minDelay", shortest.nanos <= longest.nanos),
        ("jitterFactor", jitter >= 0),
    ):
        if not holds:
            raise FatalFailureError(f"Parameter '{name}' of function 'backoff' is out of its range")
    try:
        delay = min(shortest.nanos * factor ** (attempt - 1), longest.nanos)
    except OverflowError:
        delay = longest.nanos
    delay += delay * jitter * (2 * random.random() - 1)  # noqa: S311 - no secret depends on it
    return DaysTimeDuration(max(0, int(delay)))


def _create_document(nonce: str) -> Callable[[_Arguments], Any]:
    def make(a: _Arguments) -> Any:
        given = a.values["content"]
        entry = given if type(given) is dict else {"content": given}
        content = entry.get("content", entry.get("data"))
        if type(content) is not str:
            raise FatalFailureError("Parameter 'content' of function 'createDocument' must be a String")
        try:
            base64.b64decode("".join(content.split()), validate=True)
        except (binascii.Error, ValueError):
            raise FatalFailureError("Parameter 'content' of function 'createDocument' must be base64") from None
        return {
            DOCUMENT_MARKER: nonce,
            "content": content,
            "fileName": entry.get("fileName", entry.get("name")),
            "contentType": entry.get("contentType"),
        }

    return make


def _functions(nonce: str, faults: list[str]) -> dict[str, Function]:
    table: tuple[tuple[str, tuple[str, ...], int, Callable[[_Arguments], Any]], ...] = (
        ("bpmnError", ("errorCode", "errorMessage", "variables"), 1, _bpmn_error),
        ("jobError", ("errorMessage", "variables", "retries", "retryBackoff"), 1, _job_error),
        ("ignoreError", ("variables",), 0, _ignore_error),
        ("backoff", ("attempt", "minDelay", "factor", "maxDelay", "jitterFactor"), 1, _backoff),
        ("createDocument", ("content",), 1, _create_document(nonce)),
    )
    return {name: _function(name, parameters, minimum, body, faults) for name, parameters, minimum, body in table}


def shortened(message: str) -> str:
    """An error message of the length that the engine is sent."""
    return message[:MESSAGE_LENGTH_MAX]
