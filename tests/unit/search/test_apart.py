"""Searches in a process of their own answer as those in threads do, and outlive that process."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest
from tests.unit.search.rows import definitions, element, instance, put, variable

from kiang.errors import InvalidArgument, Unavailable
from kiang.protocol.enums import ElementState
from kiang.search.catalogue import by_name, name_of
from kiang.search.resources.element_instance import ELEMENT_INSTANCES
from kiang.search.resources.process_instance import PROCESS_INSTANCES
from kiang.search.resources.variable import VARIABLES, WHOLE_VARIABLES
from kiang.search.search import Search
from kiang.search.statement import Clause
from kiang.store.sqlite import SqliteStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path, writes_apart=False)
    rows = [*definitions(), element(300, 100), variable(200, 100, "long", '"' + "x" * 9000 + '"')]
    put(store, [*rows, *(instance(key, state=ElementState.COMPLETED) for key in range(100, 200))])
    yield store
    store.close()


@pytest.fixture
async def apart(store: SqliteStore) -> AsyncIterator[Search]:
    search = Search(store, reads_apart=True)
    yield search
    search.close()


async def test_a_page_that_nobody_could_hold_is_refused(store: SqliteStore, apart: Search) -> None:
    put(store, [variable(key, 100, f"v{key}", '"' + "x" * 4_500_000 + '"') for key in range(400, 418)])

    with pytest.raises(InvalidArgument, match="ask for fewer items"):
        await apart.find(WHOLE_VARIABLES, None)
    assert len((await apart.find(WHOLE_VARIABLES, {"page": {"limit": 10}})).items) == 10


async def test_the_answers_are_those_of_searches_in_threads(store: SqliteStore, apart: Search) -> None:
    beside = Search(store)
    only = [Clause("t.key > ?", [150])]

    for resource, request, also in (
        (PROCESS_INSTANCES, None, []),
        (PROCESS_INSTANCES, {"page": {"limit": 7}, "sort": [{"field": "startDate", "order": "DESC"}]}, only),
        (ELEMENT_INSTANCES, {"filter": {"elementName": "pay"}}, []),
        (VARIABLES, {"filter": {"value": {"$like": '"x*'}}}, []),
        (WHOLE_VARIABLES, {}, []),
    ):
        assert await apart.find(resource, request, also) == await beside.find(resource, request, also)
        assert msgspec.json.decode(await apart.find_json(resource, request, also)) == msgspec.json.decode(
            await beside.find_json(resource, request, also)
        )
    assert await apart.get(PROCESS_INSTANCES, 123) == await beside.get(PROCESS_INSTANCES, 123)
    assert await apart.get(PROCESS_INSTANCES, 7) is None
    with pytest.raises(InvalidArgument, match="Unknown sortBy: x"):
        await apart.find(PROCESS_INSTANCES, {"sort": [{"field": "x"}]})
    beside.close()


async def test_what_is_committed_is_found_at_once_by_many(store: SqliteStore, apart: Search) -> None:
    for key in range(1000, 1010):
        put(store, [instance(key)])
        request = {"filter": {"processInstanceKey": str(key)}}

        pages = await asyncio.gather(*(apart.find(PROCESS_INSTANCES, request) for _ in range(5)))

        assert [page.total for page in pages] == [1] * 5


async def test_a_process_that_has_ended_is_started_again(apart: Search) -> None:
    assert apart._process is not None
    assert (await apart.find(PROCESS_INSTANCES, {})).total == 100
    first = apart._process.pid

    os.kill(first, signal.SIGKILL)
    try:
        found = (await apart.find(PROCESS_INSTANCES, {})).total
    except Unavailable:  # it was asked before anybody knew
        found = (await apart.find(PROCESS_INSTANCES, {})).total

    assert found == 100
    assert apart._process.pid != first


async def test_who_waits_when_it_is_closed_is_told_so(apart: Search) -> None:
    waiting = asyncio.create_task(apart.find(PROCESS_INSTANCES, {}))
    await asyncio.sleep(0)

    apart.close()

    with pytest.raises(Unavailable):
        await waiting
    with pytest.raises(Unavailable):
        await apart.find(PROCESS_INSTANCES, {})


def test_the_catalogue_has_everything_that_can_be_searched() -> None:
    assert len(by_name()) > 20
    assert all(name_of(resource) is not None for resource in by_name().values())
