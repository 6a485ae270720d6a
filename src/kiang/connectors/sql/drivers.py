"""One file's worth of differences between database drivers: how to pool, to execute, to read."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import sqlite3
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from decimal import Decimal
from typing import Any

from kiang.connector_sdk import Resources
from kiang.connector_sdk.deadline import OutOfTimeError, within
from kiang.connector_sdk.reach import check_hosts
from kiang.connectors.sql.address import Address, address_of, hosts_of
from kiang.connectors.sql.input import Database, SqlInput
from kiang.connectors.sql.statement import prepared
from kiang.errors import ConfigError, ConnectorError, ConnectorInputError

POOL_SIZE_MAX = 10
"""Connections to one database."""

CONNECT_TIMEOUT_SECONDS = 20
ROWS_MAX = 100_000
"""Rows of one result; more would not fit a process variable."""

Result = tuple[Sequence[str], Sequence[Sequence[Any]], int]
"""Names of columns, rows, number of rows changed."""


async def execute(data: SqlInput, resources: Resources) -> dict[str, Any]:
    """Execute the statement of an input.

    Raises:
        ConnectorError: The database refuses it, with the code that the database gives (SQLSTATE or number).
    """
    address = address_of(data.database, data.connection)
    await check_hosts(hosts_of(address), resources)
    query, values = prepared(data.data.query, data.data.variables, PLACEHOLDERS[data.database])
    columns, rows, changed = await DRIVERS[data.database](address, query, values, resources)
    if not data.data.return_results:
        return {"modifiedRows": max(changed, 0)}
    if len(rows) > ROWS_MAX:
        raise ConnectorError("TOO_MANY_ROWS", f"Expected at most {ROWS_MAX} rows; limit the query.")
    return {"resultSet": [dict(zip(columns, map(_json_value, row), strict=True)) for row in rows]}


async def _postgresql(address: Address, query: str, values: list[Any], resources: Resources) -> Result:
    try:
        import psycopg  # noqa: PLC0415 - an extra
        from psycopg_pool import AsyncConnectionPool  # noqa: PLC0415 - an extra
    except ImportError:
        raise _missing("sql") from None

    def make() -> AsyncConnectionPool[Any]:
        return AsyncConnectionPool(
            kwargs={
                "host": address.host,
                "port": address.port,
                "user": address.user or None,
                "password": address.password or None,
                "dbname": address.name or None,
                "connect_timeout": CONNECT_TIMEOUT_SECONDS,
                "autocommit": True,
                **dict(address.options),
            },
            min_size=0,
            max_size=POOL_SIZE_MAX,
            timeout=CONNECT_TIMEOUT_SECONDS,
            reconnect_timeout=CONNECT_TIMEOUT_SECONDS,
            open=False,
        )

    pool = resources.get(("sql", address), make, AsyncConnectionPool.close)
    try:
        await pool.open()
        async with pool.connection() as connection:
            cursor = await connection.execute(query.encode(), values or None)
            if cursor.description is None:
                return (), (), cursor.rowcount
            rows = await cursor.fetchmany(ROWS_MAX + 1)
            return [column.name for column in cursor.description], rows, cursor.rowcount
    except psycopg.Error as error:
        raise ConnectorError(getattr(error, "sqlstate", None) or "SQL_ERROR", _first_line(error)) from None


async def _mysql(address: Address, query: str, values: list[Any], resources: Resources) -> Result:
    try:
        import aiomysql  # noqa: PLC0415 - an extra
        import pymysql  # noqa: PLC0415 - an extra
    except ImportError:
        raise _missing("sql") from None

    def make() -> Any:
        return aiomysql.Pool(
            0,
            POOL_SIZE_MAX,
            False,
            3_600,
            asyncio.get_running_loop(),
            host=address.host,
            port=address.port,
            user=address.user,
            password=address.password,
            db=address.name or None,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            autocommit=True,
            charset="utf8mb4",
        )

    async def close(pool: Any) -> None:
        pool.close()
        await pool.wait_closed()

    pool = resources.get(("sql", address), make, close)
    try:
        async with _acquired(pool) as connection, connection.cursor() as cursor:
            changed = await cursor.execute(query, values or ())
            if cursor.description is None:
                return (), (), changed
            rows = await cursor.fetchmany(ROWS_MAX + 1)
            names = [column[0] for column in cursor.description]
            texts = {i for i, column in enumerate(cursor.description) if column[1] == JSON_TYPE}
            return names, [[_parsed(v) if i in texts else v for i, v in enumerate(row)] for row in rows], changed
    except OutOfTimeError:
        where = f"{address.host}:{address.port}"
        raise ConnectorError("SQL_ERROR", f"No connection to {where} within {CONNECT_TIMEOUT_SECONDS} s") from None
    except pymysql.err.MySQLError as error:
        code = str(error.args[0]) if error.args else "SQL_ERROR"
        raise ConnectorError(
            code, str(error.args[-1]) if error.args else "The database refused the statement"
        ) from None


@asynccontextmanager
async def _acquired(pool: Any) -> AsyncIterator[Any]:
    """A connection of a pool of aiomysql, whose time-out does not cover the server's greeting and the login."""
    held: list[Any] = []

    async def acquire() -> None:
        held.append(await pool.acquire())

    try:
        await within(CONNECT_TIMEOUT_SECONDS, acquire())
        yield held[0]
    finally:
        for connection in held:  # one that came too late, too
            pool.release(connection)
            if connection.closed:
                await pool.clear()  # wakes those who wait for its place, which `release` does for open ones only


JSON_TYPE = 245
"""Column type of JSON in MySQL's protocol."""


async def _sqlite(address: Address, query: str, values: list[Any], resources: Resources) -> Result:
    del resources  # opening a file costs less than handing connections from thread to thread
    if not address.path:
        raise ConnectorInputError("Expected connection.uri to name a file, as in jdbc:sqlite:orders.db.")

    def run() -> Result:
        with closing(sqlite3.connect(address.path, timeout=CONNECT_TIMEOUT_SECONDS)) as connection:
            cursor = connection.execute(query, values)
            rows = cursor.fetchmany(ROWS_MAX + 1) if cursor.description is not None else []
            names = [column[0] for column in cursor.description or ()]
            connection.commit()
            return names, rows, cursor.rowcount

    try:
        return await asyncio.to_thread(run)
    except sqlite3.Error as error:
        raise ConnectorError(getattr(error, "sqlite_errorname", None) or "SQL_ERROR", str(error)) from None


DRIVERS: Mapping[Database, Callable[[Address, str, list[Any], Resources], Awaitable[Result]]] = {
    Database.POSTGRESQL: _postgresql,
    Database.MARIADB: _mysql,
    Database.MYSQL: _mysql,
    Database.SQLITE: _sqlite,
}

PLACEHOLDERS = {
    Database.POSTGRESQL: "%s",
    Database.MARIADB: "%s",
    Database.MYSQL: "%s",
    Database.SQLITE: "?",
}


def _json_value(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float | bool | dict | list):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, uuid.UUID | dt.timedelta):
        return str(value)
    return value if isinstance(value, bytes) else str(value)


def _parsed(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str | bytes) else value
    except ValueError:
        return value


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0] or type(error).__name__


def _missing(extra: str) -> ConfigError:
    return ConfigError("kiang", "without the database driver", f"installed with it: pip install 'kiang[{extra}]'")
