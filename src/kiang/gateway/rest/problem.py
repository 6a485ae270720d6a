"""Problem documents (RFC 9457): the only form in which the REST API says no."""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from kiang.errors import ClientError, KiangError, StoreFullError
from kiang.gateway.documents.document import DocumentStoreFailed
from kiang.gateway.rejection import ERRORS, REJECTIONS
from kiang.protocol.answers import Rejection

_encode = msgspec.json.Encoder().encode


class Problem(Exception):
    """An answer other than the one that was asked for.

    Attributes:
        status: HTTP status.
        title: Name of the status or of the rejection; the reason phrase for faults below the API.
        detail: What is wrong, for people.
        headers: Further headers of the answer.
    """

    def __init__(self, status: int, title: str, detail: str, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.headers = headers

    def document(self, path: str) -> bytes:
        """The body of the answer to a request for `path`."""
        return _encode(
            {
                "type": "about:blank",
                "title": self.title,
                "status": self.status,
                "detail": self.detail,
                "instance": path,
            }
        )


def invalid(detail: str) -> Problem:
    """The request itself is wrong."""
    return Problem(400, "INVALID_ARGUMENT", detail)


def not_found(detail: str) -> Problem:
    """What the path names is not there."""
    return Problem(404, "NOT_FOUND", detail)


def of_status(status: int, detail: str, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Problem:
    """A fault below the API, named by the reason phrase of its status."""
    return Problem(status, HTTPStatus(status).phrase, detail, headers)


def of_rejection(rejection: Rejection) -> Problem:
    """The engine has refused a command."""
    refusal = REJECTIONS[rejection.type]
    return Problem(refusal.http_status, refusal.http_title, rejection.message)


def of_error(error: KiangError) -> Problem:
    """A known error that reached the edge; what is not in the table is an internal one and says nothing."""
    refusal = ERRORS.get(type(error)) if isinstance(error, ClientError) else None
    if refusal is not None:
        return Problem(refusal.http_status, refusal.http_title, str(error))
    if isinstance(error, StoreFullError):
        return Problem(503, "RESOURCE_EXHAUSTED", str(error))
    if isinstance(error, DocumentStoreFailed):
        return Problem(503, "UNAVAILABLE", str(error))
    return internal()


def internal() -> Problem:
    """Something broke here. The log knows what; the caller must not."""
    return Problem(500, "INTERNAL", "Unexpected error occurred during the request processing")
