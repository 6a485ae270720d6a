"""The ASGI application: route, read, decode, handle, answer.

An answer or a problem document leaves for every request that a client still waits for; what a handler did not expect is
logged with its traceback and answered as an internal error without saying more.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import msgspec

from kiang.errors import KiangError
from kiang.gateway.auth.access import ACCESS
from kiang.gateway.auth.authenticator import Authenticator, Identity, TooManyAttempts, Unauthenticated
from kiang.gateway.rest.body import decode
from kiang.gateway.rest.browsers import foreign_request
from kiang.gateway.rest.call import Call, ClientGone, Receive, Services
from kiang.gateway.rest.catalogue import CATALOGUE
from kiang.gateway.rest.limits import (
    DISCARDED_BYTES_MAX,
    FORM_BODY_BYTES_MAX,
    JSON_BODY_BYTES_MAX,
    PATH_CHARACTERS_MAX,
    QUERY_CHARACTERS_MAX,
)
from kiang.gateway.rest.multipart import parse_form
from kiang.gateway.rest.older_clients import ADAPTATIONS, BODIES, is_older
from kiang.gateway.rest.operation import Operation, Raw
from kiang.gateway.rest.permissions import check_operation
from kiang.gateway.rest.problem import Problem, internal, invalid, of_error, of_status

logger = logging.getLogger("kiang.gateway.rest")

_encode = msgspec.json.Encoder().encode
_JSON = (b"content-type", b"application/json")
_PROBLEM = (b"content-type", b"application/problem+json")


PUBLIC = frozenset({"getStatus", "getLicense", "createAdminUser", "getClusterStatus", "getClusterUpgradeStatus"})
"""Operations for which nobody has to say who they are."""

INERT = ((b"content-security-policy", b"default-src 'none'; sandbox"), (b"x-content-type-options", b"nosniff"))
"""Of answers that are what somebody has uploaded: a script in an XML file or a document, opened in a browser, may do nothing."""

SIGNED = frozenset({"getDocument"})
SIGNATURE = "signature"
"""Of the query: with it these operations check that the link is one that this server has made, and nobody has to say who they are."""


class _Node:
    """A segment of paths: the nodes below it, and the operations that end here by method."""

    __slots__ = ("any", "known", "literals", "methods")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.any: _Node | None = None
        self.methods: dict[str, tuple[Operation, tuple[str, ...]]] = {}
        self.known: dict[str, tuple[str, str]] = {}


class Router:
    """Finds the operation for a method and a path."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = _Node()
        for operation in operations:
            root = "" if operation.path.startswith("/cluster/") else "/v2"
            self._add(operation.method, root + operation.path, operation)
            for alias in operation.aliases:
                method, _, path = alias.partition(" ")
                self._add(method, path, operation)
        for entry in CATALOGUE:
            root = "" if entry.path.startswith("/cluster/") else "/v2"
            node, _ = self._node(root + entry.path)
            node.known[entry.method] = (entry.id, entry.since)

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        """The operation, and the parameters of the path.

        Raises:
            Problem: There is none: unknown, not offered yet, or for another method.
        """
        segments = path.split("/")[1:]
        node, values = self._walk(self._root, segments, 0, [])
        if node is None:
            raise of_status(404, f"No endpoint {method} {path[:200]}.")
        found = node.methods.get(method)
        if found is not None:
            operation, names = found
            return operation, {name: unquote(value) for name, value in zip(names, values, strict=True)}
        known = node.known.get(method)
        if known is not None:
            raise Problem(
                501,
                "NOT_IMPLEMENTED",
                f"Operation {known[0]} ({method} {path[:200]}), in the API since {known[1]}, is not supported here",
            )
        if not node.methods and not node.known:
            raise of_status(404, f"No endpoint {method} {path[:200]}.")
        allowed = ", ".join(sorted({*node.methods, *node.known}))
        raise of_status(
            405,
            f"Request method '{method[:20]}' is not supported. Use any of: {allowed}",
            ((b"allow", allowed.encode()),),
        )

    def _walk(self, node: _Node, segments: list[str], at: int, values: list[str]) -> tuple[_Node | None, list[str]]:
        if at == len(segments):
            return (node if node.methods or node.known else None), values
        literal = node.literals.get(segments[at])
        if literal is not None:
            found, found_values = self._walk(literal, segments, at + 1, values)
            if found is not None:
                return found, found_values
        if node.any is not None and segments[at]:
            return self._walk(node.any, segments, at + 1, [*values, segments[at]])
        return None, values

    def _add(self, method: str, path: str, operation: Operation) -> None:
        node, names = self._node(path)
        if method in node.methods:
            msg = f"Expected one operation for {method} {path}, but there are two"
            raise ValueError(msg)
        node.methods[method] = (operation, names)

    def _node(self, path: str) -> tuple[_Node, tuple[str, ...]]:
        node, names = self._root, []
        for segment in path.split("/")[1:]:
            if segment.startswith("{"):
                names.append(segment[1:-1])
                if node.any is None:
                    node.any = _Node()
                node = node.any
            else:
                node = node.literals.setdefault(segment, _Node())
        return node, tuple(names)


class Application:
    """The REST API as an ASGI application.

    Args:
        services: What handlers work with.
        operations: What is offered.
        is_private: Nobody but this machine reaches the server.
    """

    def __init__(self, services: Services, operations: Iterable[Operation], *, is_private: bool = False) -> None:
        self._services = services
        self._is_private = is_private and services.authenticator is None
        self._router = Router(operations)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        path = scope["raw_path"].decode("latin-1")
        try:
            status, headers, content = await self._answer(scope, path, receive)
        except ClientGone:
            return
        except Problem as problem:
            status, headers, content = _refuse(problem, path)
        except KiangError as error:
            known = of_error(error)
            if known.status == HTTPStatus.INTERNAL_SERVER_ERROR:
                logger.exception("request failed", extra={"method": scope["method"], "path": path})
            status, headers, content = _refuse(known, path)
        except Exception:
            logger.exception("request failed", extra={"method": scope["method"], "path": path})
            status, headers, content = _refuse(internal(), path)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _answer(self, scope: Any, path: str, receive: Receive) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        if len(path) > PATH_CHARACTERS_MAX or len(scope["query_string"]) > QUERY_CHARACTERS_MAX:
            raise of_status(414, "The request's address is too long")
        method = scope["method"]
        fault = foreign_request(scope, is_private=self._is_private)
        if fault is not None:
            raise of_status(403, fault)
        operation, values = self._router.find("GET" if method == "HEAD" else method, path)
        call = Call(self._services, path, values, scope["query_string"], receive)
        is_open = operation.id in PUBLIC or (operation.id in SIGNED and SIGNATURE in call.query)
        if self._services.authenticator is not None and not is_open:
            call.identity = await _identify(self._services.authenticator, scope)
            if self._services.access_control is not None:
                call.access = self._services.access_control.of(call.identity)
                ACCESS.set(call.access)
                check_operation(operation, call.access)
        call.scheme, call.host = scope["scheme"], _header(scope, b"host").decode("latin-1")
        if operation.form:
            content_type = _header(scope, b"content-type")
            call.form = parse_form(content_type, await _read(scope, receive, FORM_BODY_BYTES_MAX))
        else:
            data = await _read(scope, receive, JSON_BODY_BYTES_MAX)
            if operation.decoder is not None:
                if operation.id in BODIES:
                    data = BODIES[operation.id](path, data)
                call.body = _body(operation, scope, data)
        answer = await operation.handler(call)
        adapt = ADAPTATIONS.get(operation.id)
        if adapt is not None and is_older(_header(scope, b"user-agent")):
            answer = adapt(answer)
        if answer is None:
            status = 204 if operation.answer is None else operation.status
            return status, [], b""
        if type(answer) is Raw:
            headers = [(b"content-type", answer.content_type.encode()), *answer.headers]
            headers += [header for header in INERT if header[0] not in dict(answer.headers)]
            return answer.status, _sized(headers, answer.content), answer.content
        content = _encode(answer)
        return operation.status, _sized([_JSON], content), content


def _body(operation: Operation, scope: Any, data: bytes) -> Any:
    if not data.strip():
        if operation.body_required:
            raise invalid("Required request body is missing")
        data = b"{}"
    else:
        media_type = _header(scope, b"content-type").partition(b";")[0].strip().lower()
        if media_type and media_type != b"application/json" and not media_type.endswith(b"+json"):
            shown = media_type.decode("latin-1")[:100]
            raise of_status(415, f"Content-Type '{shown}' is not supported. Expected 'application/json'")
    assert operation.decoder is not None
    if data == b"null" and not operation.body_required:
        data = b"{}"
    return decode(data, operation.decoder)


async def _identify(authenticator: Authenticator, scope: Any) -> Identity:
    header = _header(scope, b"authorization").decode("latin-1")
    try:
        known = authenticator.known(header)
        return known or await authenticator.authenticate(header, scope["client"][0] if scope["client"] else "")
    except TooManyAttempts as error:
        raise of_status(429, str(error), ((b"retry-after", str(error.wait_s).encode()),)) from None
    except Unauthenticated as error:
        challenge = ((b"www-authenticate", authenticator.challenge.encode()),)
        raise of_status(401, str(error), challenge) from None


async def _read(scope: Any, receive: Receive, limit: int) -> bytes:
    length = _header(scope, b"content-length")
    is_within = not (length.isdigit() and int(length) > limit)
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone(None)
        chunk = message.get("body", b"")
        if chunk:
            size += len(chunk)
            is_within = is_within and size <= limit
            if is_within:
                chunks.append(chunk)
            elif size > DISCARDED_BYTES_MAX:
                raise _too_large(limit)
        if not message.get("more_body", False):
            if not is_within:
                raise _too_large(limit)
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large(limit: int) -> Problem:
    return of_status(413, f"Expected the request body to have at most {limit} bytes", ((b"connection", b"close"),))


def _header(scope: Any, name: bytes) -> bytes:
    for found, value in scope["headers"]:
        if found == name:
            return bytes(value)
    return b""


def _sized(headers: list[tuple[bytes, bytes]], content: bytes) -> list[tuple[bytes, bytes]]:
    return [*headers, (b"content-length", str(len(content)).encode())]


def _refuse(problem: Problem, path: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    content = problem.document(path)
    return problem.status, _sized([_PROBLEM, *problem.headers], content), content
