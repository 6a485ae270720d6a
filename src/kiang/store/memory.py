"""A store that forgets: for tests, and for engines that live inside a program."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from kiang.engine.state.table import Condition, Row, Table, matches, sort_rows
from kiang.engine.state.unit_of_work import Commit
from kiang.errors import StoreError
from kiang.store.port import Header, LogEntry, Removal

R = TypeVar("R", bound=Row)

_Values = tuple[Any, ...]


class _Rows:
    """The rows of one table as tuples of columns, with an index per column that was asked for.

    An index is made when a question needs it: an engine that never asks never pays for it.
    """

    def __init__(self, table: Table[Any]) -> None:
        self.places = {column.name: at for at, column in enumerate(table.columns)}
        self.mutable_places = [self.places[name] for name in table.mutable]
        self.by_key: dict[int, _Values] = {}
        self._indexes: dict[int, dict[Any, dict[int, None]]] = {}

    def insert(self, values: _Values) -> None:
        key = values[0]
        self.by_key[key] = values
        for at, index in self._indexes.items():
            index.setdefault(values[at], {})[key] = None

    def update(self, changes: _Values) -> bool:
        key = changes[-1]
        before = self.by_key.get(key)
        if before is None:
            return False
        values = list(before)
        for at, value in zip(self.mutable_places, changes, strict=False):
            if at in self._indexes and values[at] != value:
                self._discard(at, values[at], key)
                self._indexes[at].setdefault(value, {})[key] = None
            values[at] = value
        self.by_key[key] = tuple(values)
        return True

    def delete(self, key: int) -> None:
        values = self.by_key.pop(key, None)
        if values is not None:
            for at in self._indexes:
                self._discard(at, values[at], key)

    def candidates(self, where: Sequence[Condition]) -> list[_Values]:
        """Rows among which those are that fulfil the conditions."""
        best: list[dict[int, None]] | None = None
        best_count = len(self.by_key) + 1
        for column, compare, value in where:
            if compare not in {"=", "in"}:
                continue
            values = value if compare == "in" else (value,)
            if column == "key":
                return [self.by_key[key] for key in dict.fromkeys(values) if key in self.by_key]
            index = self._index(self.places[column])
            found = [keys for one in dict.fromkeys(values) if (keys := index.get(one)) is not None]
            count = sum(map(len, found))
            if count < best_count:
                best, best_count = found, count
        if best is None:
            return list(self.by_key.values())
        return [self.by_key[key] for keys in best for key in keys]

    def _index(self, at: int) -> dict[Any, dict[int, None]]:
        index = self._indexes.get(at)
        if index is None:
            index = self._indexes[at] = {}
            for key, values in self.by_key.items():
                index.setdefault(values[at], {})[key] = None
        return index

    def _discard(self, at: int, value: Any, key: int) -> None:
        keys = self._indexes[at][value]
        del keys[key]
        if not keys:
            del self._indexes[at][value]


class MemoryStore:
    """See `store.port.Store`. The record log grows until it is trimmed.

    Attributes:
        revision: Another number whenever rows have changed.
    """

    waits_for_disk = False

    def __init__(self, *, partition: int = 1) -> None:
        self.revision = 0
        self._header = Header(partition, 0, 0, 1, 0)
        self._tables: dict[str, _Rows] = {}
        self._log: list[LogEntry] = []
        self._lock = threading.Lock()

    @property
    def header(self) -> Header:
        """As of the last commit."""
        return self._header

    def commit(self, commit: Commit) -> None:
        """Write one batch; a commit that is refused has changed nothing."""
        header = self._header
        if commit.position != header.position + 1:
            raise StoreError(f"Expected commit {header.position + 1}, but got {commit.position}.")
        with self._lock:
            self._check(commit)
            for change in commit.changes:
                rows = self._rows(change.table)
                for values in change.inserts:
                    rows.insert(values)
                for changes in change.updates:
                    rows.update(changes)
                for (key,) in change.deletes:
                    rows.delete(key)
            if commit.records:
                self._log.append(LogEntry(commit.position, commit.time_ms, commit.records))
            self._header = Header(header.partition, commit.position, commit.last_key, header.epoch, commit.time_ms)
            self.revision += 1

    def select(
        self, table: Table[R], where: Sequence[Condition] = (), order: Sequence[str] = (), limit: int | None = None
    ) -> list[R]:
        """Rows for which every condition holds."""
        with self._lock:
            found = self._rows(table).candidates(where)
            rows = [row for values in found if matches(row := table.make(values), where)]
        if order:
            sort_rows(rows, order)
        return rows if limit is None else rows[:limit]

    def log(self, after_position: int = 0, limit: int = 1000) -> Iterator[LogEntry]:
        """Entries of the record log behind a position, oldest first."""
        with self._lock:
            start = bisect_right(self._log, after_position, key=lambda entry: entry.position)
            entries = self._log[start : start + limit]
        return iter(entries)

    def trim_log(self, before_position: int) -> int:
        """Forget entries of the record log before a position."""
        with self._lock:
            end = bisect_right(self._log, before_position - 1, key=lambda entry: entry.position)
            del self._log[:end]
        return end

    def remove(self, removals: Sequence[Removal]) -> int:
        """Delete rows that the engine is done with."""
        total = 0
        with self._lock:
            for removal in removals:
                rows = self._rows(removal.table)
                where: list[Condition] = [(removal.column, "in", removal.values)]
                for values in [v for v in rows.candidates(where) if matches(removal.table.make(v), where)]:
                    rows.delete(values[0])
                    total += 1
            self.revision += 1
        return total

    def close(self) -> None:
        """Nothing to release."""

    def _rows(self, table: Table[Any]) -> _Rows:
        rows = self._tables.get(table.name)
        if rows is None:
            rows = self._tables[table.name] = _Rows(table)
        return rows

    def _check(self, commit: Commit) -> None:
        for change in commit.changes:
            known = self._rows(change.table).by_key
            for values in change.inserts:
                if values[0] in known:
                    raise StoreError(f"Expected a new row of {change.table.name}, but {values[0]} is there already.")
