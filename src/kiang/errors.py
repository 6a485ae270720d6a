"""The tree of errors that cross a seam of Kiang.

    KiangError
    ├── ClientError: InvalidArgument, NotFound, AlreadyExists, InvalidState, PermissionDenied,
    │                ResourceExhausted, DeadlineExceeded, Unavailable, Unimplemented, InternalError
    ├── WorkerError: JobError, BpmnError
    ├── ConnectorError: ConnectorInputError, ConnectorRetryError
    ├── InvalidBpmnError, InvalidDmnError, FeelError, InvalidTemplateError   (each has .findings)
    ├── StoreError: CorruptStoreError, FencedError, StoreVersionError, StoreLockedError, StoreFullError
    └── ConfigError

One grammar for messages: what was expected, what was found, and, where there is one, the way out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any


class KiangError(Exception):
    """Root of every error that Kiang raises on purpose."""


class ClientError(KiangError):
    """An engine refused a request or could not be asked. The message is the engine's own text."""


class InvalidArgument(ClientError):
    """The request cannot be right, whatever the state of the engine."""


class NotFound(ClientError):
    """What the request names does not exist (any more)."""


class AlreadyExists(ClientError):
    """What the request would create is there already."""


class InvalidState(ClientError):
    """What the request names is not in a state that allows it (gRPC FAILED_PRECONDITION)."""


class PermissionDenied(ClientError):
    """The caller may not do this, or is not known (gRPC PERMISSION_DENIED and UNAUTHENTICATED)."""


class ResourceExhausted(ClientError):
    """The engine is at its limit and has not executed the request: wait and try again."""


class DeadlineExceeded(ClientError):
    """No answer came in time; whether the request was executed is not known."""


class Unavailable(ClientError):
    """The engine could not be reached; whether the request was executed is not known."""


class Unimplemented(ClientError):
    """The engine does not offer this operation."""


class InternalError(ClientError):
    """The engine failed at something that is not the caller's fault."""


class WorkerError(KiangError):
    """Raised by a job handler to end its job in another way than by completing it."""


class JobError(WorkerError):
    """Fail the job.

    Args:
        message: Shown with the incident when no retries are left.
        retries: Remaining retries, absolute; None takes one from what the job has.
        retry_backoff: How long the job rests before it can be activated again.
        variables: Set as local variables of the element.
    """

    def __init__(
        self,
        message: str = "",
        *,
        retries: int | None = None,
        retry_backoff: timedelta = timedelta(0),
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.retries = retries
        self.retry_backoff = retry_backoff
        self.variables = dict(variables or {})


class BpmnError(WorkerError):
    """Throw a BPMN error that an error event of the process may catch.

    Args:
        code: Matched with the error codes of the catch events.
        message: For the incident if nothing catches it.
        variables: Given to the catch event.
    """

    def __init__(self, code: str, message: str = "", *, variables: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message
        self.variables = dict(variables or {})


class ConnectorError(KiangError):
    """A connector failed in a way that an error expression can match by its code.

    Args:
        code: Short and stable, for example an HTTP status.
        message: For people.
        variables: Offered to the error expression as `error.variables`.
    """

    def __init__(self, code: str, message: str = "", variables: Mapping[str, Any] | None = None) -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message
        self.variables = dict(variables or {})


class ConnectorInputError(ConnectorError):
    """The input of a connector is wrong; it is never retried."""

    def __init__(self, message: str, variables: Mapping[str, Any] | None = None) -> None:
        super().__init__("CONNECTOR_INPUT_ERROR", message, variables)


class ConnectorRetryError(ConnectorError):
    """A connector failed and says itself how to go on.

    Args:
        code: As in `ConnectorError`.
        message: For people.
        retries: Remaining retries, absolute; None takes one from what the job has.
        backoff: Rest before the next try; None takes the one of the element.
        variables: As in `ConnectorError`.
    """

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        retries: int | None = None,
        backoff: timedelta | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code, message, variables)
        self.retries = retries
        self.backoff = backoff


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of an input file.

    Attributes:
        message: What is wrong.
        element: Id of the element, or the chain `parent > child` where the child has none; "" if none is known.
        line: Line in the file, from 1; 0 if unknown.
        rule: Name of the rule that found it.
    """

    message: str
    element: str = ""
    line: int = 0
    rule: str = ""


class FindingsError(KiangError):
    """An input has faults; `findings` holds every one of them."""

    def __init__(self, message: str, findings: Sequence[Finding] = ()) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


class InvalidBpmnError(FindingsError):
    """A BPMN file cannot be deployed."""


class InvalidDmnError(FindingsError):
    """A DMN file cannot be deployed."""


class InvalidTemplateError(FindingsError):
    """A connector template is not valid or does not fit the element."""


class FeelError(FindingsError):
    """A FEEL expression cannot be parsed or evaluated."""


class StoreError(KiangError):
    """The durable state cannot be used."""


class CorruptStoreError(StoreError):
    """The files of the store are damaged or are no store."""


class FencedError(StoreError):
    """Another process has taken over this partition; this one must not write any more."""


class StoreVersionError(StoreError):
    """The store was written by a newer version of Kiang."""


class StoreLockedError(StoreError):
    """Another process uses the same data folder."""


class StoreFullError(StoreError):
    """The disk is full; nothing of the batch was written."""


class ConfigError(KiangError):
    """A setting is wrong.

    Args:
        variable: Name of the setting or environment variable.
        found: What it is.
        expected: What it should be.
    """

    def __init__(self, variable: str, found: str, expected: str) -> None:
        super().__init__(f"Expected {variable} to be {expected}, but was {found!r}.")
        self.variable = variable
        self.found = found
        self.expected = expected
