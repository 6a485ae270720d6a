"""From the statuses of the wires to the errors of the client: two tables, total over what an engine sends."""

from __future__ import annotations

from kiang.errors import (
    AlreadyExists,
    ClientError,
    DeadlineExceeded,
    InternalError,
    InvalidArgument,
    InvalidState,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unavailable,
    Unimplemented,
)
from kiang.wire.status import StatusCode


class Unauthenticated(PermissionDenied):
    """The credentials are missing, unknown or out of date (gRPC UNAUTHENTICATED, HTTP 401)."""


class NotReached(Unavailable):
    """The engine was not reached, or turned the request away unseen: nothing was executed."""


class Cancelled(ClientError):
    """The request was cancelled on its way (gRPC CANCELLED)."""


GRPC_ERRORS: dict[int, type[ClientError]] = {
    StatusCode.CANCELLED: Cancelled,
    StatusCode.UNKNOWN: InternalError,
    StatusCode.INVALID_ARGUMENT: InvalidArgument,
    StatusCode.DEADLINE_EXCEEDED: DeadlineExceeded,
    StatusCode.NOT_FOUND: NotFound,
    StatusCode.ALREADY_EXISTS: AlreadyExists,
    StatusCode.PERMISSION_DENIED: PermissionDenied,
    StatusCode.RESOURCE_EXHAUSTED: ResourceExhausted,
    StatusCode.FAILED_PRECONDITION: InvalidState,
    StatusCode.ABORTED: InvalidState,
    StatusCode.OUT_OF_RANGE: InvalidArgument,
    StatusCode.UNIMPLEMENTED: Unimplemented,
    StatusCode.INTERNAL: InternalError,
    StatusCode.UNAVAILABLE: Unavailable,
    StatusCode.DATA_LOSS: InternalError,
    StatusCode.UNAUTHENTICATED: Unauthenticated,
}

PROBLEM_ERRORS: dict[str, type[ClientError]] = {
    "INVALID_ARGUMENT": InvalidArgument,
    "NOT_FOUND": NotFound,
    "ALREADY_EXISTS": AlreadyExists,
    "INVALID_STATE": InvalidState,
    "FORBIDDEN": PermissionDenied,
    "UNAUTHORIZED": Unauthenticated,
    "RESOURCE_EXHAUSTED": ResourceExhausted,
    "UNAVAILABLE": Unavailable,
    "DEADLINE_EXCEEDED": DeadlineExceeded,
    "INTERNAL": InternalError,
}
"""Titles of problem documents; they say more than the HTTP status, which has one number for several."""

HTTP_ERRORS: dict[int, type[ClientError]] = {
    400: InvalidArgument,
    401: Unauthenticated,
    403: PermissionDenied,
    404: NotFound,
    405: Unimplemented,
    409: InvalidState,
    413: ResourceExhausted,
    415: InvalidArgument,
    429: ResourceExhausted,
    500: InternalError,
    501: Unimplemented,
    502: Unavailable,
    503: Unavailable,
    504: DeadlineExceeded,
}


def grpc_error(status: int, message: str, *, is_unprocessed: bool = False) -> ClientError:
    """The error for a gRPC status that is not OK; `is_unprocessed`: the server has certainly not acted."""
    kind = GRPC_ERRORS.get(status, InternalError)
    if is_unprocessed and kind is Unavailable:
        kind = NotReached
    return kind(message)


def http_error(status: int, title: str, detail: str) -> ClientError:
    """The error for an HTTP status of 400 and above; `title` is that of the problem document, "" without one."""
    kind = PROBLEM_ERRORS.get(title)
    if kind is None:
        kind = HTTP_ERRORS.get(status, InvalidArgument if status < 500 else InternalError)
    return kind(detail or title or f"HTTP status {status}")
