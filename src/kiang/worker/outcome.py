"""How a job ended in its handler: what the engine will be told."""

from __future__ import annotations

import traceback
from datetime import timedelta
from pathlib import Path

import msgspec

from kiang.client.job import Job
from kiang.client.job_result import JobResult
from kiang.client.variables import encode_variables
from kiang.errors import BpmnError, InvalidArgument, JobError
from kiang.worker.binding import BindingError

ERROR_MESSAGE_LENGTH_MAX = 10_000
"""Characters; engines keep no more."""
_PACKAGE = str(Path(__file__).resolve().parents[1])


class Completed(msgspec.Struct, frozen=True):
    """The job is done; `variables` is JSON text, `result` only for task listeners and ad-hoc sub-processes."""

    variables: str = "{}"
    result: JobResult | None = None


class Failed(msgspec.Struct, frozen=True):
    """The job failed; `retries` is what remains, absolute.

    Attributes:
        error: What the handler raised, for logs and traces; None if it raised `JobError` on purpose.
    """

    retries: int
    message: str = ""
    retry_backoff: timedelta = timedelta(0)
    variables: str = "{}"
    error: BaseException | None = None


class ErrorThrown(msgspec.Struct, frozen=True):
    """The process is to catch a BPMN error."""

    code: str
    message: str = ""
    variables: str = "{}"


class HandedBack(msgspec.Struct, frozen=True):
    """The worker stops before the job is done: somebody else shall have it, with all its retries."""

    reason: str


Outcome = Completed | Failed | ErrorThrown | HandedBack


def outcome_of(error: BaseException, job: Job, retry_backoff: timedelta) -> Outcome:
    """What an exception of the handler means for its job."""
    try:
        if isinstance(error, BpmnError):
            return ErrorThrown(error.code, error.message[:ERROR_MESSAGE_LENGTH_MAX], encode_variables(error.variables))
        if isinstance(error, JobError):
            return Failed(
                retries=max(job.retries - 1, 0) if error.retries is None else error.retries,
                message=error.message[:ERROR_MESSAGE_LENGTH_MAX],
                retry_backoff=error.retry_backoff,
                variables=encode_variables(error.variables),
            )
    except InvalidArgument as unfit:  # the variables of the error have no JSON form
        error = unfit
    return Failed(retries=max(job.retries - 1, 0), message=describe(error), retry_backoff=retry_backoff, error=error)


def describe(error: BaseException) -> str:
    """What an incident will show: the error, and where in the handler it was raised."""
    summary = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, (BindingError, InvalidArgument)):
        return summary[:ERROR_MESSAGE_LENGTH_MAX]
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(_PACKAGE)]
    lines = "".join(traceback.format_list(frames))
    text = f"{summary}\n\n{lines}".rstrip() if lines else summary
    return text[:ERROR_MESSAGE_LENGTH_MAX]


def location(error: BaseException) -> str:
    """File and line of the handler where it was raised, "" if unknown: what a log may show, where a message may not."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(_PACKAGE)]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
