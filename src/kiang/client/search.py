"""Searches of REST v2: which path and key a kind of entity has, queries and pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from kiang.client.results import (
    FoundElementInstance,
    FoundIncident,
    FoundJob,
    FoundProcessDefinition,
    FoundProcessInstance,
    FoundUserTask,
    FoundVariable,
    Page,
)
from kiang.client.variables import encode_variables
from kiang.errors import InternalError, InvalidArgument

FoundT = TypeVar("FoundT")


@dataclass(frozen=True, slots=True)
class Entities:
    """Where one kind of entity is searched."""

    path: str
    key_field: str

    def query(self, filters: Mapping[str, Any], limit: int, after: str, *, newest_first: bool) -> str:
        """The JSON text of a search query; keys are made in order, so the key tells what is newest."""
        page: dict[str, Any] = {"limit": limit}
        if after:
            page["after"] = after
        order = "DESC" if newest_first else "ASC"
        return encode_variables({"filter": filters, "page": page, "sort": [{"field": self.key_field, "order": order}]})


_ENTITIES: dict[type[Any], Entities] = {
    FoundProcessInstance: Entities("process-instances", "processInstanceKey"),
    FoundJob: Entities("jobs", "jobKey"),
    FoundIncident: Entities("incidents", "incidentKey"),
    FoundElementInstance: Entities("element-instances", "elementInstanceKey"),
    FoundUserTask: Entities("user-tasks", "userTaskKey"),
    FoundVariable: Entities("variables", "variableKey"),
    FoundProcessDefinition: Entities("process-definitions", "processDefinitionKey"),
}


class _PageInfo(msgspec.Struct, rename="camel"):
    total_items: int
    has_more_total_items: bool = False
    end_cursor: str | None = None


class _Answer(msgspec.Struct):
    items: list[msgspec.Raw]
    page: _PageInfo


def entities_of(kind: type[Any]) -> Entities:
    """Where entities of this kind are searched.

    Raises:
        InvalidArgument: Nothing of this kind can be searched.
    """
    try:
        return _ENTITIES[kind]
    except KeyError:
        known = ", ".join(known.__name__ for known in _ENTITIES)
        raise InvalidArgument(f"Expected to search one of {known}, but got {kind.__name__}.") from None


def decode_page(text: bytes, kind: type[FoundT]) -> Page[FoundT]:
    """The page that an engine has answered; keys may be texts or numbers, as releases of the API differ.

    Raises:
        InternalError: It is no page of such entities.
    """
    try:
        answer = msgspec.json.decode(text, type=_Answer, strict=False)
        items = tuple(msgspec.json.decode(item, type=kind, strict=False) for item in answer.items)
    except msgspec.MsgspecError as error:
        raise InternalError(f"Expected a page of {kind.__name__}, but the answer does not fit: {error}") from error
    page = answer.page
    return Page(
        items=items,
        total_items=page.total_items,
        has_more_total_items=page.has_more_total_items,
        end_cursor=page.end_cursor,
    )
