"""JSON bodies to typed requests; a fault is named by the path of the property."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar

import msgspec

from kiang.errors import InvalidArgument
from kiang.gateway.rest.problem import Problem, invalid
from kiang.protocol.document import Document, canonical_value

Variables = dict[str, msgspec.Raw]
"""A JSON object whose values nobody has looked at yet."""

Int32 = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1, extra_json_schema={"format": "int32"})]
Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1, extra_json_schema={"format": "int64"})]

_PATH = re.compile(r" - at `([^`]*)`$")
_UNKNOWN_FIELD = re.compile(r"^Object contains unknown field `(.*?)`", re.DOTALL)
_INDEX = re.compile(r"\[[^\]]*\]")


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True, gc=False):
    """Base of request bodies. Every field has a default: what must be there the validation says, all at once.

    Attributes:
        REQUIRED: Names of the properties that must be there, for the OpenAPI document.
    """

    REQUIRED: ClassVar[tuple[str, ...]] = ()


class Answer(msgspec.Struct, frozen=True, rename="camel", kw_only=True, gc=False):
    """Base of answers. No field has a default: every one is always sent, null for no value."""


def decode(data: bytes, decoder: msgspec.json.Decoder[Any]) -> Any:
    """Read a body.

    Raises:
        Problem: It is no JSON, has an unknown property, or one of another type.
    """
    try:
        if not data.isascii():
            data.decode()  # values that are kept as they are, the decoder does not look at
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        raise _unparsable(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise invalid(f"Request body cannot be parsed as JSON: {error}") from None
    except RecursionError:
        raise invalid("Request body cannot be parsed as JSON: it is nested too deep") from None


def document(variables: Variables | None) -> Document:
    """Variables of a request as the engine takes them.

    Raises:
        Problem: A value is nested too deep or holds a number that no variable can hold.
    """
    if not variables:
        return {}
    try:
        return {name: canonical_value(str(memoryview(value), "utf-8")) for name, value in variables.items()}
    except InvalidArgument as error:
        raise invalid(str(error)) from None


def _unparsable(message: str) -> Problem:
    found = _PATH.search(message)
    path = _INDEX.sub("", found[1]).removeprefix("$").lstrip(".") if found else ""
    unknown = _UNKNOWN_FIELD.match(message)
    if unknown:
        path = f"{path}.{unknown[1]}" if path else unknown[1]
    if not path:
        return invalid("Request body cannot be parsed: expected a JSON object")
    return invalid(f"Request property [{path[:200]}] cannot be parsed")
