"""What every store must do: one suite, every implementation."""

import threading
from collections.abc import Callable, Iterator
from typing import ClassVar

import pytest

from kiang.engine.state.table import Index, Row, Table
from kiang.engine.state.tables import TABLES
from kiang.engine.state.unit_of_work import Change, Commit, UnitOfWork
from kiang.errors import StoreError
from kiang.store.memory import MemoryStore
from kiang.store.port import Store
from kiang.store.sqlite import SqliteStore


class Parcel(Row):
    key: int
    carrier: str
    weight: int
    due_at: int | None = None
    label: bytes = b""
    state: int = 1
    seen: int = 0

    TRANSIENT: ClassVar = frozenset({"seen"})
    MUTABLE: ClassVar = ("weight", "due_at", "state")


PARCELS = Table(
    "parcel",
    Parcel,
    (Index(("carrier", "weight desc", "key"), where=(("state", 1),)), Index(("due_at", "key"), where=(("state", 2),))),
)

STORES: dict[str, Callable[..., Store]] = {
    "memory": lambda path, tables: MemoryStore(),
    "sqlite": lambda path, tables: SqliteStore(path, tables=tables, writes_apart=False),
    "sqlite, writer apart": lambda path, tables: SqliteStore(path, tables=tables),
}


@pytest.fixture(params=STORES)
def store(request, tmp_path) -> Iterator[Store]:
    store = STORES[request.param](tmp_path / "data", (*TABLES, PARCELS))
    yield store
    store.close()


class Writer:
    """Writes rows as the engine does."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.work = UnitOfWork()

    def commit(self, records: bytes = b"", time_ms: int = 1) -> Commit:
        commit = Commit(self.store.header.position + 1, 1000, self.work.freeze(), records, time_ms)
        self.work = UnitOfWork()
        self.store.commit(commit)
        return commit

    def insert(self, *rows: Row) -> None:
        for row in rows:
            self.work.insert(PARCELS, row.key, row)
        self.commit()


@pytest.fixture
def writer(store) -> Writer:
    return Writer(store)


def keys(rows):
    return [row.key for row in rows]


def test_a_new_store_is_empty_and_stands_at_zero(store):
    assert store.header.position == 0
    assert store.header.last_key == 0
    assert store.header.epoch == 1
    assert store.select(PARCELS) == []
    assert list(store.log()) == []


def test_inserted_rows_come_back_as_new_objects_without_their_transient_fields(store, writer):
    row = Parcel(7, "snail", 3, None, b"\x00\xff", 1, seen=9)

    writer.insert(row)

    (found,) = store.select(PARCELS)
    assert found == Parcel(7, "snail", 3, None, b"\x00\xff", 1, seen=0)
    assert found is not row


def test_an_update_writes_the_mutable_columns(store, writer):
    writer.insert(Parcel(1, "snail", 3), Parcel(2, "snail", 4))

    writer.work.update(PARCELS, 1, Parcel(1, "ignored", 5, 99, b"", 2))
    writer.commit()

    assert store.select(PARCELS, order=("key",)) == [Parcel(1, "snail", 5, 99, b"", 2), Parcel(2, "snail", 4)]


def test_a_deleted_row_is_gone(store, writer):
    writer.insert(Parcel(1, "snail", 3), Parcel(2, "snail", 4))

    writer.work.delete(PARCELS, 1)
    writer.commit()

    assert keys(store.select(PARCELS)) == [2]


def test_the_header_follows_the_commits(store, writer):
    writer.commit(b"r", time_ms=77)

    assert (store.header.position, store.header.last_key, store.header.time_ms) == (1, 1000, 77)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ([], [1, 2, 3, 4]),
        ([("key", "=", 2)], [2]),
        ([("key", "in", [4, 1, 9])], [1, 4]),
        ([("key", "in", [])], []),
        ([("carrier", "=", "snail")], [1, 3]),
        ([("carrier", "in", ["snail", "pigeon"])], [1, 2, 3]),
        ([("weight", "<", 20)], [1]),
        ([("weight", "<=", 20)], [1, 2]),
        ([("weight", ">", 20)], [3, 4]),
        ([("weight", ">=", 20)], [2, 3, 4]),
        ([("state", "=", 1), ("carrier", "=", "snail")], [1]),
        ([("state", "=", 2), ("due_at", ">=", 0)], [3]),
        ([("due_at", "=", None)], []),
        ([("due_at", "<", 10**18)], [3]),
        ([("carrier", "=", "nobody")], []),
    ],
)
def test_select_finds_the_rows_that_fulfil_every_condition(store, writer, where, expected):
    writer.insert(
        Parcel(1, "snail", 10), Parcel(2, "pigeon", 20), Parcel(3, "snail", 30, 5, b"", 2), Parcel(4, "whale", 40)
    )

    assert keys(store.select(PARCELS, where, ("key",))) == expected


def test_select_orders_in_both_directions_and_limits(store, writer):
    writer.insert(Parcel(1, "b", 1), Parcel(2, "a", 2, 7), Parcel(3, "b", 2, 3), Parcel(4, "a", 1))

    assert keys(store.select(PARCELS, order=("carrier", "weight desc"))) == [2, 4, 3, 1]
    assert keys(store.select(PARCELS, order=("weight", "key desc"), limit=3)) == [4, 1, 3]
    assert keys(store.select(PARCELS, order=("due_at", "key"))) == [1, 4, 3, 2]
    assert keys(store.select(PARCELS, order=("due_at desc", "key"))) == [2, 3, 1, 4]
    assert keys(store.select(PARCELS, order=("key",), limit=0)) == []


def test_indexes_follow_the_rows(store, writer):
    open_of_snail = [("carrier", "=", "snail"), ("state", "=", 1)]
    writer.insert(*(Parcel(key, "snail", key % 3) for key in range(1, 10)))
    assert keys(store.select(PARCELS, open_of_snail, ("weight desc", "key"), 4)) == [2, 5, 8, 1]

    writer.work.update(PARCELS, 2, Parcel(2, "snail", 2, 50, b"", 2))
    writer.work.update(PARCELS, 9, Parcel(9, "snail", 8))
    writer.commit()

    assert keys(store.select(PARCELS, open_of_snail, ("weight desc", "key"), 4)) == [9, 5, 8, 1]
    assert keys(store.select(PARCELS, [("state", "=", 2)])) == [2]


def test_text_and_integers_of_every_kind_survive(store, writer):
    text = "quote ' \" \\ newline \n null \x00 astral \U0001f40c"
    writer.insert(Parcel(1, text, 2**63 - 1), Parcel(2**62, "", -(2**63)))

    assert store.select(PARCELS, order=("key",)) == [Parcel(1, text, 2**63 - 1), Parcel(2**62, "", -(2**63))]
    assert keys(store.select(PARCELS, [("carrier", "in", [text])])) == [1]


def test_many_rows_in_one_commit(store, writer):
    writer.insert(*(Parcel(key, "snail", key) for key in range(1, 5001)))

    assert len(store.select(PARCELS)) == 5000
    assert len(store.select(PARCELS, [("key", "in", list(range(1, 4000)))])) == 3999


def test_a_commit_out_of_turn_is_refused_and_changes_nothing(store, writer):
    writer.insert(Parcel(1, "snail", 1))

    for position in (1, 3):
        commit = Commit(position, 5, [Change(PARCELS, [(2, "snail", 1, None, b"", 1)], [], [])], b"", 1)
        with pytest.raises(StoreError):
            store.commit(commit)

    assert keys(store.select(PARCELS)) == [1]
    assert store.header.position == 1


def test_a_commit_that_fails_half_way_changes_nothing_and_a_later_one_succeeds(store, writer):
    writer.insert(Parcel(1, "snail", 1))

    broken = Commit(2, 5, [Change(PARCELS, [(2, "a", 1, None, b"", 1), (1, "a", 1, None, b"", 1)], [], [])], b"x", 1)
    with pytest.raises(StoreError):
        store.commit(broken)

    assert keys(store.select(PARCELS)) == [1]
    assert list(store.log()) == []
    writer.insert(Parcel(3, "snail", 1))
    assert keys(store.select(PARCELS, order=("key",))) == [1, 3]


def test_the_record_log_keeps_what_each_commit_wrote(store, writer):
    for number in range(1, 6):
        writer.commit(b"" if number == 3 else b"batch %d" % number, time_ms=number * 10)

    assert [(e.position, e.time_ms, e.records) for e in store.log()] == [
        (1, 10, b"batch 1"), (2, 20, b"batch 2"), (4, 40, b"batch 4"), (5, 50, b"batch 5"),
    ]  # fmt: skip
    assert [e.position for e in store.log(after_position=2)] == [4, 5]
    assert [e.position for e in store.log(after_position=1, limit=1)] == [2]


def test_the_record_log_can_be_trimmed(store, writer):
    for _ in range(1200):
        writer.commit(b"x")

    assert store.trim_log(before_position=1101) == 1100
    assert [e.position for e in store.log(limit=2)] == [1101, 1102]
    assert store.trim_log(before_position=1101) == 0
    writer.commit(b"y")
    assert store.header.position == 1201


def test_reading_goes_on_while_commits_are_written(store):
    """A reader on another thread sees whole commits only: the two rows of a pair always carry the same weight."""
    writer = Writer(store)
    writer.insert(Parcel(1, "pair", 0), Parcel(2, "pair", 0))
    stop, torn, seen = threading.Event(), [], set()

    def read() -> None:
        while not stop.is_set():
            weights = {row.weight for row in store.select(PARCELS, [("carrier", "=", "pair")])}
            seen.update(weights)
            if len(weights) != 1:
                torn.append(weights)

    reader = threading.Thread(target=read)
    reader.start()
    for weight in range(1, 200):
        writer.work.update(PARCELS, 1, Parcel(1, "pair", weight))
        writer.work.update(PARCELS, 2, Parcel(2, "pair", weight))
        writer.commit()
    stop.set()
    reader.join()

    assert not torn
    assert seen


def test_closing_twice_is_harmless(store):
    store.close()
    store.close()
