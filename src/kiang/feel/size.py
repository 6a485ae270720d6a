"""How large a value is when it is written: lists may share what they hold, so a small expression can make a huge value."""

from __future__ import annotations

from typing import Final

from kiang.feel.evaluation import LimitExceededError
from kiang.feel.values import Value

PARTS_MAX: Final = 1_000_000
"""Values within the result of an expression, each time that they would be written; 16 characters of a text count as one."""
NESTING_MAX: Final = 400
"""Levels of lists and contexts within the result; less than what a variable may have."""
_CHARACTERS_PER_PART: Final = 16


def check_size(value: Value) -> None:
    """See that a result can be written.

    Raises:
        LimitExceededError: It would be too large, or is nested too deep.
    """
    items = value.values() if type(value) is dict else value
    for item in items:
        kind = type(item)
        if kind is list or kind is dict or (kind is str and len(item) > _CHARACTERS_PER_PART):
            _parts_of(value, {}, 0)
            return
    if len(value) > PARTS_MAX:
        raise LimitExceededError(_TOO_LARGE)


_TOO_LARGE: Final = f"a result of at most {PARTS_MAX} parts"


def _parts_of(value: Value, known: dict[int, int], depth: int) -> int:
    """Count the parts, of what is shared once and then from memory."""
    found = known.get(id(value))
    if found is not None:
        return found
    if depth > NESTING_MAX:
        raise LimitExceededError(f"a result with at most {NESTING_MAX} levels")
    parts = 1
    for item in value.values() if type(value) is dict else value:
        kind = type(item)
        if kind is list or kind is dict:
            parts += _parts_of(item, known, depth + 1)
        elif kind is str:
            parts += 1 + len(item) // _CHARACTERS_PER_PART
        else:
            parts += 1
    if parts > PARTS_MAX:
        raise LimitExceededError(_TOO_LARGE)
    known[id(value)] = parts
    return parts
