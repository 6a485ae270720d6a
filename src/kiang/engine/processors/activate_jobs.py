"""ActivateJobs: jobs for a worker (engine-semantics §3.4)."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.engine.actions import incidents
from kiang.engine.processing import Processing, Refused
from kiang.engine.state.job import Job
from kiang.engine.state.process_instance import ProcessInstance
from kiang.engine.state.window import Order, Window
from kiang.protocol.answers import ActivatedJob, ActivatedJobs
from kiang.protocol.commands import ActivateJobs
from kiang.protocol.document import quote
from kiang.protocol.enums import ErrorType, JobKind, JobState, ListenerEventType, RejectionType
from kiang.protocol.events import JobActivated, JobDisabled

ANSWER_SIZE_MAX = 4 * 1024 * 1024 - 8 * 1024
"""Bytes of one answer: what a gRPC client takes by default, less some room for the envelope."""

JOB_SIZE = 512
"""Bytes that a job adds to an answer besides its variables and headers, generously."""

LOADED_MAX = 64
"""Jobs that are loaded together when the next one is not in memory."""

TOO_LARGE_TEXT = (
    "The job with key '{key}' can not be activated, because with {size} B it is larger than the configured message size"
    " (per default is 4 MB). Try to reduce the size by reducing the number of fetched variables or modifying the variable"
    " values."
)


def activate_jobs(p: Processing, command: ActivateJobs) -> ActivatedJobs:
    """The oldest activatable jobs of the type, or the given ones, belong to the worker from now on."""
    _check(command)
    jobs: list[ActivatedJob] = []
    size = 0
    is_truncated = False
    for job in _candidates(p, command):
        instance, headers = p.state.instance(job.process_instance_key), job.headers
        assert instance is not None
        variables = _variables(p, job, command.fetch_variables)
        job_size = JOB_SIZE + len(variables.encode()) + len(headers.encode())
        if size + job_size > ANSWER_SIZE_MAX:
            is_truncated = True
            if jobs:
                break
            p.emit(JobDisabled(job.key))
            text = TOO_LARGE_TEXT.format(key=job.key, size=job_size)
            incidents.raise_for_job(p, job, ErrorType.MESSAGE_SIZE_EXCEEDED, text)
            continue
        size += job_size
        deadline = p.after(command.timeout_ms)
        lease_token = f"{job.key}-{p.state.next_key()}" if command.with_lease else ""
        p.emit(JobActivated(job.key, command.worker, deadline, lease_token))
        jobs.append(_activated(job, instance, variables))
        if len(jobs) == command.max_jobs:
            break
    return ActivatedJobs(jobs, is_truncated)


def _check(command: ActivateJobs) -> None:
    expected = "Expected to activate job batch with "
    if command.max_jobs < 1:
        text = f"{expected}max jobs to activate to be greater than zero, but it was '{command.max_jobs}'"
        raise Refused(RejectionType.INVALID_ARGUMENT, text)
    if command.timeout_ms < 1:
        text = f"{expected}timeout to be greater than zero, but it was '{command.timeout_ms}'"
        raise Refused(RejectionType.INVALID_ARGUMENT, text)
    if not command.job_type.strip():
        raise Refused(RejectionType.INVALID_ARGUMENT, f"{expected}type to be present, but it was blank")


def _candidates(p: Processing, command: ActivateJobs) -> Iterator[Job]:
    """Activatable jobs, in the order in which they are to be handed out. One that the caller leaves alone stays in the queue."""
    if command.keys is not None:
        for key in command.keys:
            job = p.state.job(key)
            if job is not None and _fits(p, job, command):
                yield job
        return
    queue = p.state.queue(command.job_type)
    skipped: list[Order] = []
    try:
        while (order := queue.first()) is not None:
            if order[-1] not in p.state.job_keys:
                p.state.load_jobs(ahead[-1] for ahead in queue.ahead(min(command.max_jobs, LOADED_MAX)))
            job = p.state.job(order[-1])
            if job is not None and _fits(p, job, command):
                yield job
            _leave_out(queue, order, skipped, job)
    finally:
        for order in skipped:
            queue.add(order)


def _leave_out(queue: Window, order: Order, skipped: list[Order], job: Job | None) -> None:
    if queue.first() == order:
        queue.pop()
        if job is not None and job.state == JobState.ACTIVATABLE:
            skipped.append(order)


def _fits(p: Processing, job: Job, command: ActivateJobs) -> bool:
    if job.state != JobState.ACTIVATABLE or job.job_type != command.job_type or job.tenant_id not in command.tenant_ids:
        return False
    if job.lease_token and not command.with_lease:
        return False  # once leased, it is for workers that know leases
    if command.process_ids is None:
        return True
    instance = p.state.instance(job.process_instance_key)
    return instance is not None and instance.process_id in command.process_ids


def _variables(p: Processing, job: Job, fetch: tuple[str, ...]) -> str:
    """The JSON object of what the job's element sees, all or what was asked for."""
    scope = p.state.scope(job.element_instance_key)
    assert scope is not None
    if fetch:
        found = [(name, p.state.variable(scope, name)) for name in dict.fromkeys(fetch)]
        entries = [f"{quote(name)}:{variable.text()}" for name, variable in found if variable is not None]
    else:
        entries = [f"{quote(name)}:{variable.text()}" for name, variable in p.state.visible_variables(scope).items()]
    return "{" + ",".join(entries) + "}"


def _activated(job: Job, instance: ProcessInstance, variables: str) -> ActivatedJob:
    return ActivatedJob(
        job.key,
        job.job_type,
        job.process_instance_key,
        instance.process_id,
        instance.version,
        job.process_definition_key,
        job.element_id,
        job.element_instance_key,
        job.headers,
        job.worker,
        job.retries,
        job.deadline or 0,
        variables,
        job.tenant_id,
        JobKind(job.kind),
        ListenerEventType(job.listener_event_type),
        tuple(instance.tags.split()) if instance.tags else (),
        job.priority,
        instance.root_process_instance_key,
        instance.business_id,
        job.lease_token,
    )
