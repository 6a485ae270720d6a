"""Fields of a resource and where they come from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kiang.engine.state.table import Table
from kiang.search.value import ValueType


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table that is searched.

    Attributes:
        empty: What stands for no value in it, besides NULL.
        follows_key: It grows with the key, so the order of the key is its order.
        unless: A condition on `t` that overrules the column: where it holds, the value is 0; "" for none.
        unless_below: It never holds where the column is at least this.
    """

    name: str
    empty: int | str | None = None
    follows_key: bool = False
    unless: str = ""
    unless_below: int = 0

    @property
    def sql(self) -> str:
        """The stored value."""
        return f"t.{self.name}"


@dataclass(frozen=True, slots=True)
class Through:
    """A column of the row of another table whose key a column here holds.

    Attributes:
        local: The column here.
        table: The other table.
        name: Its column.
        empty: What stands for no value in it, besides NULL.
    """

    local: str
    table: Table[Any]
    name: str
    empty: int | str | None = None

    @property
    def sql(self) -> str:
        """The stored value."""
        return f"(SELECT l.{self.name} FROM {self.table.name} l WHERE l.key = t.{self.local})"  # noqa: S608 - declared names


@dataclass(frozen=True, slots=True)
class Sql:
    """An expression; `t` is the table that is searched. Written in the declarations, never made from a request."""

    expression: str
    empty: int | str | None = None

    @property
    def sql(self) -> str:
        """The stored value."""
        return f"({self.expression})"


@dataclass(frozen=True, slots=True)
class Flag:
    """A condition whose truth is the value.

    Attributes:
        condition: In terms of `t`; written so that an index can find the rows for which it is true.
    """

    condition: str
    empty: None = None

    @property
    def sql(self) -> str:
        """The stored value."""
        return f"({self.condition})"


Source = Column | Through | Sql | Flag


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a resource, under the name that the API gives it.

    Attributes:
        nullable: It may be without a value; an empty column is then shown as null.
        can_filter: Filters may name it.
        can_sort: Sorts may name it.
        is_shown: Items hold it.
        shown_from: Where items take it from if that is another place than filters and sorts use.
    """

    name: str
    type: ValueType
    source: Source
    nullable: bool = False
    can_filter: bool = True
    can_sort: bool = True
    is_shown: bool = True
    shown_from: Source | None = None


@dataclass(frozen=True, slots=True)
class VariableFilter:
    """A filter that names variables: a list of name and value.

    Attributes:
        name: In the API.
        local: The column that holds the key of the process instance.
        scope: The column that holds the scope whose variables count; "" for all of the process instance.
    """

    name: str
    local: str
    scope: str = ""


@dataclass(frozen=True, slots=True)
class ListFilter:
    """A filter on the members of a list that is stored as JSON or as words.

    Attributes:
        name: In the API.
        type: Of the members.
        sql: The stored list.
        is_json: JSON, or words separated by blanks.
        takes_list: The filter is a list of members, all of which must be there; else it is as one of a string.
    """

    name: str
    type: ValueType
    sql: str
    is_json: bool
    takes_list: bool


@dataclass(frozen=True, slots=True)
class MapFilter:
    """A filter on the entries of a map that is stored as a JSON object: each key that it names has a filter of its own.

    Attributes:
        name: In the API.
        type: Of the values.
        sql: The stored map.
    """

    name: str
    type: ValueType
    sql: str


@dataclass(frozen=True, slots=True)
class Relation:
    """Rows of another table that belong to a row of the table that is searched.

    Attributes:
        rows: What follows FROM, with a condition.
        key: The key of the row of `t` that they belong to.
        is_few: There are so few that reading all of them costs less than asking for those of each row of `t`.
        is_membership: What is said is which rows there are: not to have one that is named is to have none like it.
    """

    rows: str
    key: str
    is_few: bool = False
    is_membership: bool = False


@dataclass(frozen=True, slots=True)
class RelatedFilter:
    """A filter on related rows: one of them must fulfil all that a filter says about its relation.

    Attributes:
        name: In the API.
        type: Of the value.
        relation: Where the rows are.
        sql: The stored value, in terms of the relation.
    """

    name: str
    type: ValueType
    relation: Relation
    sql: str


@dataclass(frozen=True, slots=True)
class Walk:
    """A column in whose order an index holds the rows that have a value in it.

    Attributes:
        column: Its name.
        index: Name of the index in the database.
        states_without: States of the rows that have no value.
    """

    column: str
    index: str
    states_without: frozenset[int]

    def has(self, states: Iterable[Any], has_value: bool) -> bool:
        """Whether there may be rows with (or without) a value among those of some states."""
        return any((state in self.states_without) is not has_value for state in states)


@dataclass(frozen=True, slots=True)
class SearchResource:
    """Something that can be searched.

    Attributes:
        name: For messages: "Process Instance".
        table: Its rows.
        key: Name of the field that shows the key.
        fields: Its fields.
        variables: Filters over variables.
        lists: Filters over lists.
        related: Filters over rows of other tables.
        maps: Filters over maps.
        alternatives: Filters may hold `$or`.
        where: Condition that all rows fulfil.
        rows: Where the rows come from if that is more than the table: a query in brackets, with a column `key`.
        scattered: States whose rows are few and lie in a partial index that is not in the order of the key.
        runs: Columns whose values, one of each, select a run of rows in key order by an index: see `statement`.
        walk: A column for whose order, and for ranges in it, there is an index.
    """

    name: str
    table: Table[Any]
    key: str
    fields: tuple[Field, ...]
    variables: tuple[VariableFilter, ...] = ()
    lists: tuple[ListFilter, ...] = ()
    related: tuple[RelatedFilter, ...] = ()
    maps: tuple[MapFilter, ...] = ()
    alternatives: bool = False
    where: str = ""
    rows: str = ""
    runs: tuple[str, ...] = ()
    walk: Walk | None = None
    scattered: frozenset[int] = frozenset()
    by_name: dict[str, Field] = field(init=False)
    shown: tuple[Field, ...] = field(init=False)
    from_: str = field(init=False)

    def __post_init__(self) -> None:
        """Index the fields."""
        object.__setattr__(self, "by_name", {f.name: f for f in self.fields})
        object.__setattr__(self, "from_", f"{self.rows or self.table.name} t")
        object.__setattr__(self, "shown", tuple(f for f in self.fields if f.is_shown))
