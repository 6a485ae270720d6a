"""From the JSON of a job's variables to the typed input of a connector.

The rules are those of the mapper that connectors of Camunda are bound with, since processes rely on them: unknown
properties are ignored; names of enum values take any case; a single value is taken for a list of one and a list of one for
its item; numbers and booleans become text, text that is a number becomes one, an empty text counts as an absent number; an
object is no text. All faults are reported at once, each with its path.
"""

from __future__ import annotations

import base64
import enum
import json
import math
import re
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pydantic
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from kiang.connector_sdk.constraints import Constraint, Range
from kiang.connector_sdk.document import Document, DocumentStore, is_reference
from kiang.connector_sdk.feel import FeelFunction
from kiang.errors import ConnectorInputError

DEPTH_MAX = 200
"""Levels of models within models; JSON below a field of type Any is not walked."""

NUMBER_DIGITS_MAX = 400
"""Before the point of a number that is given as text: no double has more, and `1e999999999` must not become an integer."""

INVALID_INPUT = "jakarta.validation.ValidationException: Found constraints violated while validating input: "
"""First line of the message, as users of connectors know it."""


class ConnectorInput(BaseModel):
    """Base of a connector's input model: names are camel case in the process and snake case in Python."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        arbitrary_types_allowed=True,
        coerce_numbers_to_str=True,
        ser_json_timedelta="iso8601",
    )


class InvalidField(Exception):
    """A value cannot become what its field wants. Raised while binding, collected by `bind`."""

    def __init__(self, path: Sequence[str], expected: str, found: Any) -> None:
        super().__init__()
        self.path = tuple(path)
        self.expected = expected
        self.found = found

    @property
    def message(self) -> str:
        """In the words that users of connectors know; never with the value."""
        text = f"Json object contains an invalid field: {', '.join(self.path)}"
        return f"{text}. It Must be `{self.expected}`" if self.expected else text


class ContentNeeded(Exception):
    """A field wants the content of a document: read it, put it into `contents`, bind again."""

    def __init__(self, document: Document, key: str) -> None:
        super().__init__()
        self.document = document
        self.key = key


class Binder:
    """Binds one JSON value to one type.

    Attributes:
        contents: Contents of documents by `content_key`, for fields that want them.
    """

    def __init__(self, documents: DocumentStore | None = None, contents: dict[str, bytes] | None = None) -> None:
        self.documents = documents
        self.contents = contents if contents is not None else {}
        self._invalid: list[InvalidField] = []
        self._violations: list[tuple[str, str]] = []

    def bind(self, value: Any, target: Any) -> Any:
        """`value` as a `target`: a model, or any other annotation.

        Raises:
            ConnectorInputError: With every fault, each with its path.
            ContentNeeded: See there.
        """
        bound = self._bind_collecting(value, target, ())
        lines = [fault.message for fault in self._invalid]
        if self._violations:
            lines.append(INVALID_INPUT)
            lines += [
                f" - Property: {path}: Validation failed. Original message: {message}"
                for path, message in self._violations
            ]
        if lines:
            raise ConnectorInputError("\n".join(lines))
        return bound

    def _bind_collecting(self, value: Any, target: Any, path: tuple[str, ...]) -> Any:
        try:
            return self._bind(value, target, path)
        except InvalidField as fault:
            self._invalid.append(fault)
            return None

    def _bind(self, value: Any, target: Any, path: tuple[str, ...]) -> Any:
        if len(path) > DEPTH_MAX:
            raise InvalidField(path, f"at most {DEPTH_MAX} levels deep", value)
        origin = get_origin(target)
        if origin is Annotated:
            return self._bind_annotated(value, target, path)
        if origin in {Union, types.UnionType}:
            return self._bind_union(value, list(get_args(target)), path)
        if target is Any or target is object or isinstance(target, typing.TypeVar):
            return Document(value, self.documents) if is_reference(value) else value
        if value is None:
            if target is type(None):
                return None
            raise InvalidField(path, type_label(target), value)
        if origin in _LISTS or target in _LISTS:
            return self._bind_list(value, target, path)
        if type(value) is list and len(value) == 1:
            value = value[0]
        if origin in {dict, Mapping} or target in {dict, Mapping}:
            return self._bind_mapping(value, target, path)
        if isinstance(target, type):
            if issubclass(target, BaseModel):
                return self._bind_model(value, target, path)
            if issubclass(target, Document):
                if is_reference(value):
                    return Document(value, self.documents)
                raise InvalidField(path, "Document", value)
            if issubclass(target, enum.Enum):
                return _bind_enum(value, target, path)
            if issubclass(target, FeelFunction):
                return FeelFunction(_text(value, path))
        if origin is Literal:
            return _bind_literal(value, get_args(target), path)
        return self._bind_scalar(value, target, path)

    def _bind_annotated(self, value: Any, target: Any, path: tuple[str, ...]) -> Any:
        inner, *metadata = get_args(target)
        for item in metadata:
            if isinstance(item, FieldInfo) and item.discriminator is not None:
                return self._bind_tagged(value, get_args(inner), str(item.discriminator), path)
        for item in metadata:
            if isinstance(item, Constraint):
                self._check(item, value, path)
        bound = self._bind(value, inner, path)
        return self._pydantic(bound, Annotated[(Any, *_behaviour(metadata))], path) if _behaviour(metadata) else bound

    def _bind_union(self, value: Any, options: list[Any], path: tuple[str, ...]) -> Any:
        if type(None) in options:
            if value is None or (value == [None] and not any(_is_list(option) for option in options)):
                return None
            options = [option for option in options if option is not type(None)]
            if _counts_as_absent(value) and all(_is_number(option) for option in options):
                return None
        if len(options) == 1:
            return self._bind(value, options[0], path)
        exact = [option for option in options if _fits_exactly(value, option)]
        for option in [*exact, *(o for o in options if o not in exact)]:
            attempt = Binder(self.documents, self.contents)
            try:
                bound = attempt._bind(value, option, path)
            except InvalidField:
                continue
            if not attempt._invalid and not attempt._violations:
                return bound
        raise InvalidField(path, "", value)

    def _bind_tagged(self, value: Any, options: tuple[Any, ...], discriminator: str, path: tuple[str, ...]) -> Any:
        if type(value) is not dict:
            raise InvalidField(path, "", value)
        for option in options:
            field = option.model_fields[discriminator]
            tag = value.get(field.alias or discriminator)
            if tag in get_args(field.annotation) or (tag is None and not field.is_required()):
                return self._bind(value, option, path)
        raise InvalidField(path, "", value)

    def _bind_list(self, value: Any, target: Any, path: tuple[str, ...]) -> Any:
        arguments = get_args(target)
        item_type = arguments[0] if arguments else Any
        items = value if type(value) is list else [value]
        bound = [self._bind_collecting(item, item_type, (*path, str(i))) for i, item in enumerate(items)]
        container = get_origin(target) or target
        return container(bound) if container in {set, tuple, frozenset} else bound

    def _bind_mapping(self, value: Any, target: Any, path: tuple[str, ...]) -> Any:
        if type(value) is not dict:
            raise InvalidField(path, "Map", value)
        arguments = get_args(target)
        if not arguments:
            return value
        return {key: self._bind_collecting(item, arguments[1], (*path, key)) for key, item in value.items()}

    def _bind_model(self, value: Any, model: type[BaseModel], path: tuple[str, ...]) -> Any:
        if type(value) is not dict:
            raise InvalidField(path, "" if path else "object", value)
        bound: dict[str, Any] = {}
        faults = len(self._invalid) + len(self._violations)
        for name, field in model.model_fields.items():
            key = field.alias or name
            given = value.get(key, value.get(name))
            here = (*path, key)
            before = len(self._violations)
            for constraint in field.metadata:
                if isinstance(constraint, Constraint):
                    self._check(constraint, given, here)
            if given is None and not _takes_null(field):
                if field.is_required() and len(self._violations) == before:
                    self._violations.append((".".join(here), "must not be null"))
                continue
            annotation: Any = field.annotation
            if field.discriminator is not None:
                options = [o for o in get_args(annotation) if o is not type(None)]
                if given is None:
                    continue
                annotation = Annotated[Union[tuple(options)], FieldInfo(discriminator=field.discriminator)]  # noqa: UP007
            before = len(self._invalid)
            entry = self._bind_collecting(given, annotation, here)
            if len(self._invalid) == before and (entry is not None or _takes_null(field) or not isinstance(given, str)):
                bound[name] = entry
        if len(self._invalid) + len(self._violations) > faults:
            self._check_fields(bound, model, path)
            return None
        return self._pydantic(bound, model, path)

    def _check_fields(self, bound: Mapping[str, Any], model: type[BaseModel], path: tuple[str, ...]) -> None:
        """Pydantic's constraints of single fields, where the model as a whole cannot be made any more."""
        for name, entry in bound.items():
            field = model.model_fields[name]
            behaviour = _behaviour(field.metadata)
            if behaviour and entry is not None:
                self._pydantic(entry, Annotated[(Any, *behaviour)], (*path, field.alias or name))

    def _bind_scalar(self, value: Any, target: Any, path: tuple[str, ...]) -> Any:
        if target is str:
            if is_reference(value):
                return base64_text(self._content(value))
            return _text(value, path)
        if target is bytes:
            if is_reference(value):
                return self._content(value)
            return _text(value, path).encode()
        if target is bool:
            return _bind_bool(value, path)
        if target in {int, float, Decimal}:
            return _bind_number(value, target, path)
        return self._pydantic(value, target, path)

    def _pydantic(self, value: Any, target: Any, path: tuple[str, ...]) -> Any:
        try:
            if isinstance(target, type) and issubclass(target, BaseModel):
                return target.model_validate(value, by_name=True)
            return _adapter(target).validate_python(value)
        except ValidationError as error:
            for fault in error.errors(include_url=False, include_input=False):
                location = [str(part) for part in fault["loc"]]
                if location and isinstance(target, type) and issubclass(target, BaseModel):
                    field = target.model_fields.get(location[0])
                    location[0] = (field.alias if field else None) or location[0]
                message = (
                    "must not be null" if fault["type"] == "missing" else fault["msg"].removeprefix("Value error, ")
                )
                self._violations.append((".".join([*path, *location]), message))
            return None

    def _check(self, constraint: Constraint, value: Any, path: tuple[str, ...]) -> None:
        if type(value) in {int, float, bool}:
            value = value if not hasattr(constraint, "regex") else _text(value, path)
        elif isinstance(value, dict) and hasattr(constraint, "regex"):
            return
        elif isinstance(value, str) and isinstance(constraint, Range) and _NUMBER.fullmatch(value.strip()):
            value = float(value)
        message = constraint.violation(value)
        if message is not None:
            self._violations.append((".".join(path), message))

    def _content(self, reference: dict[str, Any]) -> bytes:
        key = content_key(reference)
        if key not in self.contents:
            raise ContentNeeded(Document(reference, self.documents), key)
        return self.contents[key]


async def bind(value: Any, target: Any, documents: DocumentStore | None = None) -> Any:
    """`value` as a `target`; contents of documents are read where a field wants them. See `Binder.bind`."""
    contents: dict[str, bytes] = {}
    while True:
        try:
            return Binder(documents, contents).bind(value, target)
        except ContentNeeded as needed:
            contents[needed.key] = await needed.document.read()


def content_key(reference: Mapping[str, Any]) -> str:
    """What tells one reference from another."""
    return json.dumps(reference, sort_keys=True, default=str)


def base64_text(content: bytes) -> str:
    """A text field that is given a document holds its content in base64."""
    return base64.b64encode(content).decode()


def type_label(target: Any) -> str:
    """The name of a type in messages."""
    names = {str: "String", int: "Integer", float: "Double", bool: "boolean", Decimal: "BigDecimal", bytes: "bytes"}
    if target in names:
        return names[target]
    return getattr(target, "__name__", str(target))


_LISTS = {list, tuple, set, frozenset, Sequence}


def _counts_as_absent(value: Any) -> bool:
    """Whether a text stands for no number and no boolean."""
    return isinstance(value, str) and value.strip() in {"", "null"}


def _is_list(target: Any) -> bool:
    while get_origin(target) is Annotated:
        target = get_args(target)[0]
    return target in _LISTS or get_origin(target) in _LISTS


def _is_number(target: Any) -> bool:
    while get_origin(target) is Annotated:
        target = get_args(target)[0]
    return target in {int, float, bool, Decimal, timedelta, datetime, date, time}


def _takes_null(field: FieldInfo) -> bool:
    annotation = field.annotation
    return annotation is Any or (
        get_origin(annotation) in {Union, types.UnionType} and type(None) in get_args(annotation)
    )


def _fits_exactly(value: Any, option: Any) -> bool:
    while get_origin(option) is Annotated:
        option = get_args(option)[0]
    origin = get_origin(option) or option
    if origin is Literal:
        return value in get_args(option)
    if isinstance(origin, type):
        if issubclass(origin, Document):
            return is_reference(value)
        if issubclass(origin, BaseModel) or origin is dict:
            return type(value) is dict and not is_reference(value)
        return type(value) is origin or (origin is float and type(value) is int)
    return False


def _text(value: Any, path: tuple[str, ...]) -> str:
    if type(value) is str:
        return value
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, int | Decimal):
        return str(value)
    raise InvalidField(path, "String", value)


def _float_text(value: float) -> str:
    """As Java writes a double, since that is what texts made from numbers look like in processes: 1.0E-7, not 1e-07."""
    if value == 0 or 1e-3 <= abs(value) < 1e7 or not math.isfinite(value):
        return str(value)
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    written = "".join(map(str, digits))
    exponent = int(exponent) + len(written) - 1
    return f"{'-' if sign else ''}{written[0]}.{written[1:] or '0'}E{exponent}"


_BOOLEANS = {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}


def _bind_bool(value: Any, path: tuple[str, ...]) -> bool:
    if value is True or value is False:
        return value
    if isinstance(value, int):
        return value != 0
    if _counts_as_absent(value):
        return False
    known = _BOOLEANS.get(value.strip()) if isinstance(value, str) else None
    if known is None:
        raise InvalidField(path, "boolean", value)
    return known


_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?")


def _bind_number(value: Any, target: Any, path: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        if _counts_as_absent(value):
            return None
        if not (_WHOLE if target is int else _NUMBER).fullmatch(value.strip()):
            raise InvalidField(path, type_label(target), value)
        value = Decimal(value.strip())
        if value.adjusted() >= NUMBER_DIGITS_MAX:
            raise InvalidField(path, type_label(target), value)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise InvalidField(path, type_label(target), value)
    try:
        return target(value)
    except (OverflowError, ValueError):
        raise InvalidField(path, type_label(target), value) from None


def _bind_enum(value: Any, target: type[enum.Enum], path: tuple[str, ...]) -> enum.Enum:
    """By value or name in any case, or by a member's place, which the mapper accepts too."""
    wanted = str(value).strip().casefold()
    for member in target:
        if wanted in {str(member.value).casefold(), member.name.casefold()}:
            return member
    place = wanted.removesuffix(".0")
    if type(value) is not bool and place.isascii() and place.isdigit() and int(place) < len(target):
        return list(target)[int(place)]
    try:
        return target(value)  # the member that the enum's own `_missing_` marks as the default
    except ValueError:
        raise InvalidField(path, target.__name__, value) from None


def _bind_literal(value: Any, options: tuple[Any, ...], path: tuple[str, ...]) -> Any:
    for option in options:
        if value == option or str(value).casefold() == str(option).casefold():
            return option
    raise InvalidField(path, f"one of {', '.join(str(option) for option in options)}", value)


def _behaviour(metadata: Sequence[Any]) -> tuple[Any, ...]:
    """What of an annotation's metadata pydantic has to carry out: its own field constraints and validators."""
    return tuple(item for item in metadata if type(item).__module__.startswith(("pydantic", "annotated_types")))


_adapters: dict[Any, TypeAdapter[Any]] = {}


def _adapter(target: Any) -> TypeAdapter[Any]:
    try:
        adapter = _adapters.get(target)
    except TypeError:
        return TypeAdapter(target)
    if adapter is None:
        adapter = _adapters[target] = TypeAdapter(target, config=_config(target))
    return adapter


def _config(target: Any) -> pydantic.ConfigDict | None:
    return (
        None if isinstance(target, type) and issubclass(target, BaseModel) else ConfigDict(arbitrary_types_allowed=True)
    )
