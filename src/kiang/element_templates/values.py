"""Values of template properties: as a template gives them, as an attribute carries them, and how conditions compare them."""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping
from typing import Any

MAPPINGS = frozenset({"zeebe:input", "zeebe:output"})


def feel_of(entry: Mapping[str, Any]) -> str | None:
    """How FEEL stands in the property: mappings are expressions unless the template says otherwise."""
    feel: str | None = entry.get("feel")
    return feel or ("static" if entry["binding"]["type"] in MAPPINGS else None)


def is_cast(entry: Mapping[str, Any]) -> bool:
    """Whether a boolean or a number is written as an expression."""
    return feel_of(entry) in {"optional", "static"} and entry.get("type") in {"Boolean", "Number"}


def initial(entry: Mapping[str, Any]) -> Any:
    """What a property has before anybody fills it in; None for nothing at all."""
    value = entry.get("value")
    if is_cast(entry) or entry.get("feel") == "required":
        return as_expression(value, entry.get("type"))
    if value is None and entry.get("generatedValue", {}).get("type") == "uuid":
        return str(uuid.uuid4())
    return value


def as_expression(value: Any, kind: str | None) -> str | None:
    """A value as FEEL; of a boolean, nothing counts as false."""
    if isinstance(value, str) and value.startswith("="):
        return value
    if kind == "Boolean":
        return f"={text_of(is_truthy(value) and value != 'false')}"
    return None if value is None else f"={text_of(value)}"


def text_of(value: Any) -> str:
    """As an attribute carries it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def is_truthy(value: Any) -> bool:
    """Whether there is something: no empty text, no zero, no false."""
    return value is not None and value != "" and not (isinstance(value, int | float) and value == 0)


def is_same(one: Any, other: Any) -> bool:
    """Equal without conversion: neither a text and a number are the same, nor a boolean and anything else."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other
    return type(one) is type(other) and bool(one == other)


def equals(entry: Mapping[str, Any], value: Any, wanted: Any) -> bool:
    """Whether a property with this value fulfils `equals`; any text of a boolean counts as true, as in Camunda's tool."""
    kind = entry.get("type")
    if kind == "Number":
        return is_same(_number(value), wanted)
    if kind == "Boolean":
        return is_same(is_truthy(value), wanted)
    return is_same(value, wanted)


def _number(value: Any) -> float:
    if isinstance(value, bool | int | float):
        return float(value)
    if value is None:
        return math.nan
    text = str(value).strip()
    try:
        return float(text) if text else 0.0
    except ValueError:
        return math.nan
