"""Whatever is sent as a search, it is answered or refused, and never becomes SQL."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.search.rows import definitions, instance, put, variable

from kiang.errors import InvalidArgument
from kiang.search import statement
from kiang.search.resources.element_instance import ELEMENT_INSTANCES
from kiang.search.resources.incident import INCIDENTS
from kiang.search.resources.job import JOBS
from kiang.search.resources.process_definition import PROCESS_DEFINITIONS
from kiang.search.resources.process_instance import PROCESS_INSTANCES
from kiang.search.resources.variable import VARIABLES, WHOLE_VARIABLES
from kiang.search.search import Search
from kiang.search.value import to_glob
from kiang.store.memory import MemoryStore

RESOURCES = [PROCESS_DEFINITIONS, PROCESS_INSTANCES, ELEMENT_INSTANCES, JOBS, INCIDENTS, VARIABLES, WHOLE_VARIABLES]
OPERATORS = ["$eq", "$neq", "$exists", "$in", "$notIn", "$like", "$gt", "$gte", "$lt", "$lte", "$sql"]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from(["'; DROP TABLE variable; --", "\x00", "[", "*?\\", "ACTIVE", "2026-01-01T00:00:00Z", "9" * 19])
)
VALUES = st.recursive(
    LEAVES, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.sampled_from(OPERATORS), v, max_size=3), max_leaves=8
)


async def test_a_page_that_nobody_could_hold_is_refused(monkeypatch):
    """The values of variables can have 4 MB each."""
    monkeypatch.setattr(statement, "PAGE_CHARACTERS_MAX", 50_000)
    store = MemoryStore()
    values = [variable(key, 100, f"v{key}", '"' + "x" * 10_000 + '"') for key in range(200, 260)]
    put(store, [*definitions(), instance(100), *values])
    search = Search(store)
    few = await search.find(WHOLE_VARIABLES, {"page": {"limit": 16}})
    cut = await search.find(PROCESS_INSTANCES, None)

    with pytest.raises(InvalidArgument, match=r"ask for fewer items by page.limit, or for values that are cut off"):
        await search.find(WHOLE_VARIABLES, None)
    search.close()

    assert [len(few.items), len(cut.items)] == [16, 1]


@pytest.fixture(scope="module")
def search():
    store = MemoryStore()
    put(store, [*definitions(), *(instance(key) for key in range(100, 110)), variable(200, 100, "a", "1")])
    search = Search(store)
    yield search
    search.close()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_any_filter_is_answered_or_refused(search: Search, data) -> None:
    resource = data.draw(st.sampled_from(RESOURCES))
    names = [f.name for f in resource.fields] + [f.name for f in resource.variables + resource.lists] + ["$or", "x"]
    filter_ = data.draw(st.dictionaries(st.sampled_from(names), VALUES, max_size=4))
    sort = data.draw(st.lists(st.fixed_dictionaries({"field": st.sampled_from(names)}), max_size=2))
    page = data.draw(st.dictionaries(st.sampled_from(["limit", "from", "after", "before"]), LEAVES, max_size=2))

    try:
        found = await search.find(resource, {"filter": filter_, "sort": sort, "page": page})
    except InvalidArgument:
        return
    assert len(found.items) <= found.total


async def test_every_field_can_be_filtered_sorted_and_shown(search: Search) -> None:
    for resource in RESOURCES:
        for field in resource.fields:
            if field.can_sort:
                for order in ("ASC", "DESC"):
                    await search.find(resource, {"sort": [{"field": field.name, "order": order}]})
            for operator in field.type.operators if field.can_filter else ():
                example = _EXAMPLES[operator]
                if operator not in {"$exists", "$like"}:
                    schema = field.type.schema
                    one = (
                        next(iter(field.type.names))
                        if field.type.names
                        else _OF_SCHEMA[schema.get("format") or schema["type"]]
                    )
                    one = "12" if "pattern" in schema else one
                    example = [one] if operator in {"$in", "$notIn"} else one
                await search.find(resource, {"filter": {field.name: {operator: example}}})


_EXAMPLES = {
    "$exists": True,
    "$like": "a*",
    **dict.fromkeys(["$eq", "$neq", "$in", "$notIn", "$gt", "$gte", "$lt", "$lte"]),
}
_OF_SCHEMA = {"string": "a", "int32": 1, "date-time": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("pattern", "glob"),
    [("a*b?c", "a*b?c"), (r"a\*b", "a[*]b"), (r"\?", "[?]"), ("[a]", "[[]a]"), ("\\\\", "\\"), ("a\\", "a\\")],
)
def test_patterns_mean_what_the_api_says(pattern: str, glob: str) -> None:
    assert to_glob(pattern) == glob
