"""Logs of long-running commands: one event per line on standard error, in UTC."""

from __future__ import annotations

import logging
import sys
import time


class LineFormatter(logging.Formatter):
    """Time, level, source, event; line breaks inside are escaped, so that an event stays one line."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        return super().format(record).replace("\n", "\\n")


def configure(level: str) -> None:
    """Log everything from `level` upwards."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Their INFO is about each request, or says in other words what we say already.
    for name in ("httpx", "httpcore", "uvicorn", "uvicorn.error"):
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))
