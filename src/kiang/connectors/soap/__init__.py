"""SOAP connector: one call of a SOAP 1.1 or 1.2 service per job."""

from kiang.connectors.soap.connector import soap

__all__ = ["soap"]
