"""How a row type declares its table: columns, what of them can change, indexes.

Every row is a `msgspec.Struct` whose first field is its key. Fields are columns unless the class lists them in
`TRANSIENT`: those live only while the row is resident. Columns that change after the row was made are listed in
`MUTABLE`; an update writes these and touches no index that does not hold one of them.
"""

from __future__ import annotations

import operator
import types
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, ClassVar, Generic, Literal, TypeVar

import msgspec

ColumnType = Literal["int", "text", "blob"]
Operator = Literal["=", "<", "<=", ">", ">=", "in"]
Condition = tuple[str, Operator, Any]
"""Column, operator, value: a list of values for `in`."""

COLUMN_TYPES: dict[type, ColumnType] = {int: "int", str: "text", bytes: "blob"}


class Row(msgspec.Struct, gc=False):
    """Base of every row."""

    TRANSIENT: ClassVar[frozenset[str]] = frozenset()
    MUTABLE: ClassVar[tuple[str, ...]] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    name: str
    type: ColumnType
    nullable: bool


@dataclass(frozen=True, slots=True)
class Index:
    """An index over `columns`, in this order; a trailing ` desc` turns one around.

    Attributes:
        where: Rows that it holds, as equality conditions on columns; empty for all.
        unique: No two rows may have the same values.
        present: It holds only the rows that have a value in this column; "" for all.
    """

    columns: tuple[str, ...]
    where: tuple[tuple[str, int | str], ...] = ()
    unique: bool = False
    present: str = ""


R = TypeVar("R", bound=Row)


class Table(Generic[R]):
    """A table and the row type that it stores.

    Attributes:
        name: In the database.
        row: The row type.
        columns: In the order of the fields; the first is the primary key.
        mutable: Columns that an update writes.
        lookup: Columns that never change and by whose values changed rows are looked up often.
        values: Takes a row to the tuple of its columns.
        changes: Takes a row to the tuple of its mutable columns and its key: the parameters of an update.
    """

    __slots__ = ("changes", "columns", "indexes", "lookup", "lookup_values", "mutable", "name", "row", "values")

    def __init__(
        self, name: str, row: type[R], indexes: tuple[Index, ...] = (), *, lookup: tuple[str, ...] = ()
    ) -> None:
        self.name = name
        self.row = row
        self.indexes = indexes
        self.lookup = lookup
        self.lookup_values: Callable[[R], tuple[Any, ...]] = attrgetter(*lookup) if lookup else _nothing
        self.columns = tuple(_columns(row))
        self.mutable = row.MUTABLE
        self.values: Callable[[R], tuple[Any, ...]] = attrgetter(*(c.name for c in self.columns))
        key = self.columns[0].name
        self.changes: Callable[[R], tuple[Any, ...]] = attrgetter(*self.mutable, key) if self.mutable else self.values

    def make(self, values: tuple[Any, ...]) -> R:
        """The row of a tuple of column values, its transient fields at their defaults."""
        return self.row(*values)

    def __repr__(self) -> str:
        return f"Table({self.name})"


def _nothing(row: Row) -> tuple[Any, ...]:  # noqa: ARG001 - of a table that nobody looks up
    return ()


def _columns(row: type[Row]) -> list[Column]:
    hints = typing.get_type_hints(row)
    columns = []
    transient_seen = False
    for name in row.__struct_fields__:
        if name in row.TRANSIENT:
            transient_seen = True
            continue
        if transient_seen:
            msg = f"Expected the transient fields of {row.__name__} to come last, but {name} follows them"
            raise TypeError(msg)
        hint, nullable = hints[name], False
        if isinstance(hint, types.UnionType):
            options = [t for t in typing.get_args(hint) if t is not type(None)]
            hint, nullable = options[0], len(options) < len(typing.get_args(hint))
        columns.append(Column(name, COLUMN_TYPES[hint], nullable))
    return columns


_COMPARE: dict[Operator, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda value, options: value in options,
}


def matches(row: Row, where: Sequence[Condition]) -> bool:
    """Whether every condition holds for `row`; an empty column fulfils none."""
    for column, compare, value in where:
        found = getattr(row, column)
        if found is None or not _COMPARE[compare](found, value):
            return False
    return True


def sort_rows(rows: list[R], order: Sequence[str]) -> list[R]:
    """`rows` by the named columns; ` desc` after a name turns that one around, empty columns come first."""
    for column in reversed(order):
        name, _, direction = column.partition(" ")
        rows.sort(key=lambda row: (getattr(row, name) is not None, getattr(row, name)), reverse=direction == "desc")
    return rows
