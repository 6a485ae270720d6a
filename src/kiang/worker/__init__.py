"""The job worker."""

from kiang.client.job import Job
from kiang.worker.observer import CallNext, LoggingObserver, Middleware, SilentObserver, WorkerObserver
from kiang.worker.outcome import Completed, ErrorThrown, Failed, HandedBack, Outcome
from kiang.worker.parameter import Header, Variable, Variables
from kiang.worker.port import ClientJobPort, JobPort
from kiang.worker.worker import Worker

__all__ = [
    "CallNext",
    "ClientJobPort",
    "Completed",
    "ErrorThrown",
    "Failed",
    "HandedBack",
    "Header",
    "Job",
    "JobPort",
    "LoggingObserver",
    "Middleware",
    "Outcome",
    "SilentObserver",
    "Variable",
    "Variables",
    "Worker",
    "WorkerObserver",
]
