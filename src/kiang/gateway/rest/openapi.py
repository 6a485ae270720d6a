"""The OpenAPI document of what this server offers, made from the declarations of the operations and of the searches."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec

from kiang import __version__
from kiang.gateway.rest.body import Request
from kiang.gateway.rest.operation import Operation
from kiang.gateway.rest.searching import Single
from kiang.search.field import Field, SearchResource
from kiang.search.limits import PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX
from kiang.search.value import EQUALITY, KEY, ValueType

Schema = dict[str, Any]

_PARAMETER = re.compile(r"{(\w+)}")
_PROBLEMS = {
    "400": "The request is wrong",
    "401": "The server asks who is calling, and the answer was missing or wrong",
    "403": "The server does not allow it",
    "404": "What the request names is not there",
    "409": "What the request names is not in a state that allows it",
    "413": "The body is too large",
    "414": "The address is too long",
    "415": "The body is of a type that the operation does not take",
    "500": "An error inside the server",
    "503": "The server is at its limit or not ready; try again later",
    "504": "No answer came in time",
}
_PROBLEM: Schema = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
    },
}
_CURSOR: Schema = {"type": "string", "pattern": "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=)?$"}
_PAGE: Schema = {
    "type": "object",
    "required": ["totalItems", "hasMoreTotalItems", "startCursor", "endCursor"],
    "properties": {
        "totalItems": {"type": "integer", "format": "int64"},
        "hasMoreTotalItems": {"type": "boolean"},
        "startCursor": {"anyOf": [_CURSOR, {"type": "null"}]},
        "endCursor": {"anyOf": [_CURSOR, {"type": "null"}]},
    },
}
_PAGE_REQUEST: Schema = {
    "type": "object",
    "additionalProperties": False,
    "description": "`limit` alone, or with one of `from`, `after` and `before`",
    "properties": {
        "limit": {"type": "integer", "minimum": 1, "maximum": PAGE_ITEMS_MAX, "default": PAGE_ITEMS_DEFAULT},
        "from": {"type": "integer", "minimum": 0},
        "after": _CURSOR,
        "before": _CURSOR,
    },
}


def document(operations: Iterable[Operation]) -> Schema:
    """The whole document."""
    components: dict[str, Schema] = {
        "ProblemDetail": _PROBLEM,
        "SearchQueryPageResponse": _PAGE,
        "SearchQueryPageRequest": _PAGE_REQUEST,
    }
    paths: dict[str, Schema] = {}
    for operation in operations:
        path = paths.setdefault(operation.path, {})
        path[operation.method.lower()] = _operation(operation, components)
        if operation.path.startswith("/cluster/"):
            path["servers"] = [{"url": "/"}]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kiang REST API",
            "version": __version__,
            "description": "Process orchestration, wire-compatible with the Orchestration Cluster REST API v2 of Camunda 8. "
            "Searches are strongly consistent: what a command has answered is in the next search.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/v2"}],
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": dict(sorted(components.items()))},
    }


@cache
def encoded(operations: tuple[Operation, ...]) -> bytes:
    """The document as JSON."""
    return msgspec.json.encode(document(operations))


def _operation(operation: Operation, components: dict[str, Schema]) -> Schema:
    described: Schema = {
        "operationId": operation.id,
        "summary": operation.summary,
        "description": f"In the API since {operation.since}.",
        "tags": [operation.tag],
        "parameters": [*_path_parameters(operation.path), *_query_parameters(operation)],
        "responses": _responses(operation, components),
    }
    if operation.form:
        described["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": _form(operation)}}}
    elif operation.body is not None:
        schema = _schema(operation.body, components, is_request=True)
        described["requestBody"] = {
            "required": operation.body_required,
            "content": {"application/json": {"schema": schema}},
        }
    return described


def _path_parameters(path: str) -> list[Schema]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": KEY.schema if name.endswith("Key") else {"type": "string", "minLength": 1},
        }
        for name in _PARAMETER.findall(path)
    ]


def _query_parameters(operation: Operation) -> list[Schema]:
    return [
        {
            "name": parameter.name,
            "in": "query",
            "schema": parameter.schema,
            **({"required": True} if parameter.required else {}),
        }
        for parameter in operation.parameters
    ]


def _responses(operation: Operation, components: dict[str, Schema]) -> Schema:
    responses: Schema = {}
    if operation.answer is None:
        responses["204"] = {"description": "Done"}
    else:
        schema = _schema(operation.answer, components, is_request=False)
        responses[str(operation.status)] = {
            "description": "Done",
            "content": {operation.answer_type: {"schema": schema}},
        }
    for status, text in _PROBLEMS.items():
        problem = {"schema": {"$ref": "#/components/schemas/ProblemDetail"}}
        responses[status] = {"description": text, "content": {"application/problem+json": problem}}
    return responses


def _form(operation: Operation) -> Schema:
    properties: Schema = {}
    for part in operation.form:
        one: Schema = {"type": "string", "format": "binary"} if part.is_file else {"type": "string"}
        properties[part.name] = {"type": "array", "items": one} if part.repeated else one
    required = [part.name for part in operation.form if part.required]
    return {"type": "object", "properties": properties, "required": required}


def _schema(type_: Any, components: dict[str, Schema], *, is_request: bool) -> Schema:
    if isinstance(type_, dict):
        return type_
    if isinstance(type_, SearchResource):
        name = type_.name.replace(" ", "")
        return _query(type_, name, components) if is_request else _items(type_, name, components)
    if isinstance(type_, Single):
        return _item(type_.shown, components)
    (schema,), found = msgspec.json.schema_components([type_], ref_template="#/components/schemas/{name}")
    for name, component in found.items():
        components.setdefault(name, component)
    for struct in _structs(type_):
        if issubclass(struct, Request) and struct.REQUIRED:
            components[struct.__name__]["required"] = list(struct.REQUIRED)
    return schema


def _structs(type_: Any) -> list[type[msgspec.Struct]]:
    found: list[type[msgspec.Struct]] = []
    waiting = [msgspec.inspect.type_info(type_)]
    while waiting:
        one = waiting.pop()
        if isinstance(one, msgspec.inspect.StructType):
            if one.cls in found:
                continue
            found.append(one.cls)
            waiting += [field.type for field in one.fields]
        elif isinstance(one, msgspec.inspect.UnionType):
            waiting += one.types
        elif isinstance(one, msgspec.inspect.CollectionType):
            waiting.append(one.item_type)
        elif isinstance(one, msgspec.inspect.Metadata):
            waiting.append(one.type)
    return found


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _item(resource: SearchResource, components: dict[str, Schema]) -> Schema:
    name = resource.name.replace(" ", "") + ("Search" if "isTruncated" in resource.by_name else "") + "Result"
    components[name] = {
        "type": "object",
        "required": [field.name for field in resource.shown],
        "properties": {field.name: _shown(field) for field in resource.shown},
    }
    return _ref(name)


def _shown(field: Field) -> Schema:
    return {"anyOf": [field.type.schema, {"type": "null"}]} if field.nullable else field.type.schema


def _items(resource: SearchResource, name: str, components: dict[str, Schema]) -> Schema:
    components[f"{name}SearchQueryResult"] = {
        "type": "object",
        "required": ["items", "page"],
        "properties": {
            "items": {"type": "array", "items": _item(resource, components)},
            "page": _ref("SearchQueryPageResponse"),
        },
    }
    return _ref(f"{name}SearchQueryResult")


def _query(resource: SearchResource, name: str, components: dict[str, Schema]) -> Schema:
    filters: Schema = {field.name: _filter(field.type) for field in resource.fields if field.can_filter}
    filters |= {
        variables.name: {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "value"],
                "properties": {"name": {"type": "string"}, "value": {"description": "JSON text, or operators over it"}},
            },
        }
        for variables in resource.variables
    }
    for members in resource.lists:
        filters[members.name] = (
            {"type": "array", "items": members.type.schema} if members.takes_list else _filter(members.type)
        )
    for entries in resource.maps:
        filters[entries.name] = {"type": "object", "additionalProperties": _filter(entries.type)}
    for related in resource.related:
        filters[related.name] = _filter(related.type)
    inner = {"type": "object", "additionalProperties": False, "properties": filters}
    components[f"{name}Filter"] = inner
    filter_ = _ref(f"{name}Filter")
    if resource.alternatives:
        components[f"{name}FilterFields"] = inner
        components[f"{name}Filter"] = {
            **inner,
            "properties": {**filters, "$or": {"type": "array", "items": _ref(f"{name}FilterFields")}},
        }
    sorts = sorted(field.name for field in resource.fields if field.can_sort)
    components[f"{name}SearchQuery"] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "filter": filter_,
            "sort": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["field"],
                    "properties": {
                        "field": {"type": "string", "enum": sorts},
                        "order": {"type": "string", "enum": ["ASC", "DESC"], "default": "ASC"},
                    },
                },
            },
            "page": _ref("SearchQueryPageRequest"),
        },
    }
    return _ref(f"{name}SearchQuery")


def _filter(type_: ValueType) -> Schema:
    if not type_.operators:
        return type_.schema
    operators: Schema = {}
    for operator in sorted(type_.operators):
        if operator == "$exists":
            operators[operator] = {"type": "boolean"}
        elif operator in {"$in", "$notIn"}:
            operators[operator] = {"type": "array", "items": type_.schema}
        elif operator == "$like":
            operators[operator] = {"type": "string"}
        else:
            operators[operator] = type_.schema
    assert operators.keys() >= EQUALITY
    return {"anyOf": [type_.schema, {"type": "object", "additionalProperties": False, "properties": operators}]}
