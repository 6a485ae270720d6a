"""HTTP polling connector: asks a URL for each waiting instance until the answer fits."""

from kiang.connectors.http_polling.connector import http_polling

__all__ = ["http_polling"]
