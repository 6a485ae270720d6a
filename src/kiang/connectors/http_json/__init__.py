"""REST connector: one HTTP request per job."""

from kiang.connectors.http_json.connector import http_json

__all__ = ["http_json"]
