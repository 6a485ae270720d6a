"""Everything in `resources` by name, so that another process can be told what to search."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from kiang.search import resources
from kiang.search.field import SearchResource


@cache
def by_name() -> dict[str, SearchResource]:
    """The resources: name of the module, of the attribute, and of the key where the attribute is a dictionary of them."""
    found: dict[str, SearchResource] = {}
    for module in iter_modules(resources.__path__):
        for attribute, value in vars(import_module(f"{resources.__name__}.{module.name}")).items():
            found.update(_resources(f"{module.name}.{attribute}", value))
    return found


def name_of(resource: SearchResource) -> str | None:
    """The name of a resource; None if it is none of `resources`."""
    return _names().get(id(resource))


@cache
def _names() -> dict[int, str]:
    return {id(resource): name for name, resource in by_name().items()}


def _resources(name: str, value: Any) -> Iterator[tuple[str, SearchResource]]:
    if isinstance(value, SearchResource):
        yield name, value
    elif isinstance(value, dict):
        for key, one in value.items():
            if isinstance(one, SearchResource):
                yield f"{name}.{key}", one
