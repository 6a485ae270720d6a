"""What only the SQLite store does: schema, migrations, damaged and foreign files, locks, fencing, its writer."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import pytest

from kiang.engine.state.job import JOBS
from kiang.engine.state.table import Index, Row, Table
from kiang.engine.state.tables import TABLES
from kiang.engine.state.timer import TIMERS
from kiang.engine.state.unit_of_work import Change, Commit
from kiang.errors import (
    CorruptStoreError,
    FencedError,
    StoreError,
    StoreFullError,
    StoreLockedError,
    StoreVersionError,
)
from kiang.protocol.enums import JobState
from kiang.store.schema import SCHEMA_VERSION, bring_up, create_index, create_table
from kiang.store.sqlite import SqliteStore
from kiang.store.writer import connect


class Note(Row):
    key: int
    text: str

    MUTABLE: ClassVar = ("text",)


class LongerNote(Row):
    key: int
    text: str
    pages: int = 3
    author: str = "it's me"
    read_at: int | None = None
    scan: bytes = b"\x01"

    MUTABLE: ClassVar = ("text", "pages")


NOTES = Table("note", Note, (Index(("text",)),))
LONGER_NOTES = Table("note", LongerNote, (Index(("text", "pages desc"), where=(("author", "it's me"),), unique=True),))


def open_store(path, tables=(NOTES,), **options) -> SqliteStore:
    return SqliteStore(path, **{"tables": tables, "writes_apart": False, "lock_wait_s": 0.0, **options})


def write(store, *rows, table=NOTES) -> None:
    position = store.header.position + 1
    store.commit(Commit(position, 100 + position, [Change(table, list(rows), [], [])], b"", position))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data"


# Opening


def test_a_store_goes_on_where_it_was_closed(path):
    store = open_store(path)
    write(store, (1, "a"))
    store.close()

    again = open_store(path)

    assert again.select(NOTES) == [Note(1, "a")]
    assert (again.header.position, again.header.last_key, again.header.time_ms, again.header.epoch) == (1, 101, 1, 2)
    again.close()


def test_the_files_are_durable_and_ours(path):
    store = open_store(path)
    db = sqlite3.connect(store.path)

    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store._writer._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert db.execute("PRAGMA application_id").fetchone() == (0x4B69616E,)
    db.close()
    store.close()


def test_every_declared_table_can_be_made(path):
    store = open_store(path, TABLES)
    for table in TABLES:
        assert store.select(table, limit=1) == []
    store.close()


def test_a_second_process_on_the_same_folder_is_refused_and_told_who_has_it(path):
    store = open_store(path)
    code = f"""
import sys
from kiang.store.sqlite import SqliteStore
from kiang.errors import StoreLockedError
try:
    SqliteStore({str(path)!r}, lock_wait_s=0.05)
except StoreLockedError as error:
    print(error)
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert f"the process with id {os.getpid()} uses it. Stop that process, or choose another data folder." in found
    with pytest.raises(StoreLockedError):
        open_store(path)
    store.close()
    open_store(path).close()


def test_partitions_share_a_folder(path):
    first, second = open_store(path), open_store(path, partition=2)
    assert second.header.partition == 2
    first.close()
    second.close()


def test_a_store_of_another_partition_is_refused(path):
    store = open_store(path)
    store.close()
    store.path.rename(path / "partition-2.db")

    with pytest.raises(StoreError, match="Expected the store of partition 2, but it is that of partition 1"):
        open_store(path, partition=2)


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    path = tmp_path / "file"
    path.write_text("x")

    with pytest.raises(StoreError, match="Expected .* to be a data folder"):
        open_store(path)


def test_a_file_that_is_no_database_is_refused_and_left_alone(path):
    path.mkdir()
    (path / "partition-1.db").write_bytes(b"no database at all" * 100)

    with pytest.raises(CorruptStoreError, match="Restore it from a backup"):
        open_store(path)
    assert (path / "partition-1.db").read_bytes() == b"no database at all" * 100
    with pytest.raises(CorruptStoreError):  # the lock was given back
        open_store(path)


def test_another_programs_database_is_refused_and_left_alone(path):
    path.mkdir()
    db = sqlite3.connect(path / "partition-1.db")
    db.execute("CREATE TABLE customer (id)")
    db.close()

    with pytest.raises(CorruptStoreError, match="holds other tables \\(customer\\)"):
        open_store(path)
    db = sqlite3.connect(path / "partition-1.db")
    assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("customer",)]
    db.close()


def test_a_damaged_page_is_told_as_such_when_it_is_read_and_when_it_is_written(path):
    store = open_store(path)
    write(store, *((key, "x" * 500) for key in range(1, 500)))
    store.close()
    content = bytearray(store.path.read_bytes())
    for page in range(6, len(content) // 4096):
        content[page * 4096 : page * 4096 + 200] = b"\xff" * 200
    store.path.write_bytes(content)

    store = open_store(path)
    with pytest.raises(CorruptStoreError, match="sqlite3 FILE .recover"):
        store.select(NOTES)
    with pytest.raises(CorruptStoreError):
        write(store, (1000, "y"))
    store.close()


# Versions


def test_a_store_of_a_newer_version_is_refused_and_left_alone(path):
    open_store(path).close()
    db = sqlite3.connect(path / "partition-1.db")
    db.execute("UPDATE meta SET version = ?", (SCHEMA_VERSION + 1,))
    db.commit()
    before = db.execute("SELECT * FROM meta").fetchall()

    with pytest.raises(StoreVersionError, match="written by a newer one: it has schema version"):
        open_store(path)
    assert db.execute("SELECT * FROM meta").fetchall() == before
    db.close()


@pytest.mark.parametrize(
    ("ddl", "text"),
    [
        ("ALTER TABLE note ADD COLUMN colour TEXT", "column colour in table note"),
        ("CREATE TABLE letter (key INTEGER PRIMARY KEY)", "holds table letter"),
    ],
)
def test_a_store_with_what_this_program_does_not_know_is_taken_for_a_newer_one(path, ddl, text):
    open_store(path).close()
    db = sqlite3.connect(path / "partition-1.db")
    db.execute(ddl)
    db.close()

    with pytest.raises(StoreVersionError, match=text):
        open_store(path)


def test_declared_columns_tables_and_indexes_are_added_to_an_older_store(path):
    store = open_store(path)
    write(store, (1, "a"), (2, "b"))
    store.close()
    other = Table("other", Note)

    store = open_store(path, (LONGER_NOTES, other))

    assert store.select(LONGER_NOTES, order=("key",)) == [LongerNote(1, "a"), LongerNote(2, "b")]
    assert store.select(LONGER_NOTES)[0].author == "it's me"
    write(store, (3, "c", 9, "you", 4, b""), table=LONGER_NOTES)
    assert store.select(LONGER_NOTES, [("key", "=", 3)]) == [LongerNote(3, "c", 9, "you", 4, b"")]
    assert store.select(other) == []
    db = sqlite3.connect(store.path)
    indexes = [sql for (sql,) in db.execute("SELECT sql FROM sqlite_master WHERE type = 'index'")]
    assert len(indexes) == 1
    assert indexes[0].startswith("CREATE UNIQUE INDEX ix_note_text_")
    assert "(text, pages desc) WHERE author = 'it''s me'" in indexes[0]
    db.close()
    store.close()


def test_a_store_is_migrated_step_by_step():
    db = connect(":memory:")
    bring_up(db, (NOTES,), 1, version=1)
    db.execute("INSERT INTO note VALUES (1, 'a')")
    done = []

    def shout(db):
        done.append(2)
        db.execute("UPDATE note SET text = upper(text)")

    def double(db):
        done.append(3)
        db.execute("UPDATE note SET text = text || text")

    bring_up(db, (NOTES,), 1, version=3, migrations={2: shout, 3: double})
    bring_up(db, (NOTES,), 1, version=3, migrations={2: shout, 3: double})

    assert done == [2, 3]
    assert db.execute("SELECT text FROM note").fetchall() == [("AA",)]
    assert db.execute("SELECT version FROM meta").fetchone() == (3,)
    db.close()


def test_a_migration_that_fails_leaves_the_store_as_it_was():
    db = connect(":memory:")
    bring_up(db, (NOTES,), 1, version=1)
    db.execute("INSERT INTO note VALUES (1, 'a')")

    def fail(db):
        db.execute("DELETE FROM note")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        bring_up(db, (LONGER_NOTES,), 1, version=2, migrations={2: fail})

    assert db.execute("SELECT * FROM note").fetchall() == [(1, "a")]
    assert db.execute("SELECT version FROM meta").fetchone() == (1,)
    db.close()


# Writing


def test_a_writer_that_was_replaced_is_fenced(path):
    store = open_store(path)
    write(store, (1, "a"))
    db = sqlite3.connect(store.path)
    db.execute("UPDATE meta SET epoch = epoch + 1")
    db.commit()
    db.close()

    with pytest.raises(FencedError, match="writer 2 has taken over"):
        write(store, (2, "b"))
    assert store.select(NOTES) == [Note(1, "a")]
    store.close()


@pytest.mark.parametrize("writes_apart", [False, True])
def test_a_full_store_refuses_and_keeps_what_it_has(path, writes_apart):
    store = open_store(path, pages_max=60, writes_apart=writes_apart)
    written = 0
    with pytest.raises(StoreFullError, match="Make room; nothing was lost"):
        for key in range(1, 1000):
            write(store, (key, "x" * 2000))
            written = key
    with pytest.raises(StoreFullError):
        write(store, (written + 1, "x" * 20_000))

    assert len(store.select(NOTES)) == written == store.header.position
    store.close()
    again = open_store(path, writes_apart=writes_apart)
    write(again, (written + 1, "x" * 20_000))
    assert len(again.select(NOTES)) == written + 1
    again.close()


@pytest.mark.parametrize("value", [2**63, 2**70, "\ud800", object()])
@pytest.mark.parametrize("writes_apart", [False, True])
def test_a_value_that_no_column_can_hold_is_refused_and_leaves_nothing_behind(path, writes_apart, value):
    store = open_store(path, writes_apart=writes_apart)
    write(store, (1, "a"))

    with pytest.raises(StoreError):
        write(store, (2, "b"), (3, value))

    write(store, (2, "b"))
    assert store.select(NOTES, order=("key",)) == [Note(1, "a"), Note(2, "b")]
    store.close()


def test_a_writer_that_was_killed_between_commits_is_replaced_and_nothing_is_lost(path):
    store = open_store(path, writes_apart=True)
    write(store, (1, "a"))
    os.kill(store._writer.pid, signal.SIGKILL)

    with pytest.raises(StoreError, match="It was started again; nothing of the batch was written"):
        write(store, (2, "b"))
    write(store, (2, "b"))

    assert store.select(NOTES, order=("key",)) == [Note(1, "a"), Note(2, "b")]
    store.close()


def test_a_commit_that_became_durable_before_its_writer_was_killed_counts(path):
    """The writer dies after the commit and before its answer."""
    store = open_store(path, writes_apart=True)
    write(store, (1, "a"))
    os.kill(store._writer.pid, signal.SIGKILL)
    db = sqlite3.connect(store.path)
    db.execute("INSERT INTO note VALUES (2, 'b')")
    db.execute("UPDATE meta SET position = 2")
    db.commit()
    db.close()

    write(store, (2, "b"))

    assert store.header.position == 2
    assert len(store.select(NOTES)) == 2
    store.close()


def test_the_writer_ends_with_the_process_that_started_it(path):
    code = f"""
import os
from kiang.store.sqlite import SqliteStore
store = SqliteStore({str(path)!r})
print(store._writer.pid, flush=True)
os.kill(os.getpid(), 9)
"""
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    store = SqliteStore(path)  # waits until the writer has let go of the folder

    assert child.returncode == -signal.SIGKILL
    assert has_ended(int(child.stdout))
    store.close()


def has_ended(pid: int) -> bool:
    """Gone, or only waiting for somebody to take note of its end."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return status.rpartition(")")[2].split()[0] == "Z"


def test_the_write_ahead_log_does_not_grow_without_bound(path):
    store = open_store(path)
    for key in range(1, 3000):
        write(store, (key, "x" * 5000))

    wal = path / "partition-1.db-wal"
    assert wal.stat().st_size < 40_000_000
    assert store.path.stat().st_size > 10_000_000
    store.close()


def test_a_connection_for_searches_cannot_write(path):
    store = open_store(path)
    write(store, (1, "a"))
    db = store.connect_for_reading()

    assert db.execute("SELECT text FROM note").fetchall() == [("a",)]
    with pytest.raises(sqlite3.OperationalError):
        db.execute("DELETE FROM note")
    db.close()
    store.close()


# Reading


@pytest.mark.parametrize(
    ("table", "where", "order"),
    [
        (JOBS, [("job_type", "=", "a"), ("state", "=", JobState.ACTIVATABLE)], ("priority desc", "key")),
        (
            JOBS,
            [("job_type", "=", "a"), ("state", "=", JobState.ACTIVATABLE), ("priority", "=", 0), ("key", ">", 5)],
            ("priority desc", "key"),
        ),
        (JOBS, [("state", "=", JobState.ACTIVATED), ("deadline", ">=", 0)], ("deadline", "key")),
        (JOBS, [("state", "=", JobState.FAILED), ("recur_at", ">=", 0)], ("recur_at", "key")),
        (JOBS, [("key", "in", [1, 2, 3])], ()),
    ],
)
def test_questions_of_the_engine_are_answered_from_an_index_without_sorting(path, table, where, order):
    store = open_store(path, TABLES)
    query, parameters = store._query(table, where, order, 100)

    plan = " | ".join(row[3] for row in store._reader.execute(f"EXPLAIN QUERY PLAN {query}", parameters))

    assert "SEARCH job USING" in plan
    assert "TEMP B-TREE" not in plan
    store.close()


def test_questions_of_one_shape_share_a_query(path):
    store = open_store(path, TABLES)
    for key in range(100):
        store.select(TIMERS, [("process_instance_key", "=", key), ("state", "=", key % 3)], ["key"])
        store.select(JOBS, [("key", "in", list(range(key)))])

    assert len(store._queries) < 10
    store.close()


def test_ddl_says_what_the_declaration_says():
    assert create_table(LONGER_NOTES) == (
        "CREATE TABLE note (key INTEGER PRIMARY KEY, text TEXT NOT NULL, pages INTEGER NOT NULL, author TEXT NOT NULL,"
        " read_at INTEGER, scan BLOB NOT NULL)"
    )
    assert create_index(NOTES, NOTES.indexes[0]).endswith(" ON note (text)")
