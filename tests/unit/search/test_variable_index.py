"""Variables are found by their values exactly, whatever is in segments, updated since, or not indexed yet."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.search.rows import definitions, instance, put, variable

from kiang.search.resources.process_instance import PROCESS_INSTANCES
from kiang.search.resources.variable import VARIABLES
from kiang.search.search import Search
from kiang.search.variable_index import UNEVEN_SEGMENTS_MAX, VariableIndex, _to_merge
from kiang.store.sqlite import SqliteStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path, writes_apart=False)
    put(store, definitions())
    yield store
    store.close()


@pytest.fixture
def index(store: SqliteStore) -> Iterator[VariableIndex]:
    index = VariableIndex(store.path)
    index._stop.set()
    index._thread.join()
    yield index
    index.close()


async def instances_with(search: Search, name: str, value: str) -> list[int]:
    filter_ = {"variables": [{"name": name, "value": value}]}
    page = await search.find(PROCESS_INSTANCES, {"filter": filter_, "page": {"limit": 10_000}})
    return [int(item["processInstanceKey"]) for item in page.items]


async def test_every_step_of_the_index_leaves_the_same_answer(store: SqliteStore, index: VariableIndex) -> None:
    chance = random.Random(3)
    search = Search(store)
    values: dict[int, tuple[int, str]] = {}
    key = 1000
    for _ in range(30):
        rows = []
        for _ in range(4):
            key += 2
            value = str(chance.randrange(5))
            rows += [instance(key), variable(key + 1, key, "n", value)]
            values[key + 1] = (key, value)
        if chance.random() < 0.7:
            changed = chance.choice(list(values))
            owner, value = values[changed][0], str(chance.randrange(5))
            _, row = variable(changed, owner, "n", value)
            row.is_updated = 1
            rows.append((rows[1][0], row))
            values[changed] = (owner, value)
        put(store, rows)
        if chance.random() < 0.6:
            index.grow(tail_max=2)

        for value in ("0", "3", "9"):
            expected = sorted(owner for owner, held in values.values() if held == value)
            assert await instances_with(search, "n", value) == expected
        page = await search.find(VARIABLES, {"filter": {"name": "n", "value": "3"}, "page": {"limit": 1000}})
        assert sorted(int(v["variableKey"]) for v in page.items) == sorted(
            k for k, (_, v) in values.items() if v == "3"
        )
    search.close()


async def test_values_that_differ_far_behind_are_told_apart(store: SqliteStore, index: VariableIndex) -> None:
    first, second = '"' + "x" * 60 + 'a"', '"' + "x" * 60 + 'b"'
    put(store, [instance(100), variable(101, 100, "v", first), instance(102), variable(103, 102, "v", second)])
    index.grow(tail_max=0)
    search = Search(store)

    assert await instances_with(search, "v", first) == [100]
    assert await instances_with(search, "v", second) == [102]
    search.close()


async def test_a_frequent_value_is_found_by_looking_through(store: SqliteStore, index: VariableIndex) -> None:
    rows = [row for key in range(1000, 7000, 2) for row in (instance(key), variable(key + 1, key, "s", "true"))]
    put(store, rows)
    index.grow(tail_max=0)
    search = Search(store)

    assert len(await instances_with(search, "s", "true")) == 3000
    search.close()


async def test_segments_of_a_store_that_was_set_back_are_forgotten(store: SqliteStore, index: VariableIndex) -> None:
    put(store, [instance(100), variable(101, 100, "v", "1")])
    index.grow(tail_max=0)
    store._reader.execute("PRAGMA query_only = OFF")
    store._reader.execute("UPDATE meta SET position = 1")
    index.close()

    again = VariableIndex(store.path)

    assert again._connection.execute("SELECT COUNT(*) FROM segment").fetchone() == (0,)
    again.close()


async def test_a_damaged_index_is_made_anew(store: SqliteStore, index: VariableIndex) -> None:
    put(store, [instance(100), variable(101, 100, "v", "1")])
    index.grow(tail_max=0)
    index.close()
    index.path.write_bytes(b"no database" * 1000)

    search = Search(store)

    assert await instances_with(search, "v", "1") == [100]
    search.close()


@settings(max_examples=50)
@given(sizes=st.lists(st.integers(1, 100_000), min_size=1, max_size=40))
def test_segments_stay_few(sizes: list[int]) -> None:
    segments: list[tuple[int, int, int, int]] = []
    for number, size in enumerate(sizes * 20):
        segments.append((number, number, size, number))
        while merged := _to_merge(segments):
            del segments[-len(merged) :]
            segments.append((merged[-1][0], merged[-1][1], sum(s[2] for s in merged), merged[-1][3]))

    assert len(segments) <= UNEVEN_SEGMENTS_MAX + 1
