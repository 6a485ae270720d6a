"""SQL connector: one statement per job."""

from kiang.connectors.sql.connector import sql

__all__ = ["sql"]
