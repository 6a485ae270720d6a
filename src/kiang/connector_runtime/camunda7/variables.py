"""Typed variables of Camunda 7 from JSON and to JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

STRING_LENGTH_MAX = 4_000
"""Characters of a variable of type String, a column of the database; longer texts travel as Json."""

INTEGER_MAX = 2**31 - 1
LONG_MAX = 2**63 - 1

JSON_FORMAT = "application/json"


def typed(variables: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Variables as the REST API takes them: objects, lists and what fits no simpler type as Json."""
    return {name: _typed(value) for name, value in variables.items()}


def _typed(value: Any) -> dict[str, Any]:
    match value:
        case None:
            return {"value": None, "type": "Null"}
        case bool():
            return {"value": value, "type": "Boolean"}
        case int() if abs(value) <= INTEGER_MAX:
            return {"value": value, "type": "Integer"}
        case int() if abs(value) <= LONG_MAX:
            return {"value": value, "type": "Long"}
        case float():
            return {"value": value, "type": "Double"}
        case str() if len(value) <= STRING_LENGTH_MAX:
            return {"value": value, "type": "String"}
        case _:
            return {"value": json.dumps(value, ensure_ascii=False), "type": "Json"}


def plain(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Variables of a task as the input of a connector; a dot in a name nests, as targets of input mappings do.

    What has no JSON form here (files, objects in Java's own serialization) is null: a connector that needs it names what is missing.
    """
    found: dict[str, Any] = {}
    for name in sorted(variables):  # `a` comes before `a.b`, which goes into it
        value = _plain(variables[name])
        scope = found
        *path, last = name.split(".") if all(name.split(".")) else [name]
        for part in path:
            inner = scope.get(part)
            if not isinstance(inner, dict):
                inner = scope[part] = {}
            scope = inner
        scope[last] = value
    return found


def _plain(variable: Any) -> Any:
    if not isinstance(variable, Mapping):
        return None
    value, kind = variable.get("value"), str(variable.get("type", "")).lower()
    information = variable.get("valueInfo") or {}
    if kind == "json" or (kind == "object" and information.get("serializationDataFormat") == JSON_FORMAT):
        try:
            return json.loads(value) if isinstance(value, str) else value
        except (ValueError, RecursionError):
            return value
    return None if kind in {"object", "file"} else value
