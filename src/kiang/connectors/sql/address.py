"""Where a database is: from a JDBC URL or from its parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from kiang.connectors.sql.input import Database, DetailedConnection, UriConnection
from kiang.errors import ConnectorInputError

PORTS = {Database.POSTGRESQL: 5432, Database.MARIADB: 3306, Database.MYSQL: 3306}
HOST_OPTIONS = frozenset({"host", "hostaddr", "service", "unix_socket"})
"""Options of the drivers that name where to connect to."""

CREDENTIALS = frozenset({"user", "password", "username"})


@dataclass(frozen=True)
class Address:
    """One database and who asks.

    Attributes:
        path: Of SQLite: the file.
        options: Of the driver, as pairs of texts.
    """

    database: Database
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    name: str = ""
    path: str = ""
    options: tuple[tuple[str, str], ...] = ()


def address_of(database: Database, connection: UriConnection | DetailedConnection) -> Address:
    """The address that an input gives.

    Raises:
        ConnectorInputError: It gives none.
    """
    if isinstance(connection, DetailedConnection):
        if not connection.port.isdigit():
            raise ConnectorInputError("Expected connection.port to be a number.")
        return Address(
            database,
            connection.host,
            int(connection.port),
            connection.username or "",
            connection.password or "",
            connection.database_name or "",
            path=connection.database_name or "",
            options=_options(connection.properties or {}),
        )
    properties = {str(k): v for k, v in (connection.uri_properties or {}).items()}
    text = connection.uri.strip().removeprefix("jdbc:")
    if database is Database.SQLITE:
        return Address(database, path=text.removeprefix("sqlite:").removeprefix("//"), options=_options(properties))
    try:
        parts = urlsplit(text)
        port = parts.port or PORTS[database]
    except ValueError:
        raise ConnectorInputError("Expected connection.uri to be a database URL.") from None
    if not parts.hostname:
        raise ConnectorInputError("Expected connection.uri to name a host, as in jdbc:postgresql://host:5432/database.")
    merged = {**dict(parse_qsl(parts.query)), **properties}
    return Address(
        database,
        parts.hostname,
        port,
        str(merged.get("user") or merged.get("username") or unquote(parts.username or "")),
        str(merged.get("password") or unquote(parts.password or "")),
        unquote(parts.path.lstrip("/")),
        options=_options(merged),
    )


def hosts_of(address: Address) -> Iterator[str]:
    """Every host that connecting could reach, those in options of the driver too; none for a file."""
    if address.database is Database.SQLITE:
        return
    named = [address.host, *(value for name, value in address.options if name.lower() in HOST_OPTIONS)]
    for hosts in named:
        yield from filter(None, (host.strip() for host in hosts.split(",")))


def _options(properties: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, str(value)) for name, value in properties.items() if name.lower() not in CREDENTIALS))
