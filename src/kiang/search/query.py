"""Search requests: `{filter, sort, page}`, checked against the fields of a resource; every fault is found."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from kiang.errors import InvalidArgument
from kiang.search.field import Field, ListFilter, MapFilter, RelatedFilter, Relation, SearchResource, VariableFilter
from kiang.search.limits import (
    CONDITIONS_MAX,
    CURSOR_CHARACTERS_MAX,
    LIST_ITEMS_MAX,
    OFFSET_ITEMS_MAX,
    PAGE_ITEMS_DEFAULT,
    PAGE_ITEMS_MAX,
    SORTS_MAX,
    VIOLATIONS_MAX,
)
from kiang.search.value import JSON_TEXT, InvalidValue, Stored, ValueType, to_glob, to_regex

Comparison = Literal["in", "not in", "exists", "empty", "glob", ">", ">=", "<", "<="]

_RANGES: dict[str, Comparison] = {"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}
_ORDERS = {"ASC": False, "DESC": True}
_PAGE_PROPERTIES = frozenset({"from", "limit", "after", "before", "searchAfter", "searchBefore"})
_REQUEST_PROPERTIES = frozenset({"filter", "sort", "page"})

_encode_cursor = msgspec.json.Encoder().encode
_decode_cursor = msgspec.json.Decoder(list[int | str | None]).decode


@dataclass(frozen=True, slots=True)
class Test:
    """A comparison with values that are bound."""

    comparison: Comparison
    values: tuple[Stored, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldCondition:
    """A field fulfils a test."""

    field: Field
    test: Test


@dataclass(frozen=True, slots=True)
class VariableCondition:
    """There is a variable of this name whose value fulfils every test."""

    filter: VariableFilter
    name: str
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class ListCondition:
    """A member of a list fulfils a test."""

    filter: ListFilter
    test: Test


@dataclass(frozen=True, slots=True)
class MapCondition:
    """The entry of a map under a key fulfils a test."""

    filter: MapFilter
    key: str
    test: Test


@dataclass(frozen=True, slots=True)
class RelatedCondition:
    """A row of the relation fulfils every test."""

    relation: Relation
    tests: tuple[tuple[RelatedFilter, Test], ...]


Condition = FieldCondition | VariableCondition | ListCondition | MapCondition | RelatedCondition


@dataclass(slots=True)
class Query:
    """A checked request.

    Attributes:
        conditions: All must hold.
        alternatives: Of each list in it, if there is one, all of at least one must hold.
        sort: Fields in the order of their weight, and whether the order is turned around; the key comes last by itself.
        position: Sort values and key of the item that the page begins behind (or ends before); None for the beginning.
        is_backward: The page ends before `position`.
    """

    conditions: list[Condition] = field(default_factory=list)
    alternatives: list[list[Condition]] = field(default_factory=list)
    sort: list[tuple[Field, bool]] = field(default_factory=list)
    limit: int = PAGE_ITEMS_DEFAULT
    offset: int = 0
    position: list[Stored | None] | None = None
    is_backward: bool = False


def parse_query(resource: SearchResource, request: Any) -> Query:
    """Check a request.

    Args:
        resource: What is searched.
        request: Decoded JSON; None for all, sorted by key.

    Raises:
        InvalidArgument: With all violations.
    """
    return _Parser(resource).parse({} if request is None else request)


def parse_filter(resource: SearchResource, filter_: Any) -> Query:
    """Check a filter alone: what a batch operation or a statistic is about."""
    return _Parser(resource).parse({"filter": filter_})


def print_cursor(values: Sequence[Stored | None]) -> str:
    """A cursor for the item with these sort values and key."""
    return base64.b64encode(_encode_cursor(list(values))).decode()


class _Parser:
    def __init__(self, resource: SearchResource) -> None:
        self.resource = resource
        self.query = Query()
        self.violations: list[str] = []
        self.count = 0

    def parse(self, request: Any) -> Query:
        if not isinstance(request, dict):
            raise InvalidArgument("Request body cannot be parsed: expected a JSON object")
        for name in request:
            if name not in _REQUEST_PROPERTIES:
                self.unparsable(name)
        if request.get("filter") is not None:
            self.query.conditions = self.filter(request["filter"], "filter", is_inner=False)
        if request.get("sort") is not None:
            self.sort(request["sort"])
        if request.get("page") is not None:
            self.page(request["page"])
        self.check()
        return self.query

    def check(self) -> None:
        if self.violations:
            raise InvalidArgument(". ".join(dict.fromkeys(self.violations)) + ".")

    def unparsable(self, path: str) -> None:
        self.add(f"Request property [{path[:200]}] cannot be parsed")

    def add(self, violation: str) -> None:
        self.violations.append(violation)
        if len(self.violations) >= VIOLATIONS_MAX:
            self.check()

    # Filters

    def filter(self, given: Any, path: str, *, is_inner: bool) -> list[Condition]:
        conditions: list[Condition] = []
        if not isinstance(given, dict):
            self.unparsable(path)
            return conditions
        variables = {f.name: f for f in self.resource.variables}
        lists = {f.name: f for f in self.resource.lists}
        maps = {f.name: f for f in self.resource.maps}
        related = {f.name: f for f in self.resource.related}
        relations: dict[Relation, list[tuple[RelatedFilter, Test]]] = {}
        for name, value in given.items():
            at = f"{path}.{name}"
            if value is None:
                continue
            if name in variables:
                conditions += self.variables(variables[name], value, at)
            elif name in lists:
                conditions += self.members(lists[name], value, at)
            elif name in maps:
                conditions += self.entries(maps[name], value, at)
            elif name in related:
                one = related[name]
                relations.setdefault(one.relation, []).extend(
                    (one, test) for test in self.tests(one.type, name, value, at)
                )
            elif name == "$or" and self.resource.alternatives and not is_inner:
                self.alternatives(value, at)
            elif (known := self.resource.by_name.get(name)) is not None and known.can_filter:
                conditions += [FieldCondition(known, test) for test in self.tests(known.type, known.name, value, at)]
            else:
                self.unparsable(at)
        conditions += [RelatedCondition(relation, tuple(tests)) for relation, tests in relations.items() if tests]
        return conditions

    def alternatives(self, given: Any, path: str) -> None:
        if not isinstance(given, list):
            self.unparsable(path)
            return
        if len(given) > CONDITIONS_MAX:
            raise InvalidArgument(f"The filter has more than {CONDITIONS_MAX} conditions.")
        self.query.alternatives = [self.filter(one, path, is_inner=True) for one in given]

    def variables(self, filter_: VariableFilter, given: Any, path: str) -> list[Condition]:
        conditions: list[Condition] = []
        if not isinstance(given, list) or len(given) > CONDITIONS_MAX:
            self.unparsable(path)
            return conditions
        for one in given:
            if not isinstance(one, dict) or set(one) - {"name", "value"}:
                self.unparsable(path)
                continue
            name, value = one.get("name"), one.get("value")
            if not isinstance(name, str) or not name:
                self.add("No variable name provided" if not name else "Variable name is no text")
                continue
            if value is None:
                self.add("No variable value provided")
                continue
            tests = self.tests(JSON_TEXT, name, value, f"{path}.value")
            conditions.append(VariableCondition(filter_, name, tuple(tests)))
        return conditions

    def members(self, filter_: ListFilter, given: Any, path: str) -> list[Condition]:
        if not filter_.takes_list:
            return [ListCondition(filter_, test) for test in self.tests(filter_.type, filter_.name, given, path)]
        if not isinstance(given, list) or len(given) > LIST_ITEMS_MAX:
            self.unparsable(path)
            return []
        tests = [test for one in given for test in self.tests(filter_.type, filter_.name, one, path)]
        return [ListCondition(filter_, test) for test in tests]

    def entries(self, filter_: MapFilter, given: Any, path: str) -> list[Condition]:
        if not isinstance(given, dict):
            self.unparsable(path)
            return []
        return [
            MapCondition(filter_, key, test)
            for key, value in given.items()
            if value is not None
            for test in self.tests(filter_.type, key, value, f"{path}.{key}")
        ]

    def tests(self, type_: ValueType, name: str, given: Any, path: str) -> list[Test]:
        tests: list[Test] = []
        operators = given if isinstance(given, dict) else {"$eq": given}
        self.count += len(operators)
        if self.count > CONDITIONS_MAX:
            raise InvalidArgument(f"The filter has more than {CONDITIONS_MAX} conditions.")
        says_more = any(value is not None and value != [] for value in operators.values())
        for operator, value in operators.items():
            at = f"{path}.{operator}" if isinstance(given, dict) else path
            if value is None:
                continue
            if isinstance(given, dict) and operator not in type_.operators:
                self.unparsable(at)
                continue
            if value == [] and operator in _LISTS and says_more:
                continue  # the Java client sends empty lists beside whatever operator was used
            try:
                tests.append(_TESTS[operator](type_, name, value))
            except InvalidValue as invalid:
                if str(invalid):
                    self.add(str(invalid))
                else:
                    self.unparsable(at)
        return tests

    # Sort and page

    def sort(self, given: Any) -> None:
        if not isinstance(given, list) or len(given) > SORTS_MAX:
            self.unparsable("sort")
            return
        for one in given:
            if not isinstance(one, dict) or set(one) - {"field", "order"}:
                self.unparsable("sort")
                continue
            name, order = one.get("field"), one.get("order") or "ASC"
            if name is None:
                self.add("Sort field must not be null")
                continue
            known = self.resource.by_name.get(name) if isinstance(name, str) else None
            if known is None or not known.can_sort:
                self.add(f"Unknown sortBy: {str(name)[:100]}")
                continue
            is_descending = _ORDERS.get(order.upper()) if isinstance(order, str) else None
            if is_descending is None:
                self.add(
                    f"Unexpected value '{str(order)[:100]}' for enum field 'order'. "
                    "Use any of the following values: [ASC, DESC]"
                )
                continue
            if not any(known is earlier for earlier, _ in self.query.sort):
                self.query.sort.append((known, is_descending))

    def page(self, given: Any) -> None:
        if not isinstance(given, dict):
            self.unparsable("page")
            return
        for name in given:
            if name not in _PAGE_PROPERTIES:
                self.unparsable(f"page.{name}")
        self.query.limit = self.number(given, "limit", PAGE_ITEMS_DEFAULT, 1, PAGE_ITEMS_MAX)
        self.query.offset = self.number(given, "from", 0, 0, OFFSET_ITEMS_MAX)
        after = given.get("after", given.get("searchAfter"))
        before = given.get("before", given.get("searchBefore"))
        if (after is not None) + (before is not None) + (given.get("from") is not None) > 1:
            self.add("Only one of [from, after, before] is allowed")
            return
        if after is not None:
            self.query.position = self.cursor(after, "after")
        if before is not None:
            self.query.position = self.cursor(before, "before")
            self.query.is_backward = True

    def number(self, given: dict[str, Any], name: str, default: int, low: int, high: int) -> int:
        value = given.get(name)
        if value is None:
            return default
        if type(value) is not int:
            self.unparsable(f"page.{name}")
            return default
        if not low <= value <= high:
            self.add(f"The value for page.{name} is '{value}' but must be within the [{low},{high}] range")
            return default
        return value

    def cursor(self, given: Any, name: str) -> list[Stored | None] | None:
        if not isinstance(given, str):
            self.unparsable(f"page.{name}")
            return None
        try:
            if len(given) > CURSOR_CHARACTERS_MAX:
                raise ValueError  # noqa: TRY301 - one answer for all that is no cursor
            values: list[Stored | None] = list(_decode_cursor(base64.b64decode(given, validate=True)))
            if len(values) != len(self.query.sort) + 1 or type(values[-1]) is not int:
                raise ValueError  # noqa: TRY301
            if any(type(value) is int and not -(2**63) <= value < 2**63 for value in values):
                raise ValueError  # noqa: TRY301
        except (ValueError, binascii.Error, msgspec.MsgspecError):
            self.add(f"The provided cursor for page.{name} is not one that this search has given")
            return None
        return values


def _equal(type_: ValueType, name: str, value: Any) -> Test:
    return Test("in", type_.parse(value, name))


def _not_equal(type_: ValueType, name: str, value: Any) -> Test:
    return Test("not in", type_.parse(value, name))


def _in(type_: ValueType, name: str, value: Any) -> Test:
    return Test("in", _each(type_, name, value))


def _not_in(type_: ValueType, name: str, value: Any) -> Test:
    return Test("not in", _each(type_, name, value))


def _each(type_: ValueType, name: str, value: Any) -> tuple[Stored, ...]:
    if not isinstance(value, list):
        raise InvalidValue
    if len(value) > LIST_ITEMS_MAX:
        raise InvalidValue(f"The provided list for {name} has more than {LIST_ITEMS_MAX} values")
    return tuple(stored for one in value for stored in type_.parse(one, name))


def _exists(type_: ValueType, name: str, value: Any) -> Test:  # noqa: ARG001 - the signature of tests
    if type(value) is not bool:
        raise InvalidValue
    return Test("exists" if value else "empty")


def _like(type_: ValueType, name: str, value: Any) -> Test:  # noqa: ARG001
    if type(value) is not str:
        raise InvalidValue
    if type_.names is None:
        return Test("glob", (to_glob(value),))
    pattern = to_regex(value)
    return Test("in", tuple(s for known, stored in type_.names.items() if pattern.fullmatch(known) for s in stored))


def _range(comparison: Comparison) -> Callable[[ValueType, str, Any], Test]:
    def test(type_: ValueType, name: str, value: Any) -> Test:
        return Test(comparison, type_.parse(value, name))

    return test


_LISTS = frozenset({"$in", "$notIn"})
_TESTS: dict[str, Callable[[ValueType, str, Any], Test]] = {
    "$eq": _equal,
    "$neq": _not_equal,
    "$in": _in,
    "$notIn": _not_in,
    "$exists": _exists,
    "$like": _like,
    **{operator: _range(comparison) for operator, comparison in _RANGES.items()},
}
