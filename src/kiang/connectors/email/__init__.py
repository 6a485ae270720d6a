"""Email connector: sends over SMTP; lists, searches, reads, deletes and moves over IMAP and POP3."""

from kiang.connectors.email.connector import email

__all__ = ["email"]
