"""Outbound connectors: a typed function, or a class with one method per operation; business logic only.

    class Greeting(ConnectorInput):
        name: Annotated[str, NotBlank()]

    @outbound_connector(name="Greeter", type="com.example:greeter:1")
    async def greet(greeting: Greeting) -> dict[str, str]:
        return {"text": f"Hello {greeting.name}"}

What a parameter gets follows from its annotation: a pydantic model gets the whole input; `OutboundContext` the context;
`Annotated[T, Variable("x")]` one variable; `Annotated[str, Header("x")]` one task header. `async def` runs on the event loop, `def` in a
thread. What is returned is the result: anything that JSON can hold, models and dataclasses, documents; None for no result.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, Literal, Protocol, TypeVar, get_args, get_origin, overload

import pydantic
from pydantic.alias_generators import to_camel

from kiang.connector_sdk.document import Document, DocumentMetadata, DocumentStore, MemoryDocumentStore
from kiang.connector_sdk.external_documents import WithExternalDocuments
from kiang.errors import ConnectorInputError

OPERATION_HEADER = "operation"
_TYPE = re.compile(r"[^\s]{1,200}")

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Variable:
    """Marks a parameter that takes one variable of the input; without a name, the parameter's own in camel case."""

    name: str = ""
    required: bool = True


@dataclass(frozen=True)
class Header:
    """Marks a parameter that takes one task header."""

    name: str = ""
    required: bool = True


@dataclass(frozen=True)
class JobInfo:
    """The job behind a call, for connectors that make idempotency keys or name their caller; read only.

    Attributes:
        key: Job key; "0" outside of an engine. Use `element_instance_key` for an idempotency key: it stays the same over retries.
    """

    key: int = 0
    type: str = ""
    retries: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)
    process_instance_key: int = 0
    process_definition_id: str = ""
    process_definition_key: int = 0
    process_definition_version: int = 0
    element_id: str = ""
    element_instance_key: int = 0
    tenant_id: str = "<default>"


class Messages(Protocol):
    """Sends messages to the engine that the job comes from. Raises only `kiang.errors.ClientError`."""

    async def publish(
        self, name: str, key: str, variables: Mapping[str, Any], *, message_id: str, ttl: timedelta, tenant_id: str
    ) -> int:
        """Publish a message; gives its key."""
        ...

    async def correlate(self, name: str, key: str, variables: Mapping[str, Any], *, tenant_id: str) -> tuple[int, int]:
        """Correlate a message now; gives the keys of the message and of the process instance."""
        ...


class OutboundContext:
    """What a connector may use besides its input.

    Attributes:
        job: Where the call comes from.
        resources: Shared by all calls of a runtime: connection pools live here.
        messages: Sends messages to the engine; None where there is no engine.
    """

    def __init__(
        self,
        job: JobInfo | None = None,
        *,
        documents: DocumentStore | None = None,
        resources: Resources | None = None,
        messages: Messages | None = None,
    ) -> None:
        self.job = job or JobInfo()
        self.messages = messages
        self.documents: DocumentStore = WithExternalDocuments(documents or MemoryDocumentStore(), self)
        self.resources = resources or Resources()

    async def create_document(
        self, content: bytes, *, file_name: str = "", content_type: str = "", **custom_properties: Any
    ) -> Document:
        """Store a file; returned in a result it becomes a reference that later connectors can take."""
        metadata = DocumentMetadata(
            content_type,
            file_name,
            len(content),
            process_definition_id=self.job.process_definition_id or None,
            process_instance_key=str(self.job.process_instance_key) if self.job.process_instance_key else None,
            custom_properties=custom_properties,
        )
        return Document(await self.documents.create(content, metadata), self.documents)


R = TypeVar("R")


class Resources:
    """Things that are made once and shared: clients, pools, tokens. The runtime closes them when it stops."""

    LIMIT = 500
    """Kept at most; the one used least recently is closed first."""

    def __init__(self) -> None:
        self._kept: dict[Any, tuple[Any, Callable[[Any], Any] | None]] = {}

    def get(self, key: Any, make: Callable[[], R], close: Callable[[R], Any] | None = None) -> R:
        """The resource of `key`, made on first use. `key` must name the connector and everything that the resource depends on."""
        entry = self._kept.pop(key, None)
        if entry is None:
            entry = (make(), close)
            while len(self._kept) >= self.LIMIT:
                self._discard(next(iter(self._kept)))
        self._kept[key] = entry
        return typing.cast("R", entry[0])

    def drop(self, key: Any) -> None:
        """Close a resource that turned out broken; the next `get` makes a new one."""
        if key in self._kept:
            self._discard(key)

    async def close(self) -> None:
        """Close everything."""
        while self._kept:
            key = next(iter(self._kept))
            resource, close = self._kept.pop(key)
            if close is not None:
                result = close(resource)
                if inspect.isawaitable(result):
                    await result

    def _discard(self, key: Any) -> None:
        resource, close = self._kept.pop(key)
        if close is None:
            return
        result = close(resource)
        if inspect.iscoroutine(result):
            import asyncio  # noqa: PLC0415 - only with a loop

            task = asyncio.get_running_loop().create_task(result)
            _closing.add(task)
            task.add_done_callback(_closing.discard)


_closing: set[Any] = set()


@dataclass(frozen=True)
class Parameter:
    """How one parameter of an operation is filled.

    Attributes:
        kind: Where its value comes from.
        key: Name of the variable or header.
    """

    name: str
    kind: Literal["input", "context", "variable", "header"]
    annotation: Any
    key: str = ""
    required: bool = True
    default: Any = inspect.Parameter.empty


@dataclass(frozen=True)
class Operation:
    """One thing that a connector can do.

    Attributes:
        id: Value of the task header `operation`; "" for the only one of a function.
    """

    id: str
    name: str
    function: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    description: str = ""
    keywords: tuple[str, ...] = ()

    @property
    def is_async(self) -> bool:
        """Whether it runs on the event loop."""
        return inspect.iscoroutinefunction(self.function)

    @property
    def input_model(self) -> type[pydantic.BaseModel] | None:
        """The model of its whole input, if it takes one."""
        for parameter in self.parameters:
            if parameter.kind == "input":
                return typing.cast("type[pydantic.BaseModel]", parameter.annotation)
        return None

    @property
    def input_names(self) -> tuple[str, ...]:
        """The variables that it reads."""
        names: dict[str, None] = {}
        for parameter in self.parameters:
            if parameter.kind == "variable":
                names[parameter.key] = None
            elif parameter.kind == "input":
                for name, model_field in parameter.annotation.model_fields.items():
                    names[model_field.alias or name] = None
        return tuple(names)


@dataclass(frozen=True)
class OutboundConnector:
    """An outbound connector as runtimes see it.

    Attributes:
        name: For people, and, in upper case with `_`, for the environment variables that override it.
        type: Job type.
        version: Of the connector; part of what a template says.
        input_variables: What of the process is fetched for it.
        timeout: How long its jobs may take; None for the runtime's default.
        template: What its connector template adds to the model (see `element_templates`); None for a connector without one.
    """

    name: str
    type: str
    operations: Mapping[str, Operation]
    version: int = 1
    timeout: timedelta | None = None
    template: Any = None

    @property
    def input_variables(self) -> tuple[str, ...]:
        """Every variable that one of the operations reads."""
        return tuple(dict.fromkeys(name for operation in self.operations.values() for name in operation.input_names))

    def operation(self, headers: Mapping[str, str]) -> Operation:
        """The operation that the task headers choose.

        Raises:
            ConnectorInputError: They choose none, or one that does not exist.
        """
        if "" in self.operations:
            return self.operations[""]
        chosen = headers.get(OPERATION_HEADER, "")
        if not chosen:
            if len(self.operations) == 1:
                return next(iter(self.operations.values()))
            raise ConnectorInputError("Operation ID is missing in the job context custom headers.")
        if chosen not in self.operations:
            raise ConnectorInputError(f"Operation not found: {chosen}")
        return self.operations[chosen]


ATTRIBUTE = "__kiang_connector__"
"""Where a decorated function or class keeps its `OutboundConnector`."""

_OPERATION = "__kiang_operation__"


def outbound_connector(
    *,
    name: str,
    type: str,  # noqa: A002 - the word of the field
    version: int = 1,
    timeout: timedelta | None = None,
    template: Any = None,
) -> Callable[[F], F]:
    """Make an outbound connector of a function, or of a class with `@operation` methods. The function stays callable as it is.

    Args:
        name: For people.
        type: Job type, for example `com.example:greeter:1`.
        version: Of the connector.
        timeout: How long its jobs may take.
        template: See `kiang.element_templates`.

    Raises:
        TypeError: A parameter is of no kind that can be filled, or the class has no operation.
    """
    if not _TYPE.fullmatch(type):
        raise TypeError(f"Expected the type of connector '{name}' to be a text without blanks, but was {type!r}.")

    def decorate(target: F) -> F:
        operations = _operations_of(target) if inspect.isclass(target) else {"": _operation_of(target, "", name)}
        setattr(target, ATTRIBUTE, OutboundConnector(name, type, operations, version, timeout, template))
        return target

    return decorate


@overload
def operation(
    id: str, /, *, name: str = "", description: str = "", keywords: tuple[str, ...] = ()
) -> Callable[[F], F]: ...
@overload
def operation(id: F, /) -> F: ...
def operation(id: Any, /, *, name: str = "", description: str = "", keywords: tuple[str, ...] = ()) -> Any:  # noqa: A002
    """Mark a method of a connector class as an operation; its id is the value of the task header `operation`."""
    if callable(id):
        return operation(id.__name__)(id)

    def decorate(function: F) -> F:
        setattr(function, _OPERATION, (id, name or id, description, keywords))
        return function

    return decorate


def connector_of(target: Any) -> OutboundConnector:
    """The connector that a decorated function or class is.

    Raises:
        TypeError: It is not decorated.
    """
    connector = target if isinstance(target, OutboundConnector) else getattr(target, ATTRIBUTE, None)
    if not isinstance(connector, OutboundConnector):
        raise TypeError(f"Expected a connector, made with @outbound_connector, but was {target!r}.")
    return connector


def _operations_of(cls: Any) -> dict[str, Operation]:
    instance = cls()
    operations = {}
    for attribute in dir(cls):
        marked = getattr(getattr(cls, attribute), _OPERATION, None)
        if marked is not None:
            operation_id, name, description, keywords = marked
            made = _operation_of(getattr(instance, attribute), operation_id, name)
            operations[operation_id] = Operation(
                made.id, made.name, made.function, made.parameters, description or made.description, keywords
            )
    if not operations:
        raise TypeError(f"Expected connector class {cls.__name__} to have a method with @operation, but it has none.")
    return operations


def _operation_of(function: Callable[..., Any], operation_id: str, name: str) -> Operation:
    hints = typing.get_type_hints(function, include_extras=True)
    parameters = tuple(
        _parameter_of(p, hints.get(p.name, Any), function) for p in inspect.signature(function).parameters.values()
    )
    return Operation(operation_id, name, function, parameters, inspect.getdoc(function) or "")


def _parameter_of(parameter: inspect.Parameter, annotation: Any, function: Callable[..., Any]) -> Parameter:
    if get_origin(annotation) is Annotated:
        for mark in get_args(annotation)[1:]:
            if isinstance(mark, Variable | Header):
                return Parameter(
                    parameter.name,
                    "variable" if isinstance(mark, Variable) else "header",
                    annotation,
                    mark.name or to_camel(parameter.name),
                    mark.required and parameter.default is inspect.Parameter.empty,
                    parameter.default,
                )
    if isinstance(annotation, type):
        if issubclass(annotation, OutboundContext):
            return Parameter(parameter.name, "context", annotation)
        if issubclass(annotation, pydantic.BaseModel):
            return Parameter(parameter.name, "input", annotation)
    raise TypeError(
        f"Expected parameter '{parameter.name}' of {getattr(function, '__qualname__', function)} to be a pydantic model, OutboundContext, "
        f"Annotated[…, Variable()] or Annotated[…, Header()], but was {annotation!r}."
    )
