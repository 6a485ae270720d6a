"""Search criteria: `{field, value}`, or `{operator, criteria}` of such."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from kiang.connector_sdk import ConnectorInputError

CRITERIA_MAX = 50
"""Comparisons of one search."""

DEPTH_MAX = 10

FIELDS = ("FROM", "SUBJECT", "BODY")
OPERATORS = ("AND", "OR")


@dataclass(frozen=True)
class Comparison:
    """A text occurs in a field, in any case."""

    field: Literal["FROM", "SUBJECT", "BODY"]
    value: str


@dataclass(frozen=True)
class Combination:
    """All of several must hold, or one."""

    operator: Literal["AND", "OR"]
    criteria: tuple[Criterion, ...]


Criterion = Comparison | Combination


def criteria_of(given: Any) -> Criterion | None:
    """The criteria of an input; None for none, which every mail meets.

    Raises:
        ConnectorInputError: They are none.
    """
    if given is None or given in ("", {}):
        return None
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            raise _expected("an object", "data.criteria") from None
    left = [CRITERIA_MAX]
    return _criterion(given, "criteria", left, 0)


def comparisons(criterion: Criterion | None) -> tuple[Comparison, ...]:
    """Every comparison in it."""
    if criterion is None:
        return ()
    if isinstance(criterion, Comparison):
        return (criterion,)
    return tuple(found for part in criterion.criteria for found in comparisons(part))


def met(criterion: Criterion, holds: Callable[[Comparison], bool]) -> bool:
    """Whether something meets it; a comparison that does not matter any more is not made."""
    if isinstance(criterion, Comparison):
        return holds(criterion)
    results = (met(part, holds) for part in criterion.criteria)
    return all(results) if criterion.operator == "AND" else any(results)


def _criterion(given: Any, path: str, left: list[int], depth: int) -> Criterion:
    left[0] -= 1
    if left[0] < 0 or depth > DEPTH_MAX:
        raise _expected(f"at most {CRITERIA_MAX} comparisons, {DEPTH_MAX} levels deep", path)
    if not isinstance(given, dict):
        raise _expected("an object with field and value, or with operator and criteria", path)
    if given.get("operator") is not None:
        operator = str(given["operator"]).upper()
        parts = given.get("criteria")
        if operator not in OPERATORS:
            raise _expected("operator AND or OR", path)
        if not isinstance(parts, list) or not parts:
            raise _expected("a list of criteria that is not empty", path)
        found = tuple(_criterion(part, f"{path}.{i}", left, depth + 1) for i, part in enumerate(parts))
        return Combination(operator, found)  # type: ignore[arg-type]  # checked above
    field, value = str(given.get("field")).upper(), given.get("value")
    if field not in FIELDS:
        raise _expected("field FROM, SUBJECT or BODY", path)
    if not isinstance(value, str | int | float) or value == "":
        raise _expected("a value that is a text", path)
    return Comparison(field, str(value))  # type: ignore[arg-type]  # checked above


def _expected(what: str, path: str) -> ConnectorInputError:
    return ConnectorInputError(f"Expected {what} in {path} of the search.")
