"""From the declared tables to those of a database, and from an older database to the declared tables."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from kiang.engine.state.table import Column, ColumnType, Index, Table
from kiang.errors import CorruptStoreError, StoreError, StoreVersionError
from kiang.store.migrations import MIGRATIONS, Migration

SCHEMA_VERSION = 1
"""Raised by changes that need an entry in `migrations`."""

APPLICATION_ID = 0x4B69616E
"""Marks the files as ours: "Kian"."""

META = "meta"
RECORD_LOG = "record_log"

_OWN_TABLES = {
    META: (
        "CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, partition INTEGER NOT NULL,"
        " position INTEGER NOT NULL, last_key INTEGER NOT NULL, epoch INTEGER NOT NULL, time_ms INTEGER NOT NULL)"
    ),
    RECORD_LOG: "CREATE TABLE record_log (position INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, records BLOB NOT NULL)",
}
_SQL_TYPES: dict[ColumnType, str] = {"int": "INTEGER", "text": "TEXT", "blob": "BLOB"}
_ZEROS: dict[ColumnType, Any] = {"int": 0, "text": "", "blob": b""}

AnyTable = Table[Any]


def create_table(table: AnyTable) -> str:
    """DDL of a table."""
    key, *columns = table.columns
    return f"CREATE TABLE {table.name} ({key.name} INTEGER PRIMARY KEY{''.join(', ' + _column(c) for c in columns)})"


def create_index(table: AnyTable, index: Index) -> str:
    """DDL of an index; its name tells what it is, so that a changed declaration is another index."""
    unique = "UNIQUE " if index.unique else ""
    conditions = [f"{column} = {literal(value)}" for column, value in index.where]
    if index.present:
        conditions.append(f"{index.present} IS NOT NULL")
    suffix = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"CREATE {unique}INDEX {index_name(table, index)} ON {table.name} ({', '.join(index.columns)}){suffix}"


def index_name(table: AnyTable, index: Index) -> str:
    """Its name in the database."""
    declared = (index.columns, index.where, index.unique, *filter(None, [index.present]))
    digest = hashlib.sha256(repr(declared).encode()).hexdigest()[:8]
    return f"ix_{table.name}_{index.columns[0]}_{digest}"


def insert_row(table: AnyTable) -> str:
    """Statement whose parameters are `table.values` of a row."""
    names = ", ".join(column.name for column in table.columns)
    return f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' * len(table.columns))})"  # noqa: S608 - declared names


def update_row(table: AnyTable) -> str:
    """Statement whose parameters are `table.changes` of a row; "" if no column ever changes."""
    if not table.mutable:
        return ""
    changes = ", ".join(f"{name} = ?" for name in table.mutable)
    return f"UPDATE {table.name} SET {changes} WHERE {table.columns[0].name} = ?"  # noqa: S608


def delete_row(table: AnyTable) -> str:
    """Statement whose parameter is a key."""
    return f"DELETE FROM {table.name} WHERE {table.columns[0].name} = ?"  # noqa: S608


def bring_up(
    db: sqlite3.Connection,
    tables: Sequence[AnyTable],
    partition: int,
    *,
    version: int = SCHEMA_VERSION,
    migrations: dict[int, Migration] | None = None,
) -> None:
    """Make a new or older database what is declared, in one transaction.

    Args:
        db: In autocommit mode.
        tables: What is declared.
        partition: Whose state it holds.
        version: Of the schema that this program knows.
        migrations: By the version that they lead to.

    Raises:
        StoreVersionError: It was written by a newer version.
        CorruptStoreError: It is no store of Kiang.
        StoreError: It belongs to another partition.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        existing = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if META in existing:
            _migrate(db, partition, version, MIGRATIONS if migrations is None else migrations)
        elif existing:
            raise _foreign(existing)  # noqa: TRY301 - rolled back below
        else:
            for ddl in _OWN_TABLES.values():
                db.execute(ddl)
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute("INSERT INTO meta VALUES (1, ?, ?, 0, 0, 0, 0)", (version, partition))
        _match(db, tables)
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _migrate(db: sqlite3.Connection, partition: int, version: int, migrations: dict[int, Migration]) -> None:
    row = db.execute("SELECT version, partition FROM meta").fetchone()
    if row is None:
        raise CorruptStoreError("Expected the store to say its version, but it does not. Restore it from a backup.")
    found, owner = row
    if found > version:
        raise _newer(f"has schema version {found}, this program knows {version}")
    if owner != partition:
        raise StoreError(f"Expected the store of partition {partition}, but it is that of partition {owner}.")
    for step in range(found + 1, version + 1):
        migrations[step](db)
    if found != version:
        db.execute("UPDATE meta SET version = ?", (version,))


def _match(db: sqlite3.Connection, tables: Sequence[AnyTable]) -> None:
    existing = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    declared = {table.name for table in tables}
    unknown = sorted(name for name in existing - declared - set(_OWN_TABLES) if not name.startswith("sqlite_"))
    if unknown:
        raise _newer(f"holds table {unknown[0]}, which this program does not know")
    for table in tables:
        if table.name not in existing:
            db.execute(create_table(table))
        else:
            _match_columns(db, table)
    _match_indexes(db, tables)


def _match_columns(db: sqlite3.Connection, table: AnyTable) -> None:
    existing = {row[1] for row in db.execute(f"PRAGMA table_info({table.name})")}
    unknown = sorted(existing - {column.name for column in table.columns})
    if unknown:
        raise _newer(f"has column {unknown[0]} in table {table.name}, which this program does not know")
    defaults = {field.name: field.default for field in msgspec.structs.fields(table.row)}
    for column in table.columns:
        if column.name in existing:
            continue
        default = defaults[column.name]
        if default is msgspec.NODEFAULT:
            default = None if column.nullable else _ZEROS[column.type]
        db.execute(f"ALTER TABLE {table.name} ADD COLUMN {_column(column)} DEFAULT {literal(default)}")


def _match_indexes(db: sqlite3.Connection, tables: Sequence[AnyTable]) -> None:
    query = "SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE 'ix\\_%' ESCAPE '\\'"
    existing = {name for (name,) in db.execute(query)}
    declared = {index_name(table, index): create_index(table, index) for table in tables for index in table.indexes}
    for name in sorted(existing - set(declared)):
        db.execute(f"DROP INDEX {name}")
    for name, ddl in declared.items():
        if name not in existing:
            db.execute(ddl)


def _foreign(existing: set[str]) -> CorruptStoreError:
    return CorruptStoreError(
        f"Expected a store of Kiang, but the database holds other tables ({', '.join(sorted(existing)[:3])})."
        " Choose another data folder."
    )


def _newer(what: str) -> StoreVersionError:
    return StoreVersionError(
        f"Expected a store of this version of Kiang or an older one, but it was written by a newer one: it {what}."
        " Install that version, or choose another data folder; nothing was changed."
    )


def _column(column: Column) -> str:
    return f"{column.name} {_SQL_TYPES[column.type]}{'' if column.nullable else ' NOT NULL'}"


def literal(value: Any) -> str:
    """A value as it stands in SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    if isinstance(value, int):
        return str(int(value))
    return "'" + str(value).replace("'", "''") + "'"
