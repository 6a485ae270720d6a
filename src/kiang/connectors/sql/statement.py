"""From a statement with `:name`, `?` and `<name>` to one with the driver's placeholders and its values in order.

Values never become part of the statement's text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from kiang.errors import ConnectorInputError

PARAMETERS_MAX = 30_000

_TOKEN = re.compile(
    r"""
    (?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`)
  | (?P<comment>--[^\n]*|/\*.*?\*/)
  | (?P<cast>::\w+)
  | :(?P<name>[A-Za-z_]\w*)
  | <(?P<list>[A-Za-z_]\w*)>
  | (?P<mark>\?)
    """,
    re.VERBOSE | re.DOTALL,
)


def prepared(query: str, variables: Mapping[str, Any] | list[Any] | None, placeholder: str) -> tuple[str, list[Any]]:
    """The statement for a driver.

    Args:
        query: As the process has it.
        variables: Values by name, or in order.
        placeholder: Of the driver: `%s` or `?`.

    Raises:
        ConnectorInputError: A variable is missing, or there are more or fewer than the statement wants.
    """
    values: list[Any] = []
    names = variables if isinstance(variables, Mapping) else {}
    positions = iter(variables if isinstance(variables, list) else [])
    escaped = placeholder == "%s"

    def put(match: re.Match[str]) -> str:
        if match["quoted"] or match["comment"] or match["cast"]:
            return match[0].replace("%", "%%") if escaped else match[0]
        if match["mark"]:
            values.append(_value(next(positions, _MISSING), "?"))
            return placeholder
        name = match["name"] or match["list"]
        if name not in names:
            if match["list"]:
                return match[0]
            raise ConnectorInputError(
                f"Expected data.variables to hold '{name}', which the query names, but it does not."
            )
        value = names[name]
        if match["list"]:
            items = value if isinstance(value, list) else [value]
            if not items:
                return "NULL"
            values.extend(_value(item, name) for item in items)
            return ", ".join([placeholder] * len(items))
        values.append(_value(value, name))
        return placeholder

    text = _substituted(query, put, escaped=escaped)
    if isinstance(variables, list) and next(positions, _MISSING) is not _MISSING:
        raise ConnectorInputError(
            f"Expected as many data.variables as the query has '?', but {len(variables)} were given for {len(values)}."
        )
    if len(values) > PARAMETERS_MAX:
        raise ConnectorInputError(f"Expected at most {PARAMETERS_MAX} values, but the query has {len(values)}.")
    return text, values


def _substituted(query: str, put: Any, *, escaped: bool) -> str:
    parts, last = [], 0
    for match in _TOKEN.finditer(query):
        plain = query[last : match.start()]
        parts += [plain.replace("%", "%%") if escaped else plain, put(match)]
        last = match.end()
    rest = query[last:]
    return "".join([*parts, rest.replace("%", "%%") if escaped else rest])


_MISSING = object()


def _value(value: Any, name: str) -> Any:
    if value is _MISSING:
        raise ConnectorInputError(
            "Expected data.variables to hold a value for each '?' of the query, but there are fewer."
        )
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise ConnectorInputError(f"Expected '{name}' to be a text, number, boolean, object, list or null.")
