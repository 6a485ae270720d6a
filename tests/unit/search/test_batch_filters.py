"""Process instances by the batch operations that they were part of, wherever those are kept."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.unit.search.rows import definitions, instance, put

from kiang.gateway.batch.store import BatchStore, Target
from kiang.search.resources.process_instance import PROCESS_INSTANCES
from kiang.search.search import Search
from kiang.store.memory import MemoryStore
from kiang.store.sqlite import SqliteStore


@pytest.fixture(params=["memory", "file", "file, searched apart"])
async def searched(request, tmp_path: Path) -> AsyncIterator[tuple[Search, str, str]]:
    """A search, and the keys of two operations: over 100 and 101, and over 101 and 102; 103 was in none."""
    is_memory = request.param == "memory"
    store = MemoryStore() if is_memory else SqliteStore(tmp_path, writes_apart=False)
    put(store, [*definitions(), *(instance(key) for key in range(100, 104))])
    batches = BatchStore(None if is_memory else tmp_path / "batch.db")
    search = Search(store, reads_apart=request.param == "file, searched apart", batches=batches.uri)
    keys = [
        str(batches.create("CANCEL_PROCESS_INSTANCE", "{}", [Target(key, key, key) for key in some], 1))
        for some in ((100, 101), (101, 102))
    ]
    yield search, keys[0], keys[1]
    search.close()
    batches.close()
    store.close()


@pytest.mark.parametrize("name", ["batchOperationKey", "batchOperationId"])
async def test_every_operator(searched: tuple[Search, str, str], name: str) -> None:
    search, first, second = searched
    for filter_, expected in (
        (first, [100, 101]),
        ({"$eq": second}, [101, 102]),
        ({"$neq": first}, [102, 103]),
        ({"$in": [first, second]}, [100, 101, 102]),
        ({"$notIn": [first, second]}, [103]),
        ({"$in": [first], "$neq": second}, [100]),
        ({"$exists": True}, [100, 101, 102]),
        ({"$exists": False}, [103]),
        ({"$like": f"{first[:5]}*"}, [100, 101, 102]),
        ({"$like": f"*{first[-3:]}"}, [100, 101]),
        ("7", []),
        ("no number", []),
    ):
        found = await search.find(PROCESS_INSTANCES, {"filter": {name: filter_}})
        assert [int(item["processInstanceKey"]) for item in found.items] == expected, filter_


async def test_an_alternative_may_name_an_operation(searched: tuple[Search, str, str]) -> None:
    search, first, _ = searched
    request = {"filter": {"$or": [{"batchOperationKey": first}, {"processInstanceKey": "103"}]}}

    assert (await search.find(PROCESS_INSTANCES, request)).total == 3
