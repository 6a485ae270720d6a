"""From a handler's signature to its arguments.

A parameter takes the variable of its name, converted to its type: plain values, dates, enums, lists, dataclasses, TypedDicts,
msgspec structs and pydantic models. A parameter of type `Job` takes the job. `Variables[Model]` takes the whole document,
`**rest` what no other parameter takes, `Header("name")` a custom header. The names decide which variables are fetched.
Everything is looked at once, when the handler is registered; a job costs one pass over its JSON text.
"""

from __future__ import annotations

import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, get_args, get_origin

import msgspec
import msgspec.inspect

from kiang.client.job import Job
from kiang.client.variables import encode_variables, is_object
from kiang.errors import KiangError
from kiang.worker.parameter import AllVariables, Header, Variable


class BindingError(KiangError):
    """The variables or headers of a job do not fit the handler. The message names places and types, never values."""


class Binding:
    """How one handler gets its arguments and what becomes of its result.

    Args:
        function: The handler.
        names: Where its annotations may find names that are not global, such as classes of an enclosing function.
        result_variable: The result is the value of this variable; "" if the result is a document.

    Attributes:
        fetch_variables: What the engine has to send; empty for everything.

    Raises:
        TypeError: The signature asks for something that no job can give, or promises a result that is no document.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        names: Mapping[str, Any] | None = None,
        result_variable: str = "",
    ) -> None:
        self._name = getattr(function, "__qualname__", type(function).__qualname__)
        self._result_variable = result_variable
        self._positional: list[str] = []
        self._job_parameters: list[str] = []
        self._documents: list[tuple[str, Callable[[Any], Any]]] = []
        self._rest = ""
        fields: list[tuple[str, Any, Any]] = []
        header_fields: list[tuple[str, Any, Any]] = []
        fetched: set[str] = set()
        fetches_all = False
        hints = _hints(function, dict(names or {}))
        parameters = inspect.signature(function).parameters
        for parameter in parameters.values():
            name = parameter.name
            if parameter.kind is parameter.VAR_POSITIONAL:
                raise TypeError(f"Expected {self._name} to name its parameters, but it has *{name}.")
            if parameter.kind is parameter.VAR_KEYWORD:
                self._rest = name
                fetches_all = True
                continue
            if parameter.kind is parameter.POSITIONAL_ONLY:
                self._positional.append(name)
            hint, markers = _unwrap(hints.get(name, Any))
            if hint is Job or (hint is Any and name == "job" and not markers):
                self._job_parameters.append(name)
            elif any(isinstance(marker, AllVariables) for marker in markers):
                decode, document_fields = self._document_decoder(name, hint)
                self._documents.append((name, decode))
                if document_fields is None:
                    fetches_all = True
                else:
                    fetched |= document_fields
            else:
                header = next((marker for marker in markers if isinstance(marker, Header)), None)
                variable = next((marker for marker in markers if isinstance(marker, Variable)), None)
                outer = header.name if header else variable.name if variable else name
                own_hint = self._checked(name, hints.get(name, Any))
                (header_fields if header else fields).append((name, own_hint, _field(parameter, hint, outer)))
                if header is None:
                    fetched.add(outer)
        self._decode = _decoder(fields)
        self._decode_headers = _decoder(header_fields)
        self._names = [name for name, _, _ in fields]
        self._header_names = [name for name, _, _ in header_fields]
        self._taken = frozenset(fetched)
        # An empty list means everything on the wire, so a handler that looks at the job itself sees all of it.
        self.fetch_variables = () if fetches_all else tuple(sorted(fetched))
        self._check_result(hints.get("return", Any))

    def arguments(self, job: Job) -> tuple[list[Any], dict[str, Any]]:
        """Positional and named arguments for one job.

        Raises:
            BindingError: A variable is missing or has another type; the message says which.
        """
        arguments: dict[str, Any] = dict.fromkeys(self._job_parameters, job)
        try:
            if self._decode is not None:
                values = self._decode(job.variables_json)
                for name in self._names:
                    arguments[name] = getattr(values, name)
            if self._decode_headers is not None:
                values = self._decode_headers(job.headers_json)
                for name in self._header_names:
                    arguments[name] = getattr(values, name)
            for name, decode in self._documents:
                arguments[name] = decode(job.variables_json)
            if self._rest:
                arguments |= {name: value for name, value in job.variables.items() if name not in self._taken}
        except msgspec.ValidationError as error:
            # Not chained: the cause of pydantic's error shows values, and chains end up in tracebacks.
            raise BindingError(f"Expected the variables of the job to fit {self._name}, but: {error}") from None
        except msgspec.DecodeError as error:
            raise BindingError(f"Expected the job to have a JSON object as its variables, but: {error}") from None
        positional = [arguments.pop(name) for name in self._positional]
        return positional, arguments

    def result(self, value: Any) -> str:
        """The JSON text of the variables that the job is completed with.

        Raises:
            InvalidArgument: `value` is no document.
        """
        if self._result_variable:
            return encode_variables({self._result_variable: value})
        return encode_variables(value)

    def _checked(self, name: str, hint: Any) -> Any:
        """`hint`, or what stands for it where msgspec alone cannot decode it.

        Raises:
            TypeError: Nothing can.
        """
        try:
            info = msgspec.inspect.type_info(hint)
            msgspec.json.Decoder(hint, dec_hook=_decode_pydantic)
            by_pydantic = any(hasattr(kind, "__pydantic_validator__") for kind in _dataclasses(info))
        except TypeError:
            by_pydantic, info = True, None
        if info is not None and not by_pydantic:
            for kind in _custom_types(info):
                if not _is_pydantic(kind):
                    raise TypeError(
                        f"Expected parameter {name!r} of {self._name} to have a type that JSON can become, but it is "
                        f"{kind.__qualname__}. Use plain types, dataclasses, msgspec structs or pydantic models."
                    )
            return hint
        adapter = _adapter(hint)
        if adapter is None:
            raise TypeError(
                f"Expected parameter {name!r} of {self._name} to have a type that JSON can become, but it is {hint!r}."
            )
        return _stand_in(hint, adapter)

    def _document_decoder(self, name: str, hint: Any) -> tuple[Callable[[Any], Any], set[str] | None]:
        """How to decode a whole document, and the variables it is made of (None: any)."""
        own_hint = self._checked(name, hint)
        decoder = msgspec.json.Decoder(own_hint, dec_hook=_decode_pydantic)
        return decoder.decode, _document_fields(hint)

    def _check_result(self, hint: Any) -> None:
        if self._result_variable:
            return
        for alternative in _alternatives(hint):
            kind = get_origin(alternative) or alternative
            if isinstance(kind, type) and kind not in {type(None), object, Any} and not is_object(kind):
                raise TypeError(
                    f"Expected {self._name} to return variables (a mapping, dataclass, msgspec struct or pydantic model) "
                    f'or None, but its annotation says {kind.__name__}. Name a variable for it: result_variable="...".'
                )


def _hints(function: Callable[..., Any], names: dict[str, Any]) -> dict[str, Any]:
    target = inspect.unwrap(function)
    while not isinstance(target, (types.FunctionType, types.MethodType)):
        # functools.partial, or an object with __call__
        target = inspect.unwrap(getattr(target, "func", None) or type(target).__call__)
    try:
        return typing.get_type_hints(target, localns=names, include_extras=True)
    except NameError as error:
        raise TypeError(
            f"Expected the annotations of {target.__qualname__} to name known types, but: {error}. "
            "Import them outside of `if TYPE_CHECKING`."
        ) from error


def _unwrap(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """The type without our markers, and the markers."""
    if get_origin(hint) is Annotated:
        inner, *markers = get_args(hint)
        return inner, tuple(markers)
    return hint, ()


def _alternatives(hint: Any) -> Iterator[Any]:
    hint, _ = _unwrap(hint)
    if get_origin(hint) in {typing.Union, types.UnionType}:
        for argument in get_args(hint):
            yield from _alternatives(argument)
    else:
        yield hint


def _field(parameter: inspect.Parameter, hint: Any, outer: str) -> Any:
    if parameter.default is not parameter.empty:
        default = parameter.default
        return msgspec.field(default_factory=lambda: default, name=outer)
    if type(None) in _alternatives(hint):
        # To FEEL a missing variable is null; so it is to a handler that accepts None.
        return msgspec.field(default=None, name=outer)
    return msgspec.field(name=outer)


def _decoder(fields: list[tuple[str, Any, Any]]) -> Callable[[str | bytes], Any] | None:
    if not fields:
        return None
    struct = msgspec.defstruct("Arguments", fields, kw_only=True)
    return msgspec.json.Decoder(struct, dec_hook=_decode_pydantic).decode


def _document_fields(hint: Any) -> set[str] | None:
    if isinstance(hint, type) and _is_pydantic(hint):
        config = getattr(hint, "model_config", {})
        infos = getattr(hint, "model_fields", None)
        if infos is None or config.get("extra") == "allow":
            return None
        names: set[str] = set()
        for name, info in infos.items():
            alias = info.validation_alias or info.alias
            if alias is not None and not isinstance(alias, str):
                return None
            names.add(alias or name)
            if alias and (config.get("populate_by_name") or config.get("validate_by_name")):
                names.add(name)
        return names or None
    try:
        info = msgspec.inspect.type_info(hint)
    except TypeError:
        return None
    known = (msgspec.inspect.StructType, msgspec.inspect.DataclassType, msgspec.inspect.TypedDictType)
    if isinstance(info, known):
        return {field.encode_name for field in info.fields} or None
    return None


def _walk(info: Any, seen: set[int]) -> Iterator[Any]:
    if id(info) in seen:
        return
    seen.add(id(info))
    yield info
    for name in info.__struct_fields__:
        value = getattr(info, name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, (msgspec.inspect.Type, msgspec.inspect.Field)):
                yield from _walk(item, seen)


def _custom_types(info: Any) -> Iterator[type[Any]]:
    return (item.cls for item in _walk(info, set()) if isinstance(item, msgspec.inspect.CustomType))


def _dataclasses(info: Any) -> Iterator[type[Any]]:
    return (item.cls for item in _walk(info, set()) if isinstance(item, msgspec.inspect.DataclassType))


# ---- pydantic, without importing it for those who do not use it


def _is_pydantic(kind: type[Any]) -> bool:
    return hasattr(kind, "__get_pydantic_core_schema__")


def _adapter(hint: Any) -> Any:
    """A validator of JSON text for any type that pydantic knows; None if it does not."""
    import pydantic  # noqa: PLC0415

    try:
        return pydantic.TypeAdapter(hint)
    except (pydantic.PydanticUserError, pydantic.errors.PydanticSchemaGenerationError):
        return None


class _Validated(type):
    """Metaclass of classes that stand in a msgspec decoder for a type that only pydantic knows."""

    adapter: Any

    def __instancecheck__(cls, _value: object) -> bool:
        return True  # msgspec asks whether the hook gave what was wanted; pydantic has seen to that


def _stand_in(hint: Any, adapter: Any) -> type[Any]:
    kind = _Validated(str(hint), (), {})
    kind.adapter = adapter
    return kind


_adapters: dict[type[Any], Any] = {}


def _decode_pydantic(kind: type[Any], value: Any) -> Any:
    """Msgspec's hook for types it does not know: pydantic validates the JSON text, so that strict models read dates."""
    adapter = kind.adapter if type(kind) is _Validated else _adapters.get(kind)
    if adapter is None:
        adapter = _adapters[kind] = _adapter(kind)
    pydantic = sys.modules["pydantic"]
    try:
        return adapter.validate_json(msgspec.json.encode(value))
    except pydantic.ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        text = "; ".join(f"{'.'.join(map(str, fault['loc'])) or kind.__name__}: {fault['msg']}" for fault in faults)
        raise ValueError(text) from None
