"""FEEL in connectors: expressions that a field keeps to be evaluated later, over what only the connector knows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from kiang import feel
from kiang.errors import ConnectorInputError, FeelError


class FeelFunction:
    """The value of a field or header that is an expression: called with names, it gives a JSON value.

    A webhook's response expression and the mapper of CSV records are such fields.
    """

    def __init__(self, source: str) -> None:
        self.source = source

    def __call__(self, *contexts: Mapping[str, Any]) -> Any:
        """The value over the names of all contexts; later ones hide earlier ones.

        Raises:
            ConnectorInputError: The expression cannot be parsed or evaluated.
        """
        names: dict[str, Any] = {}
        for context in contexts:
            names.update(context)
        return evaluate(self.source, names)

    def __repr__(self) -> str:
        return f"FeelFunction({self.source!r})"


def evaluate(source: str, names: Mapping[str, Any]) -> Any:
    """The JSON value of an expression over JSON names; a leading `=` is optional.

    Raises:
        ConnectorInputError: The expression cannot be parsed or evaluated.
    """
    expression = _compiled(source.strip().removeprefix("=").strip())
    variables = {name: feel.from_json(json.dumps(value)) for name, value in names.items()}
    try:
        value = expression.evaluate(variables)
    except FeelError as error:
        raise ConnectorInputError(f"Failed to evaluate expression '{source}'. Reason: {error}") from None
    return json.loads(feel.to_json(value))


def is_expression(value: Any) -> bool:
    """Whether a text is an expression by its first character."""
    return isinstance(value, str) and value.startswith("=") and len(value) > 1


@lru_cache(maxsize=1_000)
def _compiled(text: str) -> feel.Expression:
    try:
        return feel.compile(text, dialect=feel.Dialect.CONNECTORS)
    except FeelError as error:
        raise ConnectorInputError(f"Failed to parse expression '{text}'. Reason: {error}") from None
