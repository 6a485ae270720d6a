"""Variables on their way to the engine: anything that is a JSON object by nature becomes JSON text.

Mappings, dataclasses, msgspec structs and pydantic models; inside them also Decimal (kept digit by digit), datetime,
date, timedelta (ISO 8601), UUID, Enum and sets.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from typing import Any

import msgspec

from kiang.errors import InvalidArgument


def _encode_other(value: Any) -> Any:
    # A pydantic model exists only where pydantic was imported already; we do not import it to find out.
    pydantic = sys.modules.get("pydantic")
    if pydantic is not None and isinstance(value, pydantic.BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)


_encode = msgspec.json.Encoder(decimal_format="number", enc_hook=_encode_other).encode


def encode_variables(variables: object) -> str:
    """The JSON text of `variables`; "{}" for None.

    Raises:
        InvalidArgument: `variables` is no JSON object, or something in it has no JSON form; the message names types,
            never values.
    """
    if variables is None:
        return "{}"
    try:
        text = _encode(variables)
    except (TypeError, RecursionError, UnicodeEncodeError) as error:
        raise InvalidArgument(
            f"Expected variables that have a JSON form, but {type(variables).__name__} has none: {type(error).__name__}. "
            "Use mappings, lists, texts, numbers, dates, dataclasses, msgspec structs or pydantic models."
        ) from error
    if text[:1] != b"{":
        raise InvalidArgument(
            "Expected variables to be a mapping, a dataclass, a msgspec struct or a pydantic model, "
            f"but got {type(variables).__name__}."
        )
    return text.decode()


def is_object(kind: type[Any]) -> bool:
    """Whether values of this class become JSON objects."""
    if issubclass(kind, (Mapping, msgspec.Struct)) or dataclasses.is_dataclass(kind):
        return True
    pydantic = sys.modules.get("pydantic")
    return pydantic is not None and issubclass(kind, pydantic.BaseModel)


def decode_variables(text: str | bytes) -> dict[str, Any]:
    """The variables of a JSON object; blank text is the empty one, as on the wire."""
    return _decode_object(text) if text.strip() else {}


def decode_value(text: str | bytes) -> Any:
    """One JSON value; None for blank text."""
    return _decode(text) if text.strip() else None


_decode_object = msgspec.json.Decoder(dict[str, Any]).decode
_decode = msgspec.json.Decoder().decode
