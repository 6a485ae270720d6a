"""Variable documents: JSON objects, taken apart into names and canonical JSON texts of the values.

Values stay JSON text from the wire to the store; nobody decodes them until an expression reads them. Canonical means: no blanks,
no needless escapes, floating-point numbers as Python prints them. So equal values are equal texts, which is what Zeebe's
"an update that changes nothing makes no event" needs.
"""

from __future__ import annotations

import re

import msgspec

from kiang.errors import InvalidArgument

Document = dict[str, str]
"""Variable name to canonical JSON text of its value."""

INTEGER_MIN = -(2**63)
INTEGER_MAX = 2**64 - 1
NESTING_MAX = 500
"""Levels of lists and objects within one value; the parser of the originals stops at 1,000, ours must not be the recursion limit."""

_parse_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_parse = msgspec.json.Decoder().decode
_print = msgspec.json.Encoder().encode
_LONG_NUMBER = re.compile(r"\d{19}")
_ROOT_NAMES = {
    dict: "OBJECT",
    list: "ARRAY",
    str: "STRING",
    bool: "BOOLEAN",
    int: "INTEGER",
    float: "FLOAT",
    type(None): "NIL",
}


def parse_document(text: str, property_name: str = "variables") -> Document:
    """Take a JSON object apart.

    Args:
        text: JSON; blank text and null are the empty object, as on the wire.
        property_name: For the message.

    Raises:
        InvalidArgument: `text` is no JSON, no object, nested too deep, or holds an integer that no 64-bit field can hold.
    """
    if text in {"", "{}", "null"}:
        return {}
    try:
        raw = _parse_object(text)
    except (msgspec.DecodeError, RecursionError):
        if text.strip() in {"", "null"}:
            return {}
        raise _refusal(text, property_name) from None
    try:
        return {name: _canonical(str(memoryview(value), "utf-8")) for name, value in raw.items()}
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise InvalidArgument(f"Invalid JSON value: {_shortened(text)}") from None


def canonical_value(value: str) -> str:
    """The canonical text of one JSON value.

    Raises:
        InvalidArgument: As `parse_document`.
    """
    try:
        return _canonical(value.strip())
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise InvalidArgument(f"Invalid JSON value: {_shortened(value)}") from None


def print_document(document: Document) -> str:
    """The JSON text of a document."""
    if not document:
        return "{}"
    return "{" + ",".join([f"{quote(name)}:{value}" for name, value in document.items()]) + "}"


def quote(text: str) -> str:
    """`text` as a JSON string."""
    if text.isidentifier() and text.isascii():
        return f'"{text}"'
    return _print(text).decode()


def _canonical(value: str) -> str:
    first = value[0]
    if first == '"':
        return _print(_parse(value)).decode() if "\\" in value else value
    if first in "[{":
        parsed = _parse(value)
        if _LONG_NUMBER.search(value) is not None:
            _check_integers(parsed)
        return _print(parsed).decode()
    if first in "tfn":
        return value
    number = _parse(value)
    if type(number) is int:
        _check_integers(number)
        return value
    return _print(number).decode()


def _check_integers(value: object) -> None:
    if type(value) is int:
        if not INTEGER_MIN <= value <= INTEGER_MAX:
            raise InvalidArgument("MessagePack cannot serialize BigInteger larger than 2^64-1")
    elif type(value) is list:
        for item in value:
            _check_integers(item)
    elif type(value) is dict:
        for item in value.values():
            _check_integers(item)


def _refusal(text: str, property_name: str) -> InvalidArgument:
    try:
        value = _parse(text)
    except (msgspec.DecodeError, RecursionError):
        return InvalidArgument(f"Invalid JSON value: {_shortened(text)}")
    if isinstance(value, dict):
        return InvalidArgument(f"Invalid JSON value: {_shortened(text)}")
    name = _ROOT_NAMES[type(value)]
    return InvalidArgument(
        f"Property '{property_name}' is invalid: Expected document to be a root level object, but was '{name}'"
    )


def _shortened(text: str) -> str:
    return text if len(text) <= 200 else text[:200] + "..."
