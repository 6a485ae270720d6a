"""Durable state: rows and the record log of one partition."""
