"""Email inbound connector: each mail of an IMAP folder is an event."""

from kiang.connectors.email_inbound.connector import email_inbound

__all__ = ["email_inbound"]
