"""SQL connector: PostgreSQL, MariaDB, MySQL and SQLite; connections are pooled per database and credentials."""

from __future__ import annotations

from typing import Any

from kiang.connector_sdk import OutboundContext, outbound_connector
from kiang.connector_sdk.template import Group, Template
from kiang.connectors.sql import drivers
from kiang.connectors.sql.input import SqlInput

TEMPLATE = Template(
    id="io.kiang.connectors.Sql.v1",
    name="SQL Database Connector",
    description="Execute a SQL statement",
    keywords=("sql", "database", "query", "insert", "update"),
    groups=(Group("database", "Database"), Group("connection", "Connection"), Group("query", "Query")),
    example={"resultSet": [{"id": 1, "name": "Ada"}]},
)


@outbound_connector(name="SQL Database", type="io.camunda:connector-jdbc:1", template=TEMPLATE)
async def sql(data: SqlInput, context: OutboundContext) -> dict[str, Any]:
    """`{resultSet: [{column: value}]}` if results are asked for, else `{modifiedRows: n}`."""
    return await drivers.execute(data, context.resources)
