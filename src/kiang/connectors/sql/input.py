"""Input of the SQL connector, as Camunda's template names it; SQLITE is an addition."""

from __future__ import annotations

import enum
from typing import Annotated, Any, Literal

from pydantic import Field

from kiang.connector_sdk import ConnectorInput, NotBlank, NotEmpty, NotNull
from kiang.connector_sdk.template import TemplateField


class Database(enum.Enum):
    """Which product."""

    POSTGRESQL = "POSTGRESQL"
    MARIADB = "MARIADB"
    MYSQL = "MYSQL"
    SQLITE = "SQLITE"


class UriConnection(ConnectorInput):
    """A JDBC URL, as processes have it: `jdbc:postgresql://host:5432/database?user=…`; `jdbc:sqlite:FILE`."""

    auth_type: Annotated[Literal["uri"], TemplateField(label="URI")] = "uri"
    uri: Annotated[str, NotBlank(), TemplateField(label="URI")]
    uri_properties: Annotated[dict[str, Any] | None, TemplateField(label="Properties")] = None


class DetailedConnection(ConnectorInput):
    """Each part by itself."""

    auth_type: Annotated[Literal["detailed"], TemplateField(label="Detailed")]
    host: Annotated[str, NotBlank()]
    port: Annotated[str, NotBlank()]
    username: str | None = None
    password: Annotated[str | None, TemplateField(secret=True)] = None
    database_name: str | None = None
    properties: dict[str, Any] | None = None


Connection = Annotated[UriConnection | DetailedConnection, Field(discriminator="auth_type")]


class Statement(ConnectorInput):
    """What is asked.

    Attributes:
        query: With `:name` for variables of an object, `?` for those of a list, `<name>` for a list inside IN (…).
    """

    return_results: Annotated[bool, TemplateField(group="query")] = False
    query: Annotated[str, NotEmpty(), TemplateField(group="query", type="Text", feel="optional", language="sql")]
    variables: Annotated[dict[str, Any] | list[Any] | None, TemplateField(group="query", feel="required")] = None


class SqlInput(ConnectorInput):
    """Input of the connector."""

    database: Annotated[Database, NotNull(), TemplateField(group="database")]
    connection: Annotated[Connection, TemplateField(group="connection", label="Connection", default="uri")]
    data: Statement
