"""Why an element cannot go on: what becomes an incident."""

from __future__ import annotations

from kiang.protocol.enums import ErrorType


class Failure(Exception):
    """Raised while an element is entered or left.

    Attributes:
        type: Of the incident.
        message: Of the incident.
        scope_key: Where a correction of variables helps; None for the element itself.
    """

    def __init__(self, type_: ErrorType, message: str, scope_key: int | None = None) -> None:
        super().__init__(message)
        self.type = type_
        self.message = message
        self.scope_key = scope_key
