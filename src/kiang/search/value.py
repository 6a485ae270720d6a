"""Types of fields: how a value of a filter is parsed, which operators it has, and how a stored value is shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from kiang.errors import InvalidArgument
from kiang.protocol.document import canonical_value
from kiang.search.limits import PATTERN_CHARACTERS_MAX, PATTERN_WILDCARDS_MAX

KEY_MAX = 2**63 - 1
INTEGER_MAX = 2**31 - 1
DATE_MIN, DATE_MAX = -62_135_596_800_000, 253_402_300_799_999
"""The first and the last millisecond of the years 1 to 9999."""

_KEY = re.compile(r"-?[0-9]{1,19}")
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)")

Stored = int | str | float
JsonSchema = dict[str, Any]

EQUALITY = frozenset({"$eq", "$neq", "$exists", "$in"})
NEGATIVE_LIST = frozenset({"$notIn"})
PATTERN = frozenset({"$like"})
RANGE = frozenset({"$gt", "$gte", "$lt", "$lte"})


class InvalidValue(ValueError):
    """A value of a filter is not of its field's type.

    The message is for the client; an empty one stands for "cannot be parsed".
    """


@dataclass(frozen=True, slots=True)
class ValueType:
    """A type.

    Attributes:
        operators: Those that a filter may use besides the plain value; none for a field that only takes a plain value.
        parse: A value of a filter (and the name of its field) to stored values, all of which mean it; none if nothing does.
        show: A stored value that is not empty to JSON.
        names: Of an enumeration: what it may be called outside, with the stored values; None for other types.
        schema: JSON schema of what is shown.
    """

    operators: frozenset[str]
    parse: Callable[[Any, str], tuple[Stored, ...]]
    show: Callable[[Any], Any]
    schema: JsonSchema
    names: Mapping[str, tuple[Stored, ...]] | None = field(default=None)


def parse_key(value: object) -> int | None:
    """A key, sent as digits or as a number; None for anything else."""
    if type(value) is int:
        return value if -KEY_MAX - 1 <= value <= KEY_MAX else None
    if type(value) is str and _KEY.fullmatch(value) is not None:
        number = int(value)
        return number if -KEY_MAX - 1 <= number <= KEY_MAX else None
    return None


def parse_date(value: str) -> int | None:
    """An RFC 3339 date-time as epoch ms, rounded down; None for anything else."""
    if _RFC_3339.fullmatch(value) is None:
        return None
    try:
        parsed = datetime.fromisoformat(value.upper().replace(" ", "T"))
        whole = int(parsed.replace(microsecond=0).timestamp())
    except (ValueError, OverflowError):
        return None
    return whole * 1000 + parsed.microsecond // 1000


def date_of_text(text: str | None) -> int | None:
    """A date as models and clients write it, the zone's name in brackets or no zone at all allowed, as epoch ms."""
    if not text:
        return None
    plain = text.partition("[")[0]
    return parse_date(plain) if parse_date(plain) is not None else parse_date(f"{plain}Z")


def print_date(epoch_ms: int) -> str:
    """Epoch ms as an RFC 3339 date-time in UTC; what no calendar holds is shown as its last or first moment."""
    epoch_ms = max(DATE_MIN, min(epoch_ms, DATE_MAX))
    moment = datetime.fromtimestamp(epoch_ms // 1000, tz=UTC)
    return f"{moment.year:04d}-{moment:%m-%dT%H:%M:%S}.{epoch_ms % 1000:03d}Z"


def to_glob(pattern: str) -> str:
    """A `$like` pattern (`*`, `?`, a backslash before one that is meant literally) as a GLOB pattern of SQLite.

    Raises:
        InvalidValue: It is longer than the limit or has more wildcards.
    """
    if len(pattern) > PATTERN_CHARACTERS_MAX:
        raise InvalidValue(f"The provided pattern exceeds the limit of {PATTERN_CHARACTERS_MAX} characters")
    out: list[str] = []
    wildcards = 0
    characters = iter(pattern)
    for character in characters:
        if character == "\\":
            literal = next(characters, "\\")
            out.append(f"[{literal}]" if literal in "*?[" else literal)
        elif character == "*":
            wildcards += 1
            out.append("*")
        else:
            out.append("[[]" if character == "[" else character)
    if wildcards > PATTERN_WILDCARDS_MAX:
        raise InvalidValue(f"The provided pattern has more than {PATTERN_WILDCARDS_MAX} wildcards")
    return "".join(out)


def to_regex(pattern: str) -> re.Pattern[str]:
    """A `$like` pattern for names of an enumeration, in any case."""
    out: list[str] = []
    characters = iter(pattern[:PATTERN_CHARACTERS_MAX])
    for character in characters:
        if character == "\\":
            out.append(re.escape(next(characters, "\\")))
        elif character == "*":
            out.append("" if out and out[-1] == ".*" else ".*")
        else:
            out.append("." if character == "?" else re.escape(character))
    return re.compile("".join(out), re.IGNORECASE | re.DOTALL)


def _parse_string(value: Any, name: str) -> tuple[Stored, ...]:  # noqa: ARG001 - the signature of parsers
    if type(value) is not str:
        raise InvalidValue
    return (value,)


def _parse_key(value: Any, name: str) -> tuple[Stored, ...]:
    found = parse_key(value)
    if found is None:
        if type(value) is not str:
            raise InvalidValue
        raise InvalidValue(
            f"The provided {name} '{value[:100]}' is not a valid key. Expected a numeric value. "
            "Did you pass an entity id instead of an entity key?"
        )
    return (found,)


def _parse_integer(value: Any, name: str) -> tuple[Stored, ...]:  # noqa: ARG001
    if type(value) is not int or not -INTEGER_MAX - 1 <= value <= INTEGER_MAX:
        raise InvalidValue
    return (value,)


def _parse_boolean(value: Any, name: str) -> tuple[Stored, ...]:  # noqa: ARG001
    if type(value) is not bool:
        raise InvalidValue
    return (int(value),)


def _parse_date(value: Any, name: str) -> tuple[Stored, ...]:
    if type(value) is not str:
        raise InvalidValue
    found = parse_date(value)
    if found is None:
        raise InvalidValue(
            f"The provided {name} '{value[:100]}' cannot be parsed as a date according to RFC 3339, section 5.6"
        )
    return (found,)


def _parse_json(value: Any, name: str) -> tuple[Stored, ...]:  # noqa: ARG001
    raise InvalidValue


def _parse_json_text(value: Any, name: str) -> tuple[Stored, ...]:  # noqa: ARG001
    if type(value) is not str:
        raise InvalidValue
    if not value.strip():
        return (value,)
    try:
        return (canonical_value(value),)
    except InvalidArgument:
        return (value,)


def _same(value: Any) -> Any:
    return value


def _parse_scalar(value: Any, name: str) -> tuple[Stored, ...]:  # noqa: ARG001
    if type(value) is int and not -KEY_MAX - 1 <= value <= KEY_MAX:
        raise InvalidValue
    if type(value) not in {str, int, float}:
        raise InvalidValue
    return (value,)


STRING = ValueType(EQUALITY | NEGATIVE_LIST | PATTERN, _parse_string, _same, {"type": "string"})
JSON_TEXT = ValueType(STRING.operators, _parse_json_text, _same, {"type": "string"})
"""A value as JSON text; stored in canonical form, so equal values are equal texts."""
KEY = ValueType(
    EQUALITY | NEGATIVE_LIST,
    _parse_key,
    str,
    {"type": "string", "pattern": "^-?[0-9]+$", "minLength": 1, "maxLength": 25},
)
SCALAR = ValueType(EQUALITY | NEGATIVE_LIST | PATTERN | RANGE, _parse_scalar, _same, {"type": ["string", "number"]})
"""A text or a number."""
INTEGER = ValueType(EQUALITY | RANGE, _parse_integer, _same, {"type": "integer", "format": "int32"})
DATE = ValueType(EQUALITY | RANGE, _parse_date, print_date, {"type": "string", "format": "date-time"})
BOOLEAN = ValueType(frozenset(), _parse_boolean, bool, {"type": "boolean"})
JSON_OBJECT = ValueType(
    frozenset(), _parse_json, lambda text: msgspec.Raw(text.encode()), {"type": "object", "additionalProperties": True}
)
WORDS = ValueType(frozenset(), _parse_json, lambda text: text.split(), {"type": "array", "items": {"type": "string"}})
"""A list whose items are stored separated by blanks."""
STRINGS = ValueType(
    frozenset(), _parse_json, lambda text: msgspec.Raw(text.encode()), {"type": "array", "items": {"type": "string"}}
)
"""A list of texts, stored as JSON."""

JSON_LIST = ValueType(frozenset(), _parse_json, lambda text: msgspec.Raw(text.encode()), {"type": "array", "items": {}})
"""A list of anything, stored as JSON."""


def enumeration(names: Mapping[str, tuple[Stored, ...]], also: Mapping[str, str] | None = None) -> ValueType:
    """A type whose values have names.

    Args:
        names: Name to the stored values that are shown by it; in the order of the API.
        also: Other names that filters may use, to those in `names`.
    """
    known = {name.upper(): stored for name, stored in names.items()}
    known.update({other.upper(): names[name] for other, name in (also or {}).items()})
    shown = {stored: name for name, values in names.items() for stored in values}

    def parse(value: Any, name: str) -> tuple[Stored, ...]:
        if type(value) is not str:
            raise InvalidValue
        found = known.get(value.upper())
        if found is None:
            raise InvalidValue(
                f"Unexpected value '{value[:100]}' for enum field '{name}'. "
                f"Use any of the following values: [{', '.join(names)}]"
            )
        return found

    return ValueType(
        EQUALITY | NEGATIVE_LIST | PATTERN, parse, shown.__getitem__, {"type": "string", "enum": list(names)}, names
    )


def enumeration_of_texts(names: tuple[str, ...]) -> ValueType:
    """An enumeration that is stored by its names."""
    return enumeration({name: (name,) for name in names})
