"""GraphQL connector: one query or mutation per job."""

from kiang.connectors.graphql.connector import graphql

__all__ = ["graphql"]
