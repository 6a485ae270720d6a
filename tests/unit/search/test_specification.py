"""Every filter, operator and sort field of the searches in the reference is taken, and does what it says.

The rows hold whatever fits their columns. What a filter finds is compared with the items themselves: an item is found if and
only if the value that it shows fulfils the filter.
"""

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.shared_material import shared
from tests.unit.search.rows import STARTED_AT, definitions, instance, put

from kiang.engine.state.process_definition import PROCESS_DEFINITIONS, RESOURCES
from kiang.gateway.batch.rows import SEARCH_OPERATIONS
from kiang.search.catalogue import by_name
from kiang.search.field import Column, SearchResource
from kiang.search.search import Search
from kiang.search.value import BOOLEAN, DATE, JSON_OBJECT, KEY, STRINGS, WORDS
from kiang.store.memory import MemoryStore

ROWS = 24
OPERATORS = {
    "$eq": lambda shown, value: shown == value,
    "$neq": lambda shown, value: shown != value,
    "$in": lambda shown, value: shown in value,
    "$notIn": lambda shown, value: shown not in value,
    "$like": lambda shown, value: shown is not None and shown.startswith(value[:-1]),
    "$gt": lambda shown, value: shown is not None and shown > value,
    "$gte": lambda shown, value: shown is not None and shown >= value,
    "$lt": lambda shown, value: shown is not None and shown < value,
    "$lte": lambda shown, value: shown is not None and shown <= value,
    "$exists": lambda shown, value: (shown is not None) is value,
}
ITEMS_OF = {"Variable": "variable.VARIABLES"}
"""Where several resources have one name: the one of the search."""


def specification() -> dict[str, tuple[dict[str, tuple[str, ...]], list[str]]]:
    """By the name of what is searched: filters with their operators, and fields to sort by."""
    text = (shared("reference") / "rest-v2-operations.md").read_text()
    models = {
        found[1]: dict(re.findall(r"`([$\w]+)`\*? ([^;]+?)(?: \(new in 10\))?(?=;|$)", found[2]))
        for found in re.finditer(r"^- \*\*(\w+)\*\*: (.*)$", text, re.MULTILINE)
    }
    enums = {found[1]: found[2].split(", ") for found in re.finditer(r"^- (\w+): (.*)$", text, re.MULTILINE)}
    searches = {}
    for name, fields in models.items():
        if searched := re.fullmatch(r"(\w+)SearchQueryFilter", name):
            operators = {field: tuple(models.get(type_.split(" | ")[0], ())) for field, type_ in fields.items()}
            searches[searched[1]] = (operators, enums[f"{searched[1]}SearchQuerySortRequestField"])
    return searches


def resources() -> dict[str, SearchResource]:
    found: dict[str, SearchResource] = {}
    for name, resource in by_name().items():
        if ITEMS_OF.get(resource.name, name) == name:
            found.setdefault(resource.name.replace(" ", ""), resource)
    return found


SEARCHES = specification()
RESOURCES_BY_NAME = resources()
SEARCHED = sorted(set(SEARCHES) - {"BatchOperation"})  # those are not in the store of the engine


def test_each_search_of_the_reference_is_known() -> None:
    assert set(SEARCHES) <= set(RESOURCES_BY_NAME) | {"BatchOperation"}
    assert len(SEARCHED) >= 13


_SHAPED = ((STRINGS, ['["a"]', "[]"]), (JSON_OBJECT, ["{}"]), (WORDS, ["a b"]))
"""Types whose columns hold texts of some shape."""


def values_for(resource: SearchResource) -> dict[str, list[Any]]:
    """What the columns of a table may hold."""
    domains: dict[str, list[Any]] = {
        "process_definition_key": [10, 11, 13],
        "process_instance_key": [100, 101, 102],
        "process_id": ["order", "ship_it"],
        "resource_key": [1],
        "tags": ["vip eu", ""],
    }
    for field in resource.fields:
        if not isinstance(field.source, Column) or field.source.name in domains:
            continue
        if field.type.names is not None:
            stored = [value for values in field.type.names.values() for value in values]
            domains[field.source.name] = [value for value in stored if not field.source.unless or value != 0]
        elif field.type is DATE:
            domains[field.source.name] = [STARTED_AT + n for n in (1, 2, 3)] + [None] * field.nullable
        elif field.type is BOOLEAN:
            domains[field.source.name] = [0, 1]
        else:
            shaped = [values for type_, values in _SHAPED if field.type is type_]
            domains.update(zip([field.source.name], shaped, strict=False))
    return domains


def fill(store: MemoryStore, resource: SearchResource) -> None:
    table, domains = resource.table, values_for(resource)
    rising = {f.source.name for f in resource.fields if isinstance(f.source, Column) and f.source.follows_key}
    chance = random.Random(3)
    rows = []
    for number in range(ROWS):
        values: dict[str, Any] = {}
        for column in table.columns[1:]:
            plain = {"int": [0, 1, 2], "text": ["", "alpha", "beta"], "blob": [b""]}[column.type]
            choices = domains.get(column.name, [*plain, *[None] * column.nullable])
            choices = [one for one in choices if one is not None or column.nullable] or [STARTED_AT]
            values[column.name] = STARTED_AT + 100 + number // 2 if column.name in rising else chance.choice(choices)
        if resource.walk is not None:  # who has ended, and nobody else, has an end
            values[resource.walk.column] = STARTED_AT + number % 5
            if values["state"] in resource.walk.states_without:
                values[resource.walk.column] = None
        rows.append((table, table.row(1_000 + number, **values)))
    put(store, rows)


@pytest.fixture(scope="module")
def filled() -> Iterator[dict[str, Search]]:
    """One store for each of the searches: definitions, some instances, and rows of what is searched."""
    searches = {}
    for name in SEARCHED:
        resource = RESOURCES_BY_NAME[name]
        store = MemoryStore()
        put(store, [*definitions(), *(instance(key, business_id=f"b-{key}", tags="vip") for key in (100, 101, 102))])
        if resource.table not in {PROCESS_DEFINITIONS, RESOURCES}:
            fill(store, resource)
        searches[name] = Search(store)
    yield searches
    for search in searches.values():
        search.close()


def comparable(shown: Any, operator: str) -> Any:
    """Values as they are written in filters."""
    return f"{str(shown)[:2]}*" if operator == "$like" else [shown] if operator in {"$in", "$notIn"} else shown


@pytest.mark.parametrize("name", SEARCHED)
async def test_filters(filled: dict[str, Search], name: str) -> None:
    resource, search = RESOURCES_BY_NAME[name], filled[name]
    everything = (await search.find(resource, {"page": {"limit": 1000}})).items
    shown_names = {field.name for field in resource.shown}
    assert everything

    for field, operators in SEARCHES[name][0].items():
        if field == "$or":
            assert resource.alternatives
            continue
        if field not in shown_names:
            await check_unshown(search, resource, field, operators)
            continue
        values = {item[field] for item in everything if isinstance(item[field], str | int | bool)}
        for value in sorted(values, key=str):
            found = (await search.find(resource, {"filter": {field: value}, "page": {"limit": 1000}})).items
            assert found == [item for item in everything if item[field] == value], (field, value)
        for operator in operators:
            for value in [True, False] if operator == "$exists" else sorted(values, key=str):
                given = comparable(value, operator)
                request = {"filter": {field: {operator: given}}, "page": {"limit": 1000}}
                found = (await search.find(resource, request)).items
                expected = [item for item in everything if OPERATORS[operator](item[field], given)]
                assert found == expected, (field, operator, given)


async def check_unshown(search: Search, resource: SearchResource, field: str, operators: tuple[str, ...]) -> None:
    """A filter on what items do not show: a value that nothing has finds nothing, and its contrary is no error."""
    total = (await search.find(resource, None)).total
    if any(one.name == field for one in resource.variables):
        nothing: Any = [{"name": "no such", "value": "1"}]
    elif any(one.name == field and one.takes_list for one in resource.lists):
        nothing = ["no such"]
    else:
        known = next((one for one in (*resource.lists, *resource.related, *resource.fields) if one.name == field), None)
        assert known is not None, f"{resource.name} cannot be searched by {field}"
        if known.type is BOOLEAN:
            halves = [(await search.find(resource, {"filter": {field: value}})).total for value in (True, False)]
            assert sum(halves) in {total, 0}, field
            return
        numeric = "$gt" in operators
        nothing = 77 if numeric else "77" if known.type is KEY else next(iter(known.type.names or ()), "no such")
        for operator in operators:
            given: Any = True if operator == "$exists" else comparable(nothing, operator)
            await search.find(resource, {"filter": {field: {operator: given}}})
        if known.type.names is not None:
            return
    assert (await search.find(resource, {"filter": {field: nothing}})).total == 0, field


@pytest.mark.parametrize("name", SEARCHED)
async def test_sorts(filled: dict[str, Search], name: str) -> None:
    resource, search = RESOURCES_BY_NAME[name], filled[name]
    everything = (await search.find(resource, {"page": {"limit": 1000}})).items

    for field in SEARCHES[name][1]:
        items = {}
        for order in ("ASC", "DESC"):
            request = {"sort": [{"field": field, "order": order}], "page": {"limit": 1000}}
            items[order] = (await search.find(resource, request)).items
            assert len(items[order]) == len(everything)
        if all(field in item for item in everything) and resource.by_name[field].type.names is None:
            weight = [_weight(item[field], resource.by_name[field].type is KEY) for item in items["ASC"]]
            assert weight == sorted(weight), field
            weight = [_weight(item[field], resource.by_name[field].type is KEY) for item in items["DESC"]]
            assert weight == sorted(weight, reverse=True), field


def _weight(value: Any, is_key: bool) -> tuple[bool, Any]:
    """No value comes before any; keys are numbers."""
    return (value is not None, 0 if value is None else int(value) if is_key else value)


def test_batch_operations_are_searched_by_all_that_is_specified() -> None:
    operators, sorts = SEARCHES["BatchOperation"]

    for field, named in operators.items():
        assert SEARCH_OPERATIONS.by_name[field].can_filter
        assert set(named) <= SEARCH_OPERATIONS.by_name[field].type.operators | {"$like"}
    assert all(SEARCH_OPERATIONS.by_name[field].can_sort for field in sorts)
