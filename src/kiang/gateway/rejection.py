"""The one table from what the engine refuses, and what fails on the way to it, to gRPC statuses and HTTP problems.

The HTTP statuses are those of Camunda 8.8 and later.
"""

from __future__ import annotations

from typing import NamedTuple

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
from kiang.protocol.answers import Rejection
from kiang.protocol.enums import RejectionType
from kiang.wire.status import StatusCode


class Refusal(NamedTuple):
    """How one kind of refusal looks on each wire.

    Attributes:
        grpc_status: Status of the call.
        http_status: Status of the response.
        http_title: Of the problem document (RFC 9457).
    """

    grpc_status: StatusCode
    http_status: int
    http_title: str


REJECTIONS: dict[RejectionType, Refusal] = {
    RejectionType.INVALID_ARGUMENT: Refusal(StatusCode.INVALID_ARGUMENT, 400, "INVALID_ARGUMENT"),
    RejectionType.NOT_FOUND: Refusal(StatusCode.NOT_FOUND, 404, "NOT_FOUND"),
    RejectionType.ALREADY_EXISTS: Refusal(StatusCode.ALREADY_EXISTS, 409, "ALREADY_EXISTS"),
    RejectionType.INVALID_STATE: Refusal(StatusCode.FAILED_PRECONDITION, 409, "INVALID_STATE"),
    RejectionType.PROCESSING_ERROR: Refusal(StatusCode.INTERNAL, 500, "PROCESSING_ERROR"),
    RejectionType.EXCEEDED_BATCH_RECORD_SIZE: Refusal(StatusCode.INTERNAL, 500, "EXCEEDED_BATCH_RECORD_SIZE"),
    RejectionType.UNAUTHORIZED: Refusal(StatusCode.UNAUTHENTICATED, 401, "UNAUTHORIZED"),
    RejectionType.FORBIDDEN: Refusal(StatusCode.PERMISSION_DENIED, 403, "FORBIDDEN"),
}

ERRORS: dict[type[ClientError], Refusal] = {
    InvalidArgument: Refusal(StatusCode.INVALID_ARGUMENT, 400, "INVALID_ARGUMENT"),
    NotFound: Refusal(StatusCode.NOT_FOUND, 404, "NOT_FOUND"),
    AlreadyExists: Refusal(StatusCode.ALREADY_EXISTS, 409, "ALREADY_EXISTS"),
    InvalidState: Refusal(StatusCode.FAILED_PRECONDITION, 409, "INVALID_STATE"),
    PermissionDenied: Refusal(StatusCode.PERMISSION_DENIED, 403, "FORBIDDEN"),
    ResourceExhausted: Refusal(StatusCode.RESOURCE_EXHAUSTED, 503, "RESOURCE_EXHAUSTED"),
    DeadlineExceeded: Refusal(StatusCode.DEADLINE_EXCEEDED, 504, "DEADLINE_EXCEEDED"),
    Unavailable: Refusal(StatusCode.UNAVAILABLE, 503, "UNAVAILABLE"),
    Unimplemented: Refusal(StatusCode.UNIMPLEMENTED, 501, "UNIMPLEMENTED"),
    InternalError: Refusal(StatusCode.INTERNAL, 500, "INTERNAL"),
}

UNEXPECTED = Refusal(StatusCode.INTERNAL, 500, "INTERNAL")
"""For an error that is in no table: a fault of ours."""


def refusal_of(cause: Rejection | Exception) -> tuple[Refusal, str]:
    """How to answer a rejection or an error, and the text for the client."""
    if isinstance(cause, Rejection):
        return REJECTIONS.get(cause.type, UNEXPECTED), cause.message
    refusal = ERRORS.get(type(cause)) if isinstance(cause, ClientError) else None
    if refusal is None:
        return UNEXPECTED, f"Unexpected error occurred during the request processing: {type(cause).__name__}"
    return refusal, str(cause)
