"""Batch operations over process instances, decision instances and jobs."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, ClassVar

import msgspec

from kiang.gateway.batch import kinds
from kiang.gateway.batch.kinds import Plan, encode_plan
from kiang.gateway.batch.rows import SEARCH_ITEMS, SEARCH_OPERATIONS, BatchState
from kiang.gateway.batch.store import Target
from kiang.gateway.rest.body import Answer, Int64, Request
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Resource
from kiang.gateway.rest.problem import Problem, not_found, of_rejection
from kiang.gateway.rest.reading import reading
from kiang.gateway.rest.resources.jobs import JobChangeset, changeset
from kiang.gateway.rest.resources.process_instances import MappingInstruction
from kiang.gateway.rest.searching import JsonBody, Single, existing
from kiang.gateway.rest.shapes import KeyText, key_text
from kiang.gateway.rest.validation import Key, Violations
from kiang.protocol.answers import Rejection
from kiang.protocol.audit import AuditedEntity, Operation, OperationResult, OperationType
from kiang.protocol.enums import ElementState, IncidentState, JobState, RejectionType
from kiang.search.field import SearchResource
from kiang.search.query import parse_filter, parse_query
from kiang.search.resources.decision_instance import DECISION_INSTANCES
from kiang.search.resources.job import JOBS
from kiang.search.resources.process_instance import PROCESS_INSTANCES
from kiang.search.search import answer, found_page, show
from kiang.search.statement import Clause, Run, find, get, keys

BATCH_OPERATIONS = Resource("Batch operation")

ITEMS_MAX = 1_000_000
"""Items of one operation."""

KEYS_AT_ONCE = 10_000

_ACTIVE = Clause(f"t.state < {int(ElementState.COMPLETED)}", [])
_ENDED = Clause(f"t.state >= {int(ElementState.COMPLETED)}", [])
_IS_ROOT = Clause("t.parent_process_instance_key = 0", [])
_IS_RUNNING = Clause("t.suspended_at IS NULL", [])
_IS_SUSPENDED = Clause("t.suspended_at IS NOT NULL", [])
_WITH_INCIDENT = Clause(
    f"t.key IN (SELECT i.process_instance_key FROM incident i WHERE i.state = {int(IncidentState.ACTIVE)})",  # noqa: S608
    [],
)
SCOPES: dict[str, tuple[Clause, ...]] = {
    kinds.CANCEL: (_ACTIVE, _IS_ROOT),
    kinds.DELETE: (_ENDED,),
    kinds.DELETE_DECISION: (),
    kinds.MIGRATE: (_ACTIVE,),
    kinds.MODIFY: (_ACTIVE,),
    kinds.RESOLVE: (_ACTIVE, _WITH_INCIDENT),
    kinds.SUSPEND: (_ACTIVE, _IS_ROOT, _IS_RUNNING),
    kinds.RESUME: (_ACTIVE, _IS_ROOT, _IS_SUSPENDED),
    kinds.UPDATE_JOB: (Clause(f"t.state < {int(JobState.COMPLETED)}", []),),
}
"""Which of the instances that a filter finds an operation is for."""


class InstancesRequest(Request, frozen=True):
    """Which instances."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("filter",)

    filter: dict[str, Any] | None = None
    operation_reference: Int64 | None = None


class MigrationPlan(Request, frozen=True):
    """Where to go on."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("targetProcessDefinitionKey", "mappingInstructions")

    target_process_definition_key: Key = None
    mapping_instructions: list[MappingInstruction] | None = None


class MigrationRequest(InstancesRequest, frozen=True):
    """Which instances, and where they go on."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("filter", "migrationPlan")

    migration_plan: MigrationPlan | None = None


class ModificationRequest(InstancesRequest, frozen=True):
    """Which instances, and what moves in them."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("filter", "moveInstructions")

    move_instructions: list[MappingInstruction] | None = None


class JobBatchUpdateRequest(InstancesRequest, frozen=True):
    """Which jobs, and what changes about them."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("filter", "changeset")

    changeset: JobChangeset | None = None


PERMISSIONS = {
    kinds.CANCEL: "CANCEL_PROCESS_INSTANCE",
    kinds.DELETE: "DELETE_PROCESS_INSTANCE",
    kinds.DELETE_DECISION: "DELETE_DECISION_INSTANCE",
    kinds.MIGRATE: "UPDATE_PROCESS_INSTANCE",
    kinds.MODIFY: "MODIFY_PROCESS_INSTANCE",
    kinds.RESOLVE: "UPDATE_PROCESS_INSTANCE",
    kinds.SUSPEND: "SUSPEND_PROCESS_INSTANCE",
    kinds.RESUME: "SUSPEND_PROCESS_INSTANCE",
    kinds.UPDATE_JOB: "UPDATE_PROCESS_INSTANCE",
}
"""What the caller must be allowed to do with each item; the others are left alone."""


class BatchOperationCreatedResult(Answer, frozen=True):
    """The operation has begun."""

    batch_operation_key: KeyText
    batch_operation_type: str


async def _create(
    call: Call, type_: str, plan: Plan, violations: Violations, resource: SearchResource = PROCESS_INSTANCES
) -> BatchOperationCreatedResult:
    body: InstancesRequest = call.body
    if body.filter is None:
        violations.add("No filter provided")
    elif not body.filter:
        violations.add("At least one of filter criteria is required")
    violations.operation_reference(body.operation_reference)
    violations.check()
    query = parse_filter(resource, body.filter)
    mine = [*reading(call.access, resource), *reading(call.access, resource, PERMISSIONS.get(type_, ""))]

    def select(run: Run) -> list[Target]:
        found: list[int] = []
        while len(found) < ITEMS_MAX:
            more = keys(resource, query, [*SCOPES[type_], *mine], found[-1] if found else 0, KEYS_AT_ONCE, run)
            found += more
            if len(more) < KEYS_AT_ONCE:
                break
        return _targets(type_, found[:ITEMS_MAX], run)

    return await _begin(call, type_, plan, await call.search.read(select))


async def _begin(call: Call, type_: str, plan: Plan, targets: list[Target]) -> BatchOperationCreatedResult:
    now_ms = call.broker.clock.now_ms()
    store = call.services.batch_store
    plan = msgspec.structs.replace(plan, audit=call.actor)
    key = await asyncio.to_thread(store.create, type_, encode_plan(plan).decode(), targets, now_ms)
    await _note(call, key, type_, OperationType.CREATE)
    call.services.batch_runner.wake()
    return BatchOperationCreatedResult(batch_operation_key=key_text(key), batch_operation_type=type_)


async def _note(
    call: Call,
    key: int,
    type_: str,
    operation_type: OperationType,
    refusal: RejectionType | None = None,
) -> None:
    """Leave an entry in the audit log about the operation itself."""
    operation = Operation(
        AuditedEntity.BATCH,
        operation_type,
        str(key),
        OperationResult.SUCCESS if refusal is None else OperationResult.FAIL,
        description=type_ if refusal is None else refusal.value,
    )
    await call.note(operation, batch_operation_key=key, batch_operation_type=type_)


def _targets(type_: str, found_keys: list[int], run: Run) -> list[Target]:
    targets: list[Target] = []
    for start in range(0, len(found_keys), KEYS_AT_ONCE):
        some = found_keys[start : start + KEYS_AT_ONCE]
        marks = ", ".join("?" * len(some))
        root = "CASE p.root_process_instance_key WHEN 0 THEN p.key ELSE p.root_process_instance_key END"
        if type_ == kinds.DELETE_DECISION:
            statement = (
                "SELECT d.evaluation_key, d.process_instance_key, 0 FROM decision_instance d "  # noqa: S608 - marks alone
                f"WHERE d.key IN ({marks}) GROUP BY d.evaluation_key ORDER BY d.evaluation_key"
            )
        elif type_ == kinds.UPDATE_JOB:
            statement = (
                f"SELECT j.key, p.key, {root} FROM job j JOIN process_instance p "  # noqa: S608 - marks alone
                f"ON p.key = j.process_instance_key WHERE j.key IN ({marks}) ORDER BY j.key"
            )
        elif type_ == kinds.RESOLVE:
            statement = (
                f"SELECT i.key, p.key, {root} FROM incident i JOIN process_instance p "  # noqa: S608 - marks alone
                f"ON p.key = i.process_instance_key WHERE p.key IN ({marks}) "
                f"AND i.state = {int(IncidentState.ACTIVE)} ORDER BY i.key"
            )
        else:
            statement = f"SELECT p.key, p.key, {root} FROM process_instance p WHERE p.key IN ({marks}) ORDER BY p.key"  # noqa: S608
        targets += [Target(*row) for row in run(statement, [*some])]
    return targets


def _pairs(
    instructions: list[MappingInstruction] | None, name: str, violations: Violations
) -> tuple[tuple[str, str], ...]:
    if not instructions:
        violations.add(f"No {name} provided")
    return tuple(
        (
            violations.text(one.source_element_id, "sourceElementId"),
            violations.text(one.target_element_id, "targetElementId"),
        )
        for one in instructions or ()
    )


@BATCH_OPERATIONS.post(
    "/process-instances/cancellation",
    "cancelProcessInstancesBatchOperation",
    since="8.8",
    body=InstancesRequest,
    answer=BatchOperationCreatedResult,
)
async def cancel_process_instances(call: Call) -> BatchOperationCreatedResult:
    """Cancel process instances."""
    return await _create(call, kinds.CANCEL, Plan(), Violations())


@BATCH_OPERATIONS.post(
    "/process-instances/deletion",
    "deleteProcessInstancesBatchOperation",
    since="8.9",
    body=InstancesRequest,
    answer=BatchOperationCreatedResult,
)
async def delete_process_instances(call: Call) -> BatchOperationCreatedResult:
    """Delete process instances that have ended; running ones are passed over."""
    return await _create(call, kinds.DELETE, Plan(), Violations())


@BATCH_OPERATIONS.post(
    "/decision-instances/deletion",
    "deleteDecisionInstancesBatchOperation",
    since="8.9",
    body=InstancesRequest,
    answer=BatchOperationCreatedResult,
)
async def delete_decision_instances(call: Call) -> BatchOperationCreatedResult:
    """Delete evaluations of decisions."""
    return await _create(call, kinds.DELETE_DECISION, Plan(), Violations(), DECISION_INSTANCES)


@BATCH_OPERATIONS.post(
    "/process-instances/incident-resolution",
    "resolveIncidentsBatchOperation",
    since="8.8",
    body=InstancesRequest,
    body_required=False,
    answer=BatchOperationCreatedResult,
)
async def resolve_incidents(call: Call) -> BatchOperationCreatedResult:
    """Resolve the incidents of process instances; jobs without retries get one."""
    return await _create(call, kinds.RESOLVE, Plan(), Violations())


@BATCH_OPERATIONS.post(
    "/process-instances/suspension",
    "suspendProcessInstancesBatchOperation",
    since="8.10",
    body=InstancesRequest,
    answer=BatchOperationCreatedResult,
)
async def suspend_process_instances(call: Call) -> BatchOperationCreatedResult:
    """Suspend process instances."""
    return await _create(call, kinds.SUSPEND, Plan(), Violations())


@BATCH_OPERATIONS.post(
    "/process-instances/resumption",
    "resumeProcessInstancesBatchOperation",
    since="8.10",
    body=InstancesRequest,
    answer=BatchOperationCreatedResult,
)
async def resume_process_instances(call: Call) -> BatchOperationCreatedResult:
    """Resume suspended process instances."""
    return await _create(call, kinds.RESUME, Plan(), Violations())


@BATCH_OPERATIONS.post(
    "/process-instances/migration",
    "migrateProcessInstancesBatchOperation",
    since="8.8",
    body=MigrationRequest,
    answer=BatchOperationCreatedResult,
)
async def migrate_process_instances(call: Call) -> BatchOperationCreatedResult:
    """Migrate process instances."""
    violations = Violations()
    given = call.body.migration_plan or MigrationPlan()
    target = violations.key(given.target_process_definition_key, "targetProcessDefinitionKey")
    pairs = _pairs(given.mapping_instructions, "mappingInstructions", violations)
    return await _create(call, kinds.MIGRATE, Plan(target=target, pairs=pairs), violations)


@BATCH_OPERATIONS.post(
    "/process-instances/modification",
    "modifyProcessInstancesBatchOperation",
    since="8.8",
    body=ModificationRequest,
    answer=BatchOperationCreatedResult,
)
async def modify_process_instances(call: Call) -> BatchOperationCreatedResult:
    """Move tokens in process instances."""
    violations = Violations()
    pairs = _pairs(call.body.move_instructions, "moveInstructions", violations)
    return await _create(call, kinds.MODIFY, Plan(pairs=pairs), violations)


@BATCH_OPERATIONS.post(
    "/jobs/batch-update",
    "updateJobsBatchOperation",
    since="8.10",
    body=JobBatchUpdateRequest,
    answer=BatchOperationCreatedResult,
)
async def update_jobs(call: Call) -> BatchOperationCreatedResult:
    """Change retries, time-out or priority of jobs that are not over."""
    violations = Violations()
    changes = changeset(call.body.changeset, violations)
    plan = Plan(retries=changes.retries, timeout_ms=changes.timeout, priority=changes.priority)
    return await _create(call, kinds.UPDATE_JOB, plan, violations, JOBS)


@BATCH_OPERATIONS.post(
    "/process-instances/{processInstanceKey}/incident-resolution",
    "resolveProcessInstanceIncidents",
    since="8.9",
    answer=BatchOperationCreatedResult,
)
async def resolve_process_instance_incidents(call: Call) -> BatchOperationCreatedResult:
    """Resolve the incidents of one process instance."""
    item = await existing(call, PROCESS_INSTANCES, "processInstanceKey")
    call.require("PROCESS_DEFINITION", "UPDATE_PROCESS_INSTANCE", "RESOLVE", item["processDefinitionId"])
    key = call.key("processInstanceKey")
    targets = await call.search.read(lambda run: _targets(kinds.RESOLVE, [key], run))
    return await _begin(call, kinds.RESOLVE, Plan(), targets)


@BATCH_OPERATIONS.get(
    "/batch-operations/{batchOperationKey}", "getBatchOperation", since="8.8", answer=Single(SEARCH_OPERATIONS)
)
async def get_batch_operation(call: Call) -> JsonBody:
    """Get a batch operation and how far it is."""
    key = call.key("batchOperationKey")
    row = await asyncio.to_thread(call.services.batch_store.read, lambda run: get(SEARCH_OPERATIONS, key, run))
    if row is None:
        raise not_found(f"Batch Operation with key '{key}' not found")
    return show(SEARCH_OPERATIONS, [row])[0]


@BATCH_OPERATIONS.post(
    "/batch-operations/search",
    "searchBatchOperations",
    since="8.8",
    body=SEARCH_OPERATIONS,
    body_required=False,
    answer=SEARCH_OPERATIONS,
)
async def search_batch_operations(call: Call) -> JsonBody:
    """Search batch operations."""
    query, readable = parse_query(SEARCH_OPERATIONS, call.body), reading(call.access, SEARCH_OPERATIONS)
    work = partial(find, SEARCH_OPERATIONS, query, readable)
    found = await asyncio.to_thread(call.services.batch_store.read, work)
    return answer(found_page(SEARCH_OPERATIONS, found))


@BATCH_OPERATIONS.post(
    "/batch-operation-items/search",
    "searchBatchOperationItems",
    since="8.8",
    body=SEARCH_ITEMS,
    body_required=False,
    answer=SEARCH_ITEMS,
)
async def search_batch_operation_items(call: Call) -> JsonBody:
    """Search items of batch operations."""
    query, readable = parse_query(SEARCH_ITEMS, call.body), reading(call.access, SEARCH_ITEMS)
    work = partial(find, SEARCH_ITEMS, query, readable)
    found = await asyncio.to_thread(call.services.batch_store.read, work)
    return answer(found_page(SEARCH_ITEMS, found))


@BATCH_OPERATIONS.post("/batch-operations/{batchOperationKey}/cancellation", "cancelBatchOperation", since="8.8")
async def cancel_batch_operation(call: Call) -> None:
    """Cancel a batch operation; what it has done stays done."""
    await _change(call, "CANCEL", (BatchState.CREATED, BatchState.ACTIVE, BatchState.SUSPENDED), BatchState.CANCELED)


@BATCH_OPERATIONS.post("/batch-operations/{batchOperationKey}/suspension", "suspendBatchOperation", since="8.8")
async def suspend_batch_operation(call: Call) -> None:
    """Let a batch operation stand still."""
    await _change(call, "SUSPEND", (BatchState.CREATED, BatchState.ACTIVE), BatchState.SUSPENDED)


@BATCH_OPERATIONS.post("/batch-operations/{batchOperationKey}/resumption", "resumeBatchOperation", since="8.8")
async def resume_batch_operation(call: Call) -> None:
    """Let a suspended batch operation go on."""
    await _change(call, "RESUME", (BatchState.SUSPENDED,), BatchState.ACTIVE)
    call.services.batch_runner.wake()


async def _change(call: Call, intent: str, allowed: tuple[BatchState, ...], state: BatchState) -> None:
    key = call.key("batchOperationKey")
    store = call.services.batch_store
    before = await asyncio.to_thread(store.change, key, allowed, state, call.broker.clock.now_ms())
    expected = f"Expected to {intent.lower()} a batch operation with key '{key}'"
    if before is None:
        raise _refused(intent, RejectionType.NOT_FOUND, f"{expected}, but no such batch operation was found")
    row = await asyncio.to_thread(store.read, lambda run: get(SEARCH_OPERATIONS, key, run))
    type_ = "" if row is None else show(SEARCH_OPERATIONS, [row])[0]["batchOperationType"]
    refusal = None if before in allowed else RejectionType.INVALID_STATE
    await _note(call, key, type_, OperationType(intent), refusal)
    if refusal is not None:
        raise _refused(intent, refusal, f"{expected}, but it is in state '{before.name}'")


def _refused(intent: str, type_: RejectionType, reason: str) -> Problem:
    return of_rejection(Rejection(type_, intent, reason))
