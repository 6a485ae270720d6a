"""How a handler declares itself; routes, the OpenAPI document and the table in the docs are made from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from kiang.search.field import SearchResource

if TYPE_CHECKING:
    from kiang.gateway.rest.call import Call

Handler = Callable[["Call"], Awaitable[Any]]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query string."""

    name: str
    schema: dict[str, Any]
    required: bool = False


@dataclass(frozen=True, slots=True)
class FormPart:
    """A part of a multipart body.

    Attributes:
        repeated: It may come more than once.
    """

    name: str
    is_file: bool
    required: bool = False
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer that is no JSON object of a declared type.

    Attributes:
        content_type: Its media type.
    """

    content: bytes
    content_type: str = "application/json"
    status: int = 200
    headers: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation of the API.

    Attributes:
        id: operationId of the API's specification.
        path: Below `/v2`, or from the root when it begins with `/cluster/`.
        since: First version of the API that has it.
        body: Type of the JSON body; a resource for a search request over it; None if there is none.
        body_required: A request without a body is refused; otherwise it is as one with `{}`.
        form: Parts of a multipart body.
        answer: Type of the answer's body; a resource for a page of its items; None for none; a `dict` is a JSON schema.
        status: Of the answer when all went well.
        aliases: Other paths of the same operation, as `METHOD path`, from the root.
    """

    id: str
    method: Method
    path: str
    handler: Handler
    tag: str
    summary: str
    since: str = "8.6"
    body: Any = None
    body_required: bool = True
    form: tuple[FormPart, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    answer: Any = None
    answer_type: str = "application/json"
    status: int = 200
    aliases: tuple[str, ...] = ()
    decoder: msgspec.json.Decoder[Any] | None = field(default=None)


class Resource:
    """The operations of one resource; `@resource.post(...)` and its kin add one."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.operations: list[Operation] = []

    def get(self, path: str, id: str, **options: Any) -> Callable[[Handler], Handler]:  # noqa: A002 - the API's word
        """Declare a GET."""
        return self._add("GET", path, id, options)

    def post(self, path: str, id: str, **options: Any) -> Callable[[Handler], Handler]:  # noqa: A002
        """Declare a POST."""
        return self._add("POST", path, id, options)

    def put(self, path: str, id: str, **options: Any) -> Callable[[Handler], Handler]:  # noqa: A002
        """Declare a PUT."""
        return self._add("PUT", path, id, options)

    def patch(self, path: str, id: str, **options: Any) -> Callable[[Handler], Handler]:  # noqa: A002
        """Declare a PATCH."""
        return self._add("PATCH", path, id, options)

    def delete(self, path: str, id: str, **options: Any) -> Callable[[Handler], Handler]:  # noqa: A002
        """Declare a DELETE."""
        return self._add("DELETE", path, id, options)

    def _add(self, method: Method, path: str, id_: str, options: dict[str, Any]) -> Callable[[Handler], Handler]:
        def declare(handler: Handler) -> Handler:
            body = options.get("body")
            summary = (handler.__doc__ or "").strip().splitlines()[0].rstrip(".")
            self.operations.append(
                Operation(
                    id=id_,
                    method=method,
                    path=path,
                    handler=handler,
                    tag=self.tag,
                    summary=summary,
                    decoder=_decoder(body),
                    **options,
                )
            )
            return handler

        return declare


def _decoder(body: Any) -> msgspec.json.Decoder[Any] | None:
    if body is None:
        return None
    return msgspec.json.Decoder(dict[str, Any] if isinstance(body, SearchResource) else body)
