"""What one batch changes: the rows to write, collected while the engine works, frozen for the store at commit."""

from __future__ import annotations

from typing import Any, NamedTuple

from kiang.engine.state.table import Row, Table


class Change(NamedTuple):
    """Rows of one table to write in one statement.

    `inserts` are tuples of all columns; `updates` of the mutable columns and the key; `deletes` are keys.
    """

    table: Table[Any]
    inserts: list[tuple[Any, ...]]
    updates: list[tuple[Any, ...]]
    deletes: list[tuple[int]]


class Commit(NamedTuple):
    """One transaction.

    Attributes:
        position: Number of this batch, one more than the batch before.
        last_key: The youngest key handed out so far.
        changes: Rows by table.
        records: The batch's entry of the record log, encoded; empty to write none.
        time_ms: Time of the last command in it.
    """

    position: int
    last_key: int
    changes: list[Change]
    records: bytes
    time_ms: int


class UnitOfWork:
    """Dirty rows by table and key."""

    __slots__ = ("_deletes", "_inserts", "_lookups", "_updates")

    def __init__(self) -> None:
        self._inserts: dict[Table[Any], dict[int, Row]] = {}
        self._updates: dict[Table[Any], dict[int, Row]] = {}
        self._deletes: dict[Table[Any], dict[int, None]] = {}
        self._lookups: dict[Table[Any], dict[Any, dict[int, Row]]] = {}

    def insert(self, table: Table[Any], key: int, row: Row) -> None:
        """A row that the store does not have."""
        rows = self._inserts.get(table)
        if rows is None:
            rows = self._inserts[table] = {}
        rows[key] = row
        if table.lookup:
            self._index(table, key, row)

    def update(self, table: Table[Any], key: int, row: Row) -> None:
        """A row that has changed; harmless for one that is to be inserted anyway."""
        rows = self._inserts.get(table)
        if rows is not None and key in rows:
            return
        rows = self._updates.get(table)
        if rows is None:
            rows = self._updates[table] = {}
        rows[key] = row
        if table.lookup:
            self._index(table, key, row)

    def delete(self, table: Table[Any], key: int) -> None:
        """A row that the store may have; one that was inserted in this batch is simply forgotten."""
        if table.lookup:
            row = self.row(table, key)
            if row is not None:
                del self._lookups[table][table.lookup_values(row)][key]
        if self._inserts.get(table, {}).pop(key, None) is not None:
            return
        self._updates.get(table, {}).pop(key, None)
        self._deletes.setdefault(table, {})[key] = None

    def rows(self, table: Table[Any]) -> list[Row]:
        """Every row of `table` that is to be written."""
        return [*self._inserts.get(table, {}).values(), *self._updates.get(table, {}).values()]

    def row(self, table: Table[Any], key: int) -> Row | None:
        """A row that is to be written."""
        found = self._inserts.get(table, {}).get(key)
        return found if found is not None else self._updates.get(table, {}).get(key)

    def look_up(self, table: Table[Any], values: Any) -> list[Row]:
        """Rows that are to be written and have these values in the table's `lookup` columns."""
        return list(self._lookups.get(table, {}).get(values, {}).values())

    def count(self, table: Table[Any]) -> int:
        """How many rows of `table` are to be written or deleted."""
        return len(self._inserts.get(table, ())) + len(self._updates.get(table, ())) + len(self._deletes.get(table, ()))

    def touches(self, table: Table[Any], key: int) -> bool:
        """Whether the row of this key is to be written or deleted."""
        return (
            key in self._updates.get(table, {})
            or key in self._inserts.get(table, {})
            or key in self._deletes.get(table, {})
        )

    def deleted(self, table: Table[Any]) -> dict[int, None]:
        """Keys of `table` that are to be deleted."""
        return self._deletes.get(table, {})

    def freeze(self) -> list[Change]:
        """The changes as parameters for the store; later changes to the rows do not reach them."""
        tables = {**dict.fromkeys(self._inserts), **dict.fromkeys(self._updates), **dict.fromkeys(self._deletes)}
        changes = []
        for table in tables:
            values, changed = table.values, table.changes
            changes.append(
                Change(
                    table,
                    [values(r) for r in self._inserts.get(table, {}).values()],
                    [changed(r) for r in self._updates.get(table, {}).values()],
                    [(key,) for key in self._deletes.get(table, {})],
                )
            )
        return changes

    def _index(self, table: Table[Any], key: int, row: Row) -> None:
        self._lookups.setdefault(table, {}).setdefault(table.lookup_values(row), {})[key] = row

    def __bool__(self) -> bool:
        return bool(self._inserts or self._updates or self._deletes)
