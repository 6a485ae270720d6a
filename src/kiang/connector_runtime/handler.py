"""A connector as a handler of a job worker: ours, or any other that has jobs and wants outcomes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from kiang.client.job import Job
from kiang.connector_runtime.metrics import RuntimeMetrics
from kiang.connector_runtime.outbound import OutboundRunner
from kiang.connector_runtime.outcome import Completed, ErrorThrown, Failed
from kiang.connector_sdk import tracing
from kiang.connector_sdk.outbound import JobInfo, OutboundConnector, connector_of
from kiang.errors import BpmnError, JobError
from kiang.worker import Worker
from kiang.worker.worker import JobOptions

AllowedSecrets = Callable[[Job], Awaitable[frozenset[str] | None]]
"""Gives the names of secrets that the inputs of the job's element write down; None if that cannot be known."""


def add_connector(
    worker: Worker,
    connector: Any,
    runner: OutboundRunner | None = None,
    *,
    job_type: str | None = None,
    allowed_secrets: AllowedSecrets | None = None,
    metrics: RuntimeMetrics | None = None,
) -> OutboundConnector:
    """Let a worker run a connector beside its other handlers.

        worker = Worker()
        add_connector(worker, http_json)

    Args:
        worker: Where its jobs come from.
        connector: The decorated function or class.
        runner: Shared by several connectors; a new one, without secrets, unless given.
        job_type: Where it is not the connector's own.
        allowed_secrets: See `AllowedSecrets`.
        metrics: Is told of each job.

    Returns:
        The connector.
    """
    known = connector_of(connector)
    carrier = runner or OutboundRunner()

    async def handle(job: Job) -> dict[str, Any]:
        started = metrics.started(known.type, job.headers) if metrics is not None else 0.0
        allowed = await allowed_secrets(job) if allowed_secrets is not None else None
        outcome = await carrier.run(known, info_of(job), job.variables, allowed)
        if metrics is not None:
            metrics.ended(known.type, job.headers, started, outcome)
        match outcome:
            case Completed(variables=variables):
                return variables
            case ErrorThrown(code=code, message=message, variables=variables):
                raise BpmnError(code, message, variables=variables)
            case Failed():
                raise JobError(
                    outcome.message,
                    retries=outcome.retries,
                    retry_backoff=timedelta(milliseconds=outcome.backoff_ms),
                    variables=outcome.variables,
                )

    fetched = known.input_variables
    if fetched and tracing.is_on():
        fetched = (*fetched, tracing.TRACEPARENT)
    options: JobOptions = {"fetch_variables": fetched, "extend_timeout": True}
    if known.timeout is not None:
        options["timeout"] = known.timeout
    worker.add(job_type or known.type, handle, **options)
    return known


def info_of(job: Job) -> JobInfo:
    """What connectors see of a job."""
    return JobInfo(
        job.key,
        job.type,
        job.retries,
        job.headers,
        job.process_instance_key,
        job.process_definition_id,
        job.process_definition_key,
        job.process_definition_version,
        job.element_id,
        job.element_instance_key,
        job.tenant_id,
    )
