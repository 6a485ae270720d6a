from collections.abc import Iterator

import pytest

from kiang.search.search import Search
from kiang.store.memory import MemoryStore
from kiang.store.port import Store
from kiang.store.sqlite import SqliteStore


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path) -> Iterator[Store]:
    store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path, writes_apart=False)
    yield store
    store.close()


@pytest.fixture
def search(store: Store) -> Iterator[Search]:
    search = Search(store)
    yield search
    search.close()
