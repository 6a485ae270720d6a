"""SQL connector against PostgreSQL, MariaDB and SQLite."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.integration.connectors.bad_peers import bad_peer
from tests.integration.connectors.examples import example_of
from tests.integration.databases import mariadb, postgresql
from tests.integration.running_engine import RunningEngine

from kiang.connector_sdk import Resources
from kiang.connector_sdk.testing import ConnectorRun, run_connector
from kiang.connectors.sql import drivers, sql
from kiang.connectors.sql.drivers import POOL_SIZE_MAX

SECRET = "secret-of-kiang"


@pytest.fixture(scope="module", params=["POSTGRESQL", "MARIADB", "SQLITE"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    folder = tmp_path_factory.mktemp(request.param.lower())
    if request.param == "POSTGRESQL":
        with postgresql() as port:
            uri = f"jdbc:postgresql://127.0.0.1:{port}/postgres?user=kiang"
            yield {"database": request.param, "connection": {"authType": "uri", "uri": uri}}
    elif request.param == "MARIADB":
        with mariadb(folder) as port:
            connection = {
                "authType": "detailed",
                "host": "127.0.0.1",
                "port": port,
                "username": "kiang",
                "password": "{{secrets.PASSWORD}}",
                "databaseName": "shop",
            }
            yield {"database": request.param, "connection": connection}
    else:
        yield {"database": request.param, "connection": {"authType": "uri", "uri": f"jdbc:sqlite:{folder / 'shop.db'}"}}


@pytest.fixture
async def resources() -> Any:
    kept = Resources()
    yield kept
    await kept.close()


async def execute(
    database: dict[str, Any], query: str, variables: Any = None, *, results: bool = False, resources: Resources
) -> ConnectorRun:
    data = {"query": query, "variables": variables, "returnResults": results}
    return await run_connector(sql, {**database, "data": data}, secrets={"PASSWORD": SECRET}, resources=resources)


async def test_rows_are_written_changed_and_read(database: dict[str, Any], resources: Resources) -> None:
    await execute(database, "DROP TABLE IF EXISTS orders", resources=resources)
    made = await execute(database, "CREATE TABLE orders (id INT PRIMARY KEY, name VARCHAR(80))", resources=resources)
    row = {"id": 1, "name": "O'Hara; DROP TABLE orders --"}
    first = await execute(database, "INSERT INTO orders VALUES (:id, :name)", row, resources=resources)
    second = await execute(database, "INSERT INTO orders VALUES (?, ?)", [2, "100 % sure?"], resources=resources)
    changed = await execute(database, "UPDATE orders SET name = 'x' WHERE id > :low", {"low": 1}, resources=resources)
    query = "SELECT id, name, '100%' AS pct, ':no' AS lit FROM orders WHERE id IN (<ids>) ORDER BY id"

    found = await execute(database, query, {"ids": [1, 2, 3]}, results=True, resources=resources)

    assert made.error is None
    assert first.result == second.result == changed.result == {"modifiedRows": 1}
    assert found.result == {
        "resultSet": [
            {"id": 1, "name": "O'Hara; DROP TABLE orders --", "pct": "100%", "lit": ":no"},
            {"id": 2, "name": "x", "pct": "100%", "lit": ":no"},
        ]
    }


async def test_a_wrong_statement_is_an_error_with_the_databases_code(
    database: dict[str, Any], resources: Resources
) -> None:
    run = await execute(database, "SELEC 1", results=True, resources=resources)
    missing = await execute(database, "SELECT :who", {"whom": 1}, results=True, resources=resources)

    assert run.error.code in {"42601", "1064", "SQLITE_ERROR"}
    assert "'who'" in str(missing.error)
    run.assert_no_secret()


@pytest.mark.parametrize("database", ["POSTGRESQL", "MARIADB"], indirect=True)  # SQLite opens a file
async def test_connections_are_reused(database: dict[str, Any], resources: Resources) -> None:
    own = {"POSTGRESQL": "SELECT pg_backend_pid() AS id", "MARIADB": "SELECT connection_id() AS id"}[
        database["database"]
    ]

    first = await execute(database, own, results=True, resources=resources)
    second = await execute(database, own, results=True, resources=resources)

    assert first.result == second.result


async def test_a_database_that_is_not_there_fails_in_bounded_time(tmp_path: Path, resources: Resources) -> None:
    del tmp_path
    where = {
        "authType": "detailed",
        "host": "127.0.0.1",
        "port": "1",
        "username": "u",
        "password": "{{secrets.PASSWORD}}",
    }

    run = await run_connector(
        sql,
        {"database": "MARIADB", "connection": where, "data": {"query": "SELECT 1"}},
        secrets={"PASSWORD": SECRET},
        resources=resources,
    )

    assert run.error is not None
    run.assert_no_secret()


@pytest.mark.parametrize("database", ["POSTGRESQL"], indirect=True)  # the example's statements are PostgreSQL's
async def test_the_example_keeps_an_order_and_adds_up(database: dict[str, Any], engine: RunningEngine) -> None:
    resources = Resources()
    await execute(database, "DROP TABLE IF EXISTS orders", resources=resources)  # that of another test is another one
    await execute(database, "CREATE TABLE orders (id VARCHAR(80), total INT)", resources=resources)
    uri = database["connection"]["uri"]
    async with example_of("sql", engine, sql, secrets={"DATABASE_URL": uri}) as example:
        variables = await example.run(orderId="A-9", total=30)
    await resources.close()

    assert (variables["kept"], variables["sum"]) == (1, 30)


async def statements_that_sleep(database: dict[str, Any], resources: Resources) -> int:
    query = "SELECT COUNT(*) AS n FROM information_schema.processlist WHERE info = 'SELECT SLEEP(60)'"
    run = await execute(database, query, results=True, resources=resources)
    return int(run.result["resultSet"][0]["n"])


@pytest.mark.parametrize("database", ["MARIADB"], indirect=True)
async def test_a_cancelled_statement_gives_its_place_to_one_that_waits(
    database: dict[str, Any], resources: Resources
) -> None:
    places = [
        asyncio.create_task(execute(database, "SELECT SLEEP(60)", results=True, resources=resources))
        for _ in range(POOL_SIZE_MAX)
    ]
    waiting = asyncio.create_task(execute(database, "SELECT 2 AS b", results=True, resources=resources))
    other = Resources()
    while await statements_that_sleep(database, other) < POOL_SIZE_MAX:  # noqa: ASYNC110 - a poll
        await asyncio.sleep(0.05)

    for place in places:
        place.cancel()
    await asyncio.gather(*places, return_exceptions=True)
    run = await waiting
    await other.close()

    assert run.result == {"resultSet": [{"b": 2}]}


async def test_a_server_that_never_greets_is_left_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drivers, "CONNECT_TIMEOUT_SECONDS", 0.5)
    async with bad_peer("hangs") as url:
        connection = {"authType": "detailed", "host": "127.0.0.1", "port": urlsplit(url).port, "username": "kiang"}
        resources = Resources()
        query = {"query": "SELECT 1", "returnResults": True}
        runs = await asyncio.gather(
            *(
                run_connector(
                    sql, {"database": "MARIADB", "connection": connection, "data": query}, resources=resources
                )
                for _ in range(20)
            )
        )
        await resources.close()

    assert {str(run.error) for run in runs} == {f"No connection to 127.0.0.1:{urlsplit(url).port} within 0.5 s"}
