"""Search and get operations: each is a line in its resource's file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Parameter, Resource
from kiang.gateway.rest.problem import not_found
from kiang.search.field import SearchResource
from kiang.search.search import Page, answer
from kiang.search.statement import Clause

JsonBody = dict[str, Any]
Scope = Callable[[Call], Awaitable[list[Clause]]]
"""Conditions that come from the path; it refuses a path that names nothing."""


def add_search(
    resource: Resource,
    path: str,
    id: str,  # noqa: A002 - the API's word
    searched: SearchResource,
    *,
    since: str,
    scope: Scope | None = None,
    choose: Callable[[Call], SearchResource] | None = None,
    parameters: tuple[Parameter, ...] = (),
    aliases: tuple[str, ...] = (),
    scope_is_enough: bool = False,
) -> None:
    """Declare a search.

    Args:
        resource: Where it belongs.
        path: Of the operation.
        id: Of the operation.
        searched: What is searched.
        since: First version of the API that has it.
        scope: Conditions that come from the path.
        choose: Another thing to search, by the query string.
        parameters: Of the query string.
        aliases: Other paths.
        scope_is_enough: Who may read what the path names may read all that is found for it.
    """

    async def search(call: Call) -> msgspec.Raw:
        also = [] if scope is None else await scope(call)
        chosen = searched if choose is None else choose(call)
        searches = call.services.search if scope_is_enough else call.search
        return await searches.find_json(chosen, call.body, also)

    search.__doc__ = f"Search {_plural(searched.name)}."
    resource.post(
        path,
        id,
        since=since,
        body=searched,
        body_required=False,
        answer=searched,
        parameters=parameters,
        aliases=aliases,
    )(search)


def add_get(
    resource: Resource,
    path: str,
    id: str,  # noqa: A002
    shown: SearchResource,
    *,
    since: str,
    finish: Callable[[Call, JsonBody], Awaitable[JsonBody]] | None = None,
) -> None:
    """Declare a get by key; the key is the only parameter of the path.

    Args:
        resource: Where it belongs.
        path: Of the operation.
        id: Of the operation.
        shown: What is shown.
        since: First version of the API that has it.
        finish: Adds what an item of a search does not have.
    """
    name = path.rpartition("{")[2].rstrip("}")

    async def get(call: Call) -> JsonBody:
        item = await existing(call, shown, name)
        return item if finish is None else await finish(call, item)

    get.__doc__ = f"Get a {shown.name.lower()}."
    resource.get(path, id, since=since, answer=Single(shown))(get)


class Single:
    """Marks an answer as one item of a resource."""

    def __init__(self, shown: SearchResource) -> None:
        self.shown = shown


async def existing(call: Call, shown: SearchResource, name: str) -> JsonBody:
    """The item whose key is the path's parameter `name`.

    Raises:
        Problem: There is none.
    """
    key = call.key(name)
    item = await call.search.get(shown, key)
    if item is None:
        raise not_found(f"{shown.name} with key '{key}' not found")
    return item


def whole(items: list[JsonBody]) -> JsonBody:
    """The answer of a search that is never paged."""
    return answer(Page(items, len(items), has_more=False, start_cursor=None, end_cursor=None))


def _plural(name: str) -> str:
    return f"{name.lower()}s"
