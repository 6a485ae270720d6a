"""Laws of sorting and paging: pages put together are the whole list, whatever the sort, in both directions."""

import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.search.rows import definitions, instance, put

from kiang.protocol.enums import ElementState
from kiang.search import statement
from kiang.search.resources.process_instance import PROCESS_INSTANCES
from kiang.search.search import Search
from kiang.store.memory import MemoryStore

SORT_FIELDS = sorted(field.name for field in PROCESS_INSTANCES.fields if field.can_sort)
COUNT = 90


@pytest.fixture(scope="module", params=["few", "many"])
def counted_max(request) -> Iterator[int]:
    """How far matches are counted: few rows are searched as a million are if they are many already."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "many":
            patch.setattr(statement, "TOTAL_ITEMS_MAX", 15)
            patch.setattr(statement, "NARROW_MAX", 5)
        yield statement.TOTAL_ITEMS_MAX


@pytest.fixture(scope="module")
def search(counted_max: int) -> Iterator[Search]:
    store = MemoryStore()
    chance = random.Random(5)
    rows = [
        instance(
            key,
            chance.choice([10, 11, 12, 13]),
            chance.choice(list(ElementState)),
            business_id=chance.choice(["", "a", "b"]),
            parent_process_instance_key=chance.choice([0, 0, 100, 101]),
            suspended_at=chance.choice([None, None, 7]),
        )
        for key in range(100, 100 + COUNT)
    ]
    put(store, [*definitions(), *rows])
    search = Search(store)
    yield search
    search.close()


SORTS = st.lists(
    st.fixed_dictionaries({"field": st.sampled_from(SORT_FIELDS), "order": st.sampled_from(["ASC", "DESC"])}),
    max_size=3,
)
FILTERS = st.sampled_from(
    [
        {},
        {"processDefinitionId": "order"},
        {"processDefinitionId": "order", "state": "ACTIVE"},
        {"processDefinitionId": "ship_it", "state": {"$in": ["COMPLETED", "TERMINATED"]}},
        {"processDefinitionKey": "11"},
        {"state": "COMPLETED"},
        {"state": "SUSPENDED"},
        {"endDate": {"$gte": "2023-11-14T22:13:20.010Z"}},
        {"processDefinitionId": "order", "endDate": {"$lt": "2023-11-14T22:13:20.040Z", "$exists": True}},
    ]
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sort=SORTS, limit=st.integers(1, 40), filter_=FILTERS)
async def test_pages_by_cursor_are_the_whole_list_both_ways(
    search: Search, counted_max: int, sort: list, limit: int, filter_: dict
) -> None:
    base = {"sort": sort, "filter": filter_}
    whole = (await search.find(PROCESS_INSTANCES, {**base, "page": {"limit": 10_000}})).items

    forward, after = [], None
    while True:
        page = await search.find(
            PROCESS_INSTANCES, {**base, "page": {"limit": limit, **({"after": after} if after else {})}}
        )
        assert page.total == min(len(whole), counted_max)
        forward += page.items
        after = page.end_cursor
        if len(page.items) < limit:
            break
    backward, before = [], None
    last = await search.find(PROCESS_INSTANCES, {**base, "page": {"limit": 1, "from": max(0, len(whole) - 1)}})
    backward, before = last.items, last.start_cursor
    while before is not None:
        page = await search.find(PROCESS_INSTANCES, {**base, "page": {"limit": limit, "before": before}})
        backward = page.items + backward
        before = page.start_cursor

    assert forward == whole
    assert backward == whole


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sort=SORTS, start=st.integers(0, COUNT + 5), limit=st.integers(1, 40), filter_=FILTERS)
async def test_an_offset_skips_that_many(
    search: Search, counted_max: int, sort: list, start: int, limit: int, filter_: dict
) -> None:
    base = {"sort": sort, "filter": filter_}
    whole = (await search.find(PROCESS_INSTANCES, {**base, "page": {"limit": 10_000}})).items

    page = await search.find(PROCESS_INSTANCES, {**base, "page": {"from": start, "limit": limit}})

    assert page.items == whole[start : start + limit]
    assert page.total == min(len(whole), counted_max)


async def test_the_order_is_that_of_the_values_with_the_key_as_the_last_word(search: Search) -> None:
    sort = [{"field": "businessId", "order": "DESC"}, {"field": "processDefinitionVersion"}]

    items = (await search.find(PROCESS_INSTANCES, {"sort": sort, "page": {"limit": 1000}})).items

    def weight(item: dict) -> tuple:
        return (
            {"b": 0, "a": 1, None: 2}[item["businessId"]],
            item["processDefinitionVersion"],
            int(item["processInstanceKey"]),
        )

    assert items == sorted(items, key=weight)
    assert len(items) == COUNT


@pytest.mark.parametrize("order", ["ASC", "DESC"])
@pytest.mark.parametrize("filter_", [{}, {"processDefinitionId": "order"}, {"state": "ACTIVE"}])
async def test_no_end_is_before_every_end(search: Search, order: str, filter_: dict) -> None:
    request = {"filter": filter_, "page": {"limit": 1000}}
    everything = (await search.find(PROCESS_INSTANCES, request)).items

    items = (await search.find(PROCESS_INSTANCES, {**request, "sort": [{"field": "endDate", "order": order}]})).items

    assert items == sorted(everything, key=lambda item: item["endDate"] or "", reverse=order == "DESC")


async def test_an_empty_page_has_no_cursors(search: Search) -> None:
    page = await search.find(PROCESS_INSTANCES, {"filter": {"processInstanceKey": "1"}})

    assert (page.items, page.total, page.start_cursor, page.end_cursor) == ([], 0, None, None)
