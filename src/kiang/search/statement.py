"""Queries as SQL. Names come from declarations alone, every value is bound.

A search runs as up to four statements within one transaction: what is looked up before, the keys of the page, the items of
these keys, and the count. Fetching the items by their keys keeps whatever is expensive to show out of sorting and skipping.

Runs: an index on columns (a, b) holds, for each pair of values, its rows in the order of the key. If a query fixes a and b to
a few values and is sorted by key, the page is merged from the beginnings of these runs; otherwise the database would collect
and sort every match, which is the difference between a millisecond and a second for a million finished instances.
"""

# ruff: noqa: S608 - names come from declarations alone, every value is bound

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple, TypeGuard

from kiang.engine.state.variable import VARIABLES
from kiang.errors import InvalidArgument
from kiang.search.field import Column, Field, Flag, RelatedFilter, SearchResource, Sql, Through
from kiang.search.limits import LARGE_ITEMS_AT_ONCE, PAGE_CHARACTERS_MAX, TOTAL_ITEMS_MAX
from kiang.search.query import (
    Condition,
    FieldCondition,
    ListCondition,
    MapCondition,
    Query,
    RelatedCondition,
    Test,
    VariableCondition,
)
from kiang.search.value import JSON_TEXT, Stored
from kiang.search.variable_index import candidates

RUNS_MAX = 400
"""Runs that are merged for one page; SQLite takes 500 parts of a compound statement."""

NARROW_MAX = 50_000
"""Rows within a range of the column of a walk up to which they are the way into a search."""

RUN_ROWS_MAX = 1_000_000
"""Rows that the beginnings of all runs may have together: they are sorted."""

LOOKED_UP_MAX = 200
"""Keys of definitions that are put into a statement instead of the question for them."""

RARE_MAX = 2_000
"""Matches of a variable up to which they are the way into a search; a value that is more frequent is tested row by row."""

Run = Callable[[str, list[Any]], list[tuple[Any, ...]]]
"""Executes a statement and returns its rows."""


class Clause(NamedTuple):
    """A condition in SQL and its parameters."""

    sql: str
    parameters: list[Stored | None]


class RowRun(NamedTuple):
    """Rows that an index holds together.

    Attributes:
        is_scattered: Not in the order of the key: they are collected and sorted.
    """

    clause: Clause
    is_scattered: bool


class Found(NamedTuple):
    """A page of rows: the columns that are shown, in the order of `resource.shown`.

    Attributes:
        total: All matches, counted up to `TOTAL_ITEMS_MAX`.
        has_more: There are more than that.
        first: Sort values and key of the first row.
        last: The same of the last row.
    """

    rows: list[tuple[Any, ...]]
    total: int
    has_more: bool
    first: list[Stored | None] | None
    last: list[Stored | None] | None


def find(resource: SearchResource, query: Query, also: Iterable[Clause], run: Run) -> Found:
    """Carry out a query; `run` must see one state of the store throughout."""
    conditions = [_looked_up(condition, run) for condition in query.conditions]
    conditions, narrowing = _narrowed(resource, conditions, run)
    also = [*also, *narrowing, *_rare_rows(resource, conditions, run)]
    sort = _sort_columns(query)
    runs = _runs(resource, query, conditions, run) if resource.runs else None
    if resource.walk is not None and len(sort) == 2 and sort[0][0] == f"t.{resource.walk.column}":
        total, has_more = _total(resource, query, conditions, also, query.limit, run, runs)
        rows = _walked(resource, query, conditions, also, sort, run, is_frequent=has_more)
    else:
        rows = _page(resource, query, conditions, also, sort, run, runs if len(sort) == 1 else None)
        total, has_more = _total(resource, query, conditions, also, len(rows), run, runs)
    if query.is_backward:
        rows.reverse()
    items = _items(resource, [row[0] for row in rows], run)
    return Found(
        items,
        total,
        has_more,
        _position(query, rows[0]) if rows else None,
        _position(query, rows[-1]) if rows else None,
    )


def get(resource: SearchResource, key: int, run: Run) -> tuple[Any, ...] | None:
    """The row of a key, None if there is none."""
    rows = run(f"{_select(resource)} WHERE t.key = ?{_and(resource.where)}", [key])
    return rows[0][1:] if rows else None


def keys(resource: SearchResource, query: Query, also: Iterable[Clause], after: int, limit: int, run: Run) -> list[int]:
    """Keys of matches behind a key, ascending."""
    conditions = [_looked_up(condition, run) for condition in query.conditions]
    clauses = [*_clauses(resource, conditions, query, run), *also, Clause("t.key > ?", [after])]
    where, parameters = _where(clauses)
    rows = run(f"SELECT t.key FROM {resource.from_}{where} ORDER BY t.key LIMIT ?", [*parameters, limit])
    return [row[0] for row in rows]


def condition_clauses(resource: SearchResource, query: Query, run: Run) -> list[Clause]:
    """The filter of a query as clauses about the table `t`: for statistics."""
    return _clauses(resource, [_looked_up(condition, run) for condition in query.conditions], query, run)


# Pages


def _page(
    resource: SearchResource,
    query: Query,
    conditions: list[Condition],
    also: list[Clause],
    sort: list[tuple[str, bool]],
    run: Run,
    runs: list[RowRun] | None,
) -> list[tuple[Any, ...]]:
    """Key and sort values of the rows of the page, in the order in which they were walked."""
    *values, (_, key_descends) = sort
    order = ", ".join(f"{sql}{' DESC' if descends else ''}" for sql, descends in sort)
    if runs is not None:
        conditions = [condition for condition in conditions if not _is_of_run(resource, condition)]
    clauses = [*_clauses(resource, conditions, query, run), *also]
    if query.position is not None:
        clauses.append(_behind(sort, query.position if len(values) else query.position[-1:]))
    if runs is None:
        columns = ", ".join(["t.key", *(sql for sql, _ in values)])
        where, parameters = _where(clauses)
        statement = f"SELECT {columns} FROM {resource.from_}{where} ORDER BY {order} LIMIT ? OFFSET ?"
        return run(statement, [*parameters, query.limit, query.offset])
    direction = " DESC" if key_descends else ""
    parts: list[str] = []
    all_parameters: list[Stored | None] = []
    for one in runs:
        where, parameters = _where([one.clause, *clauses])
        key = "+t.key" if one.is_scattered else "t.key"
        part = f"SELECT t.key AS key FROM {resource.from_}{where} ORDER BY {key}{direction} LIMIT ?"
        parts.append(f"SELECT key FROM ({part})")
        all_parameters += [*parameters, query.offset + query.limit]
    statement = f"{' UNION ALL '.join(parts)} ORDER BY 1{direction} LIMIT ? OFFSET ?"
    return run(statement, [*all_parameters, query.limit, query.offset])


def _walked(
    resource: SearchResource,
    query: Query,
    conditions: list[Condition],
    also: list[Clause],
    sort: list[tuple[str, bool]],
    run: Run,
    *,
    is_frequent: bool,
) -> list[tuple[Any, ...]]:
    """As `_page` for a sort by the column of the walk: rows that have a value in it, and rows that have none.

    If there are many matches, those with a value are met soon on a walk along the index; if not, they are collected and sorted.
    """
    walk = resource.walk
    assert walk is not None
    column, descends = sort[0]
    states = _values_of("state", conditions)
    halves = [has_value for has_value in (descends, not descends) if states is None or walk.has(states, has_value)]
    rows: list[tuple[Any, ...]] = []
    offset = query.offset
    for has_value in halves:
        position = query.position
        if position is not None and (position[0] is not None) != has_value:
            if has_value is descends:
                continue  # all of it lies before the position
            position = None
        part = replace(query, limit=query.limit - len(rows), offset=offset, position=position)
        only = Clause(f"{column} IS {'NOT ' if has_value else ''}NULL", [])
        if has_value:
            found = _along(resource, part, conditions, [*also, only], sort, run, is_frequent=is_frequent)
        else:
            runs = _runs(resource, query, conditions, run, walk.states_without) if resource.runs else None
            keys_alone = _page(resource, part, conditions, [*also, only], sort[1:], run, runs)
            found = [(row[0], None) for row in keys_alone]
        rows += found
        if len(rows) == query.limit:
            break
        if offset and not found:
            where, parameters = _where([*_clauses(resource, conditions, query, run), *also, only])
            counted = f"SELECT COUNT(*) FROM (SELECT 1 FROM {resource.from_}{where} LIMIT ?)"
            offset -= run(counted, [*parameters, offset])[0][0]
        else:
            offset = 0
    return rows


def _along(
    resource: SearchResource,
    query: Query,
    conditions: list[Condition],
    also: list[Clause],
    sort: list[tuple[str, bool]],
    run: Run,
    *,
    is_frequent: bool,
) -> list[tuple[Any, ...]]:
    """The rows that have a value: along the index, or collected and sorted."""
    assert resource.walk is not None
    (column, descends), (_, key_descends) = sort
    clauses = [*_clauses(resource, conditions, query, run), *also]
    if query.position is not None:
        beyond, behind = "<" if descends else ">", "<" if key_descends else ">"
        value, key = query.position[0], query.position[-1]
        clauses.append(Clause(f"{column} {beyond}= ?", [value]))
        clauses.append(Clause(f"{column} {beyond} ? OR t.key {behind} ?", [value, key]))
    where, parameters = _where(clauses)
    index, sorted_column = (f" INDEXED BY {resource.walk.index}", column) if is_frequent else ("", f"+{column}")
    order = f"{sorted_column}{' DESC' if descends else ''}, t.key{' DESC' if key_descends else ''}"
    statement = f"SELECT t.key, {column} FROM {resource.from_}{index}{where} ORDER BY {order} LIMIT ? OFFSET ?"
    return run(statement, [*parameters, query.limit, query.offset])


def _narrowed(resource: SearchResource, conditions: list[Condition], run: Run) -> tuple[list[Condition], list[Clause]]:
    """Conditions on the column of the walk: the way into a search if few rows fulfil them, tested row by row if many do."""
    if resource.walk is None:
        return conditions, []
    column = resource.walk.column
    walked = [one for one in conditions if _is_range_of(one, column)]
    if not walked:
        return conditions, []
    where, parameters = _where([_clause(one, run) for one in walked])
    way_in = f"SELECT t.key FROM {resource.table.name} t INDEXED BY {resource.walk.index}{where}"
    (count,) = run(f"SELECT COUNT(*) FROM ({way_in} LIMIT ?)", [*parameters, NARROW_MAX + 1])[0]
    if count <= NARROW_MAX:
        others = [one for one in conditions if not _is_range_of(one, column)]
        return others, [Clause(f"t.key IN ({way_in})", parameters)]
    return [_past_index(one, column) if _is_range_of(one, column) else one for one in conditions], []


def _past_index(condition: FieldCondition, column: str) -> FieldCondition:
    field = condition.field
    return FieldCondition(Field(field.name, field.type, Sql(f"+t.{column}")), condition.test)


def _is_range_of(condition: Condition, column: str) -> TypeGuard[FieldCondition]:
    return (
        isinstance(condition, FieldCondition)
        and isinstance(condition.field.source, Column)
        and condition.field.source.name == column
        and condition.test.comparison in {"in", ">", ">=", "<", "<="}
    )


def _runs(
    resource: SearchResource,
    query: Query,
    conditions: list[Condition],
    run: Run,
    states: frozenset[int] | None = None,
) -> list[RowRun] | None:
    """One clause for each run of rows in which the matches are, those of some states alone if they are given; None if runs are no help."""
    given = [_values_of(column, conditions) for column in resource.runs]
    said = {column for column, values in zip(resource.runs, given, strict=True) if values is not None}
    if all(values is None for values in given) and states is None:
        return None
    options = []
    for column, values in zip(resource.runs, given, strict=True):
        if values is None:
            values = RUN_DOMAINS[resource.table.name, column](run)  # noqa: PLW2901 - what may be, where nothing is said
        if column == "state" and states is not None:
            values = [value for value in values if value in states]  # noqa: PLW2901
        options.append(values)
    if not all(options):
        return None
    count = math.prod(len(values) for values in options)
    if count > RUNS_MAX or count * (query.offset + query.limit) > RUN_ROWS_MAX:
        return None
    return [_run_of(resource, combination, said) for combination in product(*options)]


def _run_of(resource: SearchResource, values: tuple[Stored, ...], said: set[str]) -> RowRun:
    """States stand in the statement as they are, or the database cannot tell that a partial index covers them."""
    tests: list[str] = []
    parameters: list[Stored | None] = []
    is_scattered = False
    for column, value in zip(resource.runs, values, strict=True):
        if column == "state":
            tests.append(f"t.state = {int(value)}")
            is_scattered = value in resource.scattered
            source = resource.by_name["state"].source
            if column in said and isinstance(source, Column) and source.unless and int(value) < source.unless_below:
                tests.append(f"NOT ({source.unless})")
        else:
            tests.append(f"t.{column} = ?")
            parameters.append(value)
    return RowRun(Clause(" AND ".join(tests), parameters), is_scattered)


def _values_of(column: str, conditions: list[Condition]) -> list[Stored] | None:
    """The values that a column may have for all conditions to hold; None if nothing is said about it."""
    found: set[Stored] | None = None
    for condition in conditions:
        if not isinstance(condition, FieldCondition) or condition.test.comparison != "in":
            continue
        source = condition.field.source
        if isinstance(source, Column) and source.name == column:
            values = set(condition.test.values)
            if source.unless and 0 in values:
                continue
            found = values if found is None else found & values
    return None if found is None else sorted(found, key=str)


def _is_of_run(resource: SearchResource, condition: Condition) -> bool:
    """Whether a condition is one that the choice of runs fulfils."""
    return (
        isinstance(condition, FieldCondition)
        and condition.test.comparison == "in"
        and isinstance(condition.field.source, Column)
        and condition.field.source.name in resource.runs
        and not (condition.field.source.unless and 0 in condition.test.values)
    )


RUN_DOMAINS: dict[tuple[str, str], Callable[[Run], list[Stored]]] = {}
"""Table and column to what tells all values that the column can have: a query need not name them."""


def _items(resource: SearchResource, keys: list[int], run: Run) -> list[tuple[Any, ...]]:
    if not keys:
        return []
    found: dict[int, tuple[Any, ...]] = {}
    size, at, step = 0, 0, len(keys)
    if any(field.type is JSON_TEXT for field in resource.shown):
        step = LARGE_ITEMS_AT_ONCE
    while at < len(keys):
        some = keys[at : at + step]
        marks = ", ".join("?" * len(some))
        rows = run(f"{_select(resource)} WHERE t.key IN ({marks})", list(some))
        found.update((row[0], row[1:]) for row in rows)
        at, step = at + step, step * 2
        if at < len(keys):
            size += sum(len(value) for row in rows for value in row if type(value) is str)
            if size > PAGE_CHARACTERS_MAX:
                raise InvalidArgument(
                    f"The page has more than {PAGE_CHARACTERS_MAX} characters: ask for fewer items by page.limit, or for values"
                    " that are cut off (truncateValues)."
                )
    return [found[key] for key in keys]


def _select(resource: SearchResource) -> str:
    columns = ", ".join(["t.key", *((field.shown_from or field.source).sql for field in resource.shown)])
    return f"SELECT {columns} FROM {resource.from_}"


def _total(
    resource: SearchResource,
    query: Query,
    conditions: list[Condition],
    also: list[Clause],
    found: int,
    run: Run,
    runs: list[RowRun] | None,
) -> tuple[int, bool]:
    if query.position is None and found < query.limit and (found or not query.offset):
        count = query.offset + found
        return min(count, TOTAL_ITEMS_MAX), count > TOTAL_ITEMS_MAX
    if runs is not None:
        conditions = [condition for condition in conditions if not _is_of_run(resource, condition)]
    clauses = [*_clauses(resource, conditions, query, run), *also]
    count = 0
    for one in [RowRun(Clause("1", []), is_scattered=False)] if runs is None else runs:
        where, parameters = _where([one.clause, *clauses])
        counted = f"SELECT COUNT(*) FROM (SELECT 1 FROM {resource.from_}{where} LIMIT ?)"
        count += run(counted, [*parameters, TOTAL_ITEMS_MAX + 1 - count])[0][0]
        if count > TOTAL_ITEMS_MAX:
            break
    return min(count, TOTAL_ITEMS_MAX), count > TOTAL_ITEMS_MAX


# Order


def _sort_columns(query: Query) -> list[tuple[str, bool]]:
    """SQL expressions and whether they descend; the last is the key."""
    columns: list[tuple[str, bool]] = []
    key_descends = False
    for field, descends in query.sort:
        source = field.source
        if isinstance(source, Column) and (source.name == "key" or source.follows_key):
            key_descends = descends
            break
        columns.append((source.sql, descends))
    columns.append(("t.key", key_descends))
    return [(sql, descends is not query.is_backward) for sql, descends in columns]


def _position(query: Query, row: tuple[Any, ...]) -> list[Stored | None]:
    """The row's sort values, one per field of the sort, and its key."""
    values = list(row[1:])
    return [*values, *[None] * (len(query.sort) - len(values)), row[0]]


def _behind(sort: list[tuple[str, bool]], position: list[Stored | None]) -> Clause:
    """Rows behind a position. NULL is smaller than everything, as in the order."""
    *columns, (key_sql, key_descends) = sort
    clause = Clause(f"{key_sql} {'<' if key_descends else '>'} ?", [position[-1]])
    for (sql, descends), value in reversed(list(zip(columns, position, strict=False))):
        same = Clause(f"{sql} IS ? AND ({clause.sql})", [value, *clause.parameters])
        if descends and value is None:
            clause = same
        elif descends:
            clause = Clause(f"{sql} < ? OR {sql} IS NULL OR ({same.sql})", [value, *same.parameters])
        elif value is None:
            clause = Clause(f"{sql} IS NOT NULL OR ({same.sql})", same.parameters)
        else:
            clause = Clause(f"{sql} > ? OR ({same.sql})", [value, *same.parameters])
    return clause


# Conditions


def _looked_up(condition: Condition, run: Run) -> Condition:
    """A condition on a definition as one on its key: definitions are few, and their keys are in indexes."""
    if not isinstance(condition, FieldCondition) or not isinstance(condition.field.source, Through):
        return condition
    source = condition.field.source
    if not source.table.name.endswith("definition") or condition.test.comparison in {"not in", "empty"}:
        return condition
    clause = _test(f"l.{source.name}", condition.test, source.empty)
    found = run(
        f"SELECT l.key FROM {source.table.name} l WHERE {clause.sql} LIMIT {LOOKED_UP_MAX + 1}", clause.parameters
    )
    if len(found) > LOOKED_UP_MAX:
        return condition
    field = Field(condition.field.name, condition.field.type, Column(source.local))
    return FieldCondition(field, Test("in", tuple(row[0] for row in found)))


def _clauses(resource: SearchResource, conditions: list[Condition], query: Query, run: Run) -> list[Clause]:
    clauses = [_clause(condition, run) for condition in conditions]
    if query.alternatives:
        groups = [_all([_clause(condition, run) for condition in group]) for group in query.alternatives]
        sql = " OR ".join(f"({group.sql})" for group in groups)
        clauses.append(Clause(f"({sql})", [p for group in groups for p in group.parameters]))
    if resource.where:
        clauses.append(Clause(resource.where, []))
    return clauses


def _clause(condition: Condition, run: Run) -> Clause:
    if isinstance(condition, VariableCondition):
        return _variable(condition, run)
    if isinstance(condition, ListCondition):
        return _member(condition)
    if isinstance(condition, MapCondition):
        return _entry(condition)
    if isinstance(condition, RelatedCondition):
        return _related(condition)
    source, test = condition.field.source, condition.test
    if isinstance(source, Through):
        is_negative = test.comparison in {"not in", "empty"}
        if is_negative:
            test = Test("in" if test.comparison == "not in" else "exists", test.values)
        inner = _test(f"l.{source.name}", test, source.empty)
        negation = "NOT " if is_negative else ""
        sql = f"t.{source.local} {negation}IN (SELECT l.key FROM {source.table.name} l WHERE {inner.sql})"
        return Clause(sql, inner.parameters)
    if isinstance(source, Column) and source.unless:
        return _overruled(source, test)
    if isinstance(source, Flag):
        return Clause(source.sql if test.values == (1,) else f"NOT {source.sql}", [])
    return _test(source.sql, test, source.empty)


def _related(condition: RelatedCondition) -> Clause:
    relation = condition.relation
    if any(test.comparison == "empty" for _, test in condition.tests):
        return Clause(f"NOT EXISTS (SELECT 1 FROM {relation.rows} AND {relation.key} = t.key)", [])
    if relation.is_membership and any(test.comparison == "not in" for _, test in condition.tests):
        without = [_without(filter_, test) for filter_, test in condition.tests if test.comparison == "not in"]
        others = tuple((filter_, test) for filter_, test in condition.tests if test.comparison != "not in")
        return _all([*without, *([_related(RelatedCondition(relation, others))] if others else [])])
    tests = _all([_test(filter_.sql, test, None) for filter_, test in condition.tests])
    if relation.is_few:
        return Clause(f"t.key IN (SELECT {relation.key} FROM {relation.rows} AND {tests.sql})", tests.parameters)
    matching = f"SELECT 1 FROM {relation.rows} AND {relation.key} = t.key AND {tests.sql}"
    return Clause(f"EXISTS ({matching})", tests.parameters)


def _without(filter_: RelatedFilter, test: Test) -> Clause:
    relation = filter_.relation
    inner = _test(filter_.sql, Test("in", test.values), None)
    return Clause(f"t.key NOT IN (SELECT {relation.key} FROM {relation.rows} AND {inner.sql})", inner.parameters)


def _overruled(source: Column, test: Test) -> Clause:
    if test.comparison == "not in":
        inner = _overruled(source, Test("in", test.values))
        return Clause(f"NOT ({inner.sql})", inner.parameters)
    if test.comparison != "in":
        return _test(source.sql, test, source.empty)
    inner = _test(source.sql, Test("in", tuple(value for value in test.values if value != 0)), source.empty)
    if 0 in test.values:
        return Clause(f"({source.unless} OR {inner.sql})", inner.parameters)
    return Clause(f"({inner.sql} AND NOT ({source.unless}))", inner.parameters)


def _test(sql: str, test: Test, empty: Stored | None) -> Clause:
    is_there = f"{sql} IS NOT NULL" if empty is None else f"{sql} <> {_literal(empty)}"
    match test.comparison:
        case "exists":
            return Clause(is_there, [])
        case "empty":
            return Clause(f"{sql} IS NULL" if empty is None else f"({sql} IS NULL OR {sql} = {_literal(empty)})", [])
        case "in" | "not in":
            values = [value for value in test.values if value != empty]
            if not values:
                return Clause("1" if test.comparison == "not in" else "0", [])
            found = f"{sql} = ?" if len(values) == 1 else f"{sql} IN ({', '.join('?' * len(values))})"
            if test.comparison == "in":
                return Clause(found, [*values])
            return Clause(f"({sql} IS NULL OR NOT {found})", [*values])
        case "glob":
            return Clause(f"{sql} GLOB ?", [*test.values])
        case comparison:
            clause = f"{sql} {comparison} ?"
            return Clause(clause if empty is None else f"({clause} AND {is_there})", [*test.values])


def _variable(condition: VariableCondition, run: Run) -> Clause:
    tests = _all([_test("v.value", test, None) for test in condition.tests])
    parameters: list[Stored | None] = [condition.name, *tests.parameters]
    matching = f"FROM variable v WHERE v.name = ? AND {tests.sql}"
    local, scope = condition.filter.local, condition.filter.scope
    if not scope:
        keys = _rare_variables(condition.name, condition.tests, run)
        if keys is not None:
            among = f"SELECT v.process_instance_key {matching} AND v.key IN ({', '.join(map(str, keys))})"
            return Clause(f"t.{local} IN ({among})", parameters)
    within = f"v.process_instance_key = t.{local}" + (f" AND v.scope_key = t.{scope}" if scope else "")
    return Clause(f"EXISTS (SELECT 1 {matching} AND {within})", parameters)


def _rare_variables(name: str, tests: Iterable[Test], run: Run) -> list[int] | None:
    """Keys of the variables that can match, if equality makes them few."""
    for test in tests:
        if test.comparison == "in":
            return candidates(run, name, test.values, RARE_MAX)
    return None


def _rare_rows(resource: SearchResource, conditions: list[Condition], run: Run) -> list[Clause]:
    """For a search of variables by name and value: the few rows that can match."""
    names = _values_of("name", conditions) if resource.table is VARIABLES else None
    if names is None or len(names) != 1:
        return []
    tests = [
        condition.test
        for condition in conditions
        if isinstance(condition, FieldCondition) and condition.field.name == "value"
    ]
    keys = _rare_variables(str(names[0]), tests, run)
    return [] if keys is None else [Clause(f"t.key IN ({', '.join(map(str, keys))})", [])]


def _member(condition: ListCondition) -> Clause:
    column = condition.filter.sql
    inner = _test("m.value", condition.test, None)
    if condition.test.comparison in {"exists", "empty"}:
        is_empty = f"({column} IS NULL OR {column} IN ('', '[]'))"
        return Clause(is_empty if condition.test.comparison == "empty" else f"NOT {is_empty}", [])
    words = f"""'["' || replace({column}, ' ', '","') || '"]'"""
    members = f"json_each({column if condition.filter.is_json else words})"
    is_negative = condition.test.comparison == "not in"
    if is_negative:
        inner = _test("m.value", Test("in", condition.test.values), None)
    there = f"{column} <> '' AND EXISTS (SELECT 1 FROM {members} m WHERE {inner.sql})"
    return Clause(f"NOT ({there})" if is_negative else there, inner.parameters)


def _entry(condition: MapCondition) -> Clause:
    """Values are compared with values of their own kind: to the database, any text is more than any number."""
    test = condition.test
    is_negative = test.comparison in {"not in", "empty"}
    if is_negative:
        test = Test("in" if test.comparison == "not in" else "exists", test.values)
    inner = _test("m.value", test, None)
    of_kind = ""
    if test.comparison not in {"in", "exists"}:
        of_kind = f"m.type {'=' if isinstance(test.values[0], str) else '<>'} 'text' AND "
    there = f"EXISTS (SELECT 1 FROM json_each({condition.filter.sql}) m WHERE m.key = ? AND {of_kind}{inner.sql})"
    return Clause(f"NOT {there}" if is_negative else there, [condition.key, *inner.parameters])


def _all(clauses: list[Clause]) -> Clause:
    if not clauses:
        return Clause("1", [])
    return Clause(" AND ".join(clause.sql for clause in clauses), [p for clause in clauses for p in clause.parameters])


def _where(clauses: list[Clause]) -> tuple[str, list[Stored | None]]:
    if not clauses:
        return "", []
    sql = " AND ".join(f"({clause.sql})" for clause in clauses)
    return f" WHERE {sql}", [p for clause in clauses for p in clause.parameters]


def _and(condition: str) -> str:
    return f" AND ({condition})" if condition else ""


def _literal(value: Stored) -> str:
    return "''" if value == "" else str(int(value))
