"""Jobs."""

from __future__ import annotations

from typing import ClassVar

from kiang.gateway.auth.access import ACCESS, job_process_ids
from kiang.gateway.auth.tenancy import is_multi_tenant
from kiang.gateway.rest.body import Answer, Int32, Int64, Request, Variables, document
from kiang.gateway.rest.call import Call, ClientGone
from kiang.gateway.rest.limits import REQUEST_TIMEOUT_MS_MAX
from kiang.gateway.rest.operation import Resource
from kiang.gateway.rest.problem import of_rejection
from kiang.gateway.rest.searching import add_search
from kiang.gateway.rest.shapes import JsonObject, KeyText, json_text, key_text, optional_key_text
from kiang.gateway.rest.validation import Violations
from kiang.gateway.user_task_properties import user_task_properties
from kiang.protocol import commands
from kiang.protocol.answers import ActivatedJob, ActivatedJobs, Rejection
from kiang.protocol.commands import ActivateJobs, CompleteJob, FailJob, ThrowError, UpdateJob, YieldJob
from kiang.search.resources.job import JOBS as SEARCHED

JOBS = Resource("Job")

add_search(JOBS, "/jobs/search", "searchJobs", SEARCHED, since="8.8")


class JobActivationRequest(Request, frozen=True):
    """Which jobs, how many, and for how long."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("type", "timeout", "maxJobsToActivate")

    type: str | None = None
    worker: str | None = None
    timeout: Int64 | None = None
    max_jobs_to_activate: Int32 | None = None
    fetch_variable: list[str] | None = None
    request_timeout: Int64 | None = None
    tenant_ids: list[str] | None = None
    tenant_filter: str | None = None
    with_lease: bool | None = None


class UserTaskProperties(Answer, frozen=True):
    """What the job of a task listener is told about the user task."""

    action: str
    assignee: str | None
    candidate_groups: list[str]
    candidate_users: list[str]
    changed_attributes: list[str]
    due_date: str | None
    follow_up_date: str | None
    form_key: KeyText | None
    priority: int | None
    user_task_key: KeyText | None


class ActivatedJobResult(Answer, frozen=True):
    """A job in the hands of a worker; `deadline` is epoch ms."""

    type: str
    process_definition_id: str
    process_definition_version: int
    element_id: str
    custom_headers: JsonObject
    worker: str
    retries: int
    deadline: int
    variables: JsonObject
    tenant_id: str
    physical_tenant_id: str
    job_key: KeyText
    process_instance_key: KeyText
    process_definition_key: KeyText
    element_instance_key: KeyText
    kind: str
    listener_event_type: str
    user_task: UserTaskProperties | None
    tags: list[str]
    root_process_instance_key: KeyText | None
    business_id: str | None
    priority: int
    job_lease_token: str | None
    lease_token: str | None


class JobActivationResult(Answer, frozen=True):
    """The activated jobs."""

    jobs: list[ActivatedJobResult]


class JobResultCorrections(Request, frozen=True):
    """What a task listener changes of a user task."""

    assignee: str | None = None
    due_date: str | None = None
    follow_up_date: str | None = None
    candidate_users: list[str] | None = None
    candidate_groups: list[str] | None = None
    priority: Int32 | None = None


class JobResultActivateElement(Request, frozen=True):
    """An element of an ad-hoc sub-process to activate."""

    element_id: str | None = None
    variables: Variables | None = None


class JobResult(Request, frozen=True):
    """The result of a task listener's job or of an ad-hoc sub-process's job; `type` says which."""

    type: str | None = None
    denied: bool | None = None
    denied_reason: str | None = None
    corrections: JobResultCorrections | None = None
    activate_elements: list[JobResultActivateElement] | None = None
    is_completion_condition_fulfilled: bool | None = None
    is_cancel_remaining_instances: bool | None = None


class JobCompletionRequest(Request, frozen=True):
    """Variables of the result."""

    variables: Variables | None = None
    result: JobResult | None = None
    lease_token: str | None = None
    job_lease_token: str | None = None
    business_id: str | None = None


class JobFailRequest(Request, frozen=True):
    """Retries that remain, and why."""

    retries: Int32 | None = None
    error_message: str | None = None
    retry_back_off: Int64 | None = None
    variables: Variables | None = None
    lease_token: str | None = None
    job_lease_token: str | None = None


class JobErrorRequest(Request, frozen=True):
    """A BPMN error."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("errorCode",)

    error_code: str | None = None
    error_message: str | None = None
    variables: Variables | None = None
    lease_token: str | None = None
    job_lease_token: str | None = None


class JobChangeset(Request, frozen=True):
    """What to change of a job."""

    retries: Int32 | None = None
    timeout: Int64 | None = None
    priority: Int32 | None = None


class JobUpdateRequest(Request, frozen=True):
    """Changes of a job."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("changeset",)

    changeset: JobChangeset | None = None
    operation_reference: Int64 | None = None
    lease_token: str | None = None
    job_lease_token: str | None = None


@JOBS.post("/jobs/activation", "activateJobs", body=JobActivationRequest, answer=JobActivationResult)
async def activate_jobs(call: Call) -> JobActivationResult:
    """Activate jobs of a type, waiting for some while there are none."""
    command, request_timeout_ms = _activation(call.body)
    nothing = ActivatedJobs(jobs=[])
    work = call.broker.activate_jobs(command, request_timeout_ms=request_timeout_ms)
    answer: ActivatedJobs | Rejection
    try:
        answer = await call.wait_for(work, nothing) if request_timeout_ms >= 0 else await work
    except ClientGone as gone:
        if type(gone.args[0]) is ActivatedJobs:
            for job in gone.args[0].jobs:
                await call.broker.execute(YieldJob(job.key))
        raise
    if type(answer) is Rejection:
        raise of_rejection(answer)
    return JobActivationResult(jobs=[_activated(job) for job in answer.jobs])  # type: ignore[union-attr]


@JOBS.post("/jobs/{jobKey}/completion", "completeJob", body=JobCompletionRequest, body_required=False)
async def complete_job(call: Call) -> None:
    """Complete a job."""
    body: JobCompletionRequest = call.body
    violations = Violations()
    business_id = violations.business_id(body.business_id)
    violations.check()
    await call.execute(
        CompleteJob(call.key("jobKey"), document(body.variables), _result(body.result), business_id, _lease(body))
    )


def _result(result: JobResult | None) -> commands.JobResult | None:
    if result is None:
        return None
    given = result.corrections or JobResultCorrections()
    corrections = {
        "assignee": given.assignee,
        "dueDate": given.due_date,
        "followUpDate": given.follow_up_date,
        "candidateUsers": given.candidate_users,
        "candidateGroups": given.candidate_groups,
        "priority": given.priority,
    }
    return commands.JobResult(
        type=result.type or "userTask",
        denied=bool(result.denied),
        denied_reason=result.denied_reason or "",
        corrections={name: value for name, value in corrections.items() if value is not None},
        activate_elements=tuple(
            commands.ActivateInstruction(item.element_id or "", document(item.variables))
            for item in result.activate_elements or ()
        ),
        is_completion_condition_fulfilled=bool(result.is_completion_condition_fulfilled),
        is_cancel_remaining_instances=bool(result.is_cancel_remaining_instances),
    )


@JOBS.post("/jobs/{jobKey}/failure", "failJob", body=JobFailRequest, body_required=False)
async def fail_job(call: Call) -> None:
    """Fail a job; without retries it becomes an incident."""
    body: JobFailRequest = call.body
    await call.execute(
        FailJob(
            call.key("jobKey"),
            retries=body.retries or 0,
            error_message=body.error_message or "",
            retry_backoff_ms=body.retry_back_off or 0,
            variables=document(body.variables),
            lease_token=_lease(body),
        )
    )


@JOBS.post("/jobs/{jobKey}/error", "throwJobError", body=JobErrorRequest)
async def throw_job_error(call: Call) -> None:
    """Throw a BPMN error from a job."""
    body: JobErrorRequest = call.body
    violations = Violations()
    error_code = violations.text(body.error_code, "errorCode")
    violations.check()
    await call.execute(
        ThrowError(
            call.key("jobKey"),
            error_code,
            error_message=body.error_message or "",
            variables=document(body.variables),
            lease_token=_lease(body),
        )
    )


@JOBS.patch("/jobs/{jobKey}", "updateJob", body=JobUpdateRequest)
async def update_job(call: Call) -> None:
    """Change retries, time-out or priority of a job."""
    body: JobUpdateRequest = call.body
    violations = Violations()
    changes = changeset(body.changeset, violations)
    violations.operation_reference(body.operation_reference)
    violations.check()
    await call.execute(
        UpdateJob(
            call.key("jobKey"),
            retries=changes.retries,
            timeout_ms=changes.timeout,
            priority=changes.priority,
            lease_token=_lease(call.body),
        )
    )


def _lease(body: JobCompletionRequest | JobFailRequest | JobErrorRequest | JobUpdateRequest) -> str | None:
    """The token of the activation; the first alphas of 8.10 called it otherwise."""
    return body.lease_token if body.job_lease_token is None else body.job_lease_token


def changeset(given: JobChangeset | None, violations: Violations) -> JobChangeset:
    """What is to change about a job: something has to."""
    if given is None or (given.retries is None and given.timeout is None and given.priority is None):
        violations.add("At least one of [retries, timeout, priority] is required")
    return given or JobChangeset()


def _activation(body: JobActivationRequest) -> tuple[ActivateJobs, int]:
    violations = Violations()
    job_type = violations.text(body.type, "type")
    timeout_ms = violations.positive(body.timeout, "timeout")
    max_jobs = violations.positive(body.max_jobs_to_activate, "maxJobsToActivate")
    request_timeout_ms = body.request_timeout or 0
    if request_timeout_ms > REQUEST_TIMEOUT_MS_MAX:
        violations.add(
            f"The value for requestTimeout is '{request_timeout_ms}' but must be at most {REQUEST_TIMEOUT_MS_MAX}"
        )
    filtered_by = (body.tenant_filter or "PROVIDED").upper()
    if filtered_by == "ASSIGNED" and not is_multi_tenant():
        violations.add(
            "Expected to handle request Activate Jobs with tenant filter 'ASSIGNED', but multi-tenancy is disabled"
        )
    elif filtered_by not in {"PROVIDED", "ASSIGNED"}:
        violations.add(
            f"Unexpected value '{filtered_by[:50]}' for enum field 'tenantFilter'. Use any of the following values: "
            "[PROVIDED, ASSIGNED]"
        )
    if filtered_by == "ASSIGNED" and is_multi_tenant():
        tenant_ids = violations.assigned_tenants()
    else:
        tenant_ids = violations.tenants(body.tenant_ids, "Activate Jobs")
    violations.check()
    command = ActivateJobs(
        job_type=job_type,
        worker=violations.short(body.worker or "", "worker"),
        timeout_ms=timeout_ms,
        max_jobs=max_jobs,
        fetch_variables=tuple(body.fetch_variable or ()),
        tenant_ids=tenant_ids,
        process_ids=job_process_ids(ACCESS.get()),
        with_lease=bool(body.with_lease),
    )
    return command, request_timeout_ms


def _user_task(job: ActivatedJob) -> UserTaskProperties | None:
    given = user_task_properties(job)
    if given is None:
        return None
    return UserTaskProperties(
        action=given.get("action", ""),
        assignee=given.get("assignee"),
        candidate_groups=given.get("candidateGroups", []),
        candidate_users=given.get("candidateUsers", []),
        changed_attributes=given.get("changedAttributes", []),
        due_date=given.get("dueDate"),
        follow_up_date=given.get("followUpDate"),
        form_key=key_text(given["formKey"]) if "formKey" in given else None,
        priority=given.get("priority"),
        user_task_key=key_text(given["userTaskKey"]) if "userTaskKey" in given else None,
    )


def _activated(job: ActivatedJob) -> ActivatedJobResult:
    return ActivatedJobResult(
        type=job.job_type,
        process_definition_id=job.process_id,
        process_definition_version=job.process_version,
        element_id=job.element_id,
        custom_headers=json_text(job.headers),
        worker=job.worker,
        retries=job.retries,
        deadline=job.deadline,
        variables=json_text(job.variables),
        tenant_id=job.tenant_id,
        physical_tenant_id="default",
        job_key=key_text(job.key),
        process_instance_key=key_text(job.process_instance_key),
        process_definition_key=key_text(job.process_definition_key),
        element_instance_key=key_text(job.element_instance_key),
        kind=job.kind.name,
        listener_event_type=job.listener_event_type.name,
        user_task=_user_task(job),
        tags=list(job.tags),
        root_process_instance_key=optional_key_text(job.root_process_instance_key),
        business_id=job.business_id or None,
        priority=job.priority,
        job_lease_token=job.lease_token or None,
        lease_token=job.lease_token or None,
    )
