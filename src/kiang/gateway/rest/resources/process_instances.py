"""Process instances."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from kiang.gateway.deletions import delete_instances
from kiang.gateway.rest.body import Answer, Int32, Int64, Request, Variables, document
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.limits import REQUEST_TIMEOUT_MS_MAX
from kiang.gateway.rest.modification import (
    ActiveElement,
    ProcessInstanceModificationInstruction,
    active_elements,
    modification,
    needs_elements,
)
from kiang.gateway.rest.operation import Resource
from kiang.gateway.rest.problem import Problem
from kiang.gateway.rest.searching import JsonBody, add_get, add_search, existing
from kiang.gateway.rest.shapes import EMPTY_OBJECT, JsonObject, KeyText, json_object, key_text
from kiang.gateway.rest.validation import Key, Violations
from kiang.protocol.answers import ProcessInstanceCreated, ProcessInstanceResult
from kiang.protocol.commands import (
    AssignBusinessId,
    CancelProcessInstance,
    CreateProcessInstance,
    MigrateProcessInstance,
    ResumeProcessInstance,
    SuspendProcessInstance,
)
from kiang.protocol.enums import ElementState
from kiang.search.resources.incident import INCIDENTS
from kiang.search.resources.process_instance import PROCESS_INSTANCES as SEARCHED
from kiang.search.resources.wait_state import WAIT_STATES
from kiang.search.statement import Clause, Run

PROCESS_INSTANCES = Resource("Process instance")

CALL_DEPTH_MAX = 1_000
"""Callers that are followed; the engine refuses deeper chains."""


async def _incidents_within(call: Call) -> list[Clause]:
    """Incidents of a process instance and of the instances that it has called."""
    key = call.key("processInstanceKey")
    await existing(call, SEARCHED, "processInstanceKey")
    return [
        Clause(
            "t.process_instance_key IN (WITH RECURSIVE called(key) AS (SELECT ? UNION ALL "
            "SELECT e.called_instance_key FROM called JOIN element_instance e ON e.process_instance_key = called.key "
            "WHERE e.called_instance_key <> 0) SELECT key FROM called)",
            [key],
        )
    ]


add_search(PROCESS_INSTANCES, "/process-instances/search", "searchProcessInstances", SEARCHED, since="8.6")
add_get(PROCESS_INSTANCES, "/process-instances/{processInstanceKey}", "getProcessInstance", SEARCHED, since="8.8")
add_search(
    PROCESS_INSTANCES,
    "/process-instances/{processInstanceKey}/incidents/search",
    "searchProcessInstanceIncidents",
    INCIDENTS,
    since="8.8",
    scope=_incidents_within,
)


class StartInstruction(Request, frozen=True):
    """An element to start at."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("elementId",)

    element_id: str | None = None


class RuntimeInstruction(Request, frozen=True):
    """Ends the instance behind an element."""

    type: str | None = None
    after_element_id: str | None = None


class ProcessInstanceCreationInstruction(Request, frozen=True):
    """What to start, by id or by key."""

    process_definition_id: str | None = None
    process_definition_key: Key = None
    process_definition_version: Int32 | None = None
    variables: Variables | None = None
    tenant_id: str | None = None
    operation_reference: Int64 | None = None
    start_instructions: list[StartInstruction] | None = None
    runtime_instructions: list[RuntimeInstruction] | None = None
    await_completion: bool | None = None
    fetch_variables: list[str] | None = None
    request_timeout: Int64 | None = None
    tags: list[str] | None = None
    business_id: str | None = None


class CreateProcessInstanceResult(Answer, frozen=True):
    """The new instance; its variables if its completion was awaited."""

    process_definition_id: str
    process_definition_version: int
    tenant_id: str
    variables: JsonObject
    process_definition_key: KeyText
    process_instance_key: KeyText
    tags: list[str]
    business_id: str | None


class MappingInstruction(Request, frozen=True):
    """An element that goes on as another one."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("sourceElementId", "targetElementId")

    source_element_id: str | None = None
    target_element_id: str | None = None


class ProcessInstanceMigrationInstruction(Request, frozen=True):
    """Where to go on."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("targetProcessDefinitionKey", "mappingInstructions")

    target_process_definition_key: Key = None
    mapping_instructions: list[MappingInstruction] | None = None
    operation_reference: Int64 | None = None


class SequenceFlow(Answer, frozen=True):
    """A sequence flow that was taken."""

    sequence_flow_id: str
    process_instance_key: KeyText
    root_process_instance_key: KeyText | None
    process_definition_key: KeyText
    process_definition_id: str
    element_id: str
    tenant_id: str


class SequenceFlows(Answer, frozen=True):
    """Sequence flows that were taken."""

    items: list[SequenceFlow]


class ElementCounts(Answer, frozen=True):
    """Element instances of one element."""

    element_id: str
    active: int
    canceled: int
    incidents: int
    completed: int


class ElementStatistics(Answer, frozen=True):
    """Element instances by element."""

    items: list[ElementCounts]


class WaitStateCount(Answer, frozen=True):
    """How much an element waits for."""

    element_id: str
    waiting_count: int


class WaitStateStatistics(Answer, frozen=True):
    """How much each element waits for."""

    items: list[WaitStateCount]


class CallHierarchyEntry(Answer, frozen=True):
    """One instance of a chain of calls."""

    process_instance_key: KeyText
    process_definition_key: KeyText
    process_definition_name: str


class CancelProcessInstanceRequest(Request, frozen=True):
    """Nothing but the client's own number."""

    operation_reference: Int64 | None = None


@PROCESS_INSTANCES.post(
    "/process-instances",
    "createProcessInstance",
    body=ProcessInstanceCreationInstruction,
    answer=CreateProcessInstanceResult,
)
async def create_process_instance(call: Call) -> CreateProcessInstanceResult:
    """Start a process instance, and wait for its result if asked to."""
    command, timeout_ms = _creation(call.body)
    answer: Any = await call.execute(command, timeout_ms=timeout_ms)
    if type(answer) is ProcessInstanceResult:
        return _created(answer.created, json_object(answer.variables))
    return _created(answer, EMPTY_OBJECT)


@PROCESS_INSTANCES.post(
    "/process-instances/{processInstanceKey}/cancellation",
    "cancelProcessInstance",
    body=CancelProcessInstanceRequest,
    body_required=False,
)
async def cancel_process_instance(call: Call) -> None:
    """Cancel a running process instance."""
    violations = Violations()
    violations.operation_reference(call.body.operation_reference)
    violations.check()
    await call.execute(CancelProcessInstance(call.key("processInstanceKey")))


@PROCESS_INSTANCES.post(
    "/process-instances/{processInstanceKey}/deletion",
    "deleteProcessInstance",
    since="8.9",
    body=CancelProcessInstanceRequest,
    body_required=False,
)
async def delete_process_instance(call: Call) -> None:
    """Delete a process instance that has ended, with its variables, jobs, incidents and whatever else is its own."""
    violations = Violations()
    violations.operation_reference(call.body.operation_reference)
    violations.check()
    key = call.key("processInstanceKey")
    item = await existing(call, SEARCHED, "processInstanceKey")
    call.require("PROCESS_DEFINITION", "DELETE_PROCESS_INSTANCE", "DELETE", item["processDefinitionId"])
    if item["endDate"] is None:
        raise Problem(
            409,
            "INVALID_STATE",
            f"Expected to delete process instance with key '{key}', but it has not ended yet. Cancel it first.",
        )
    await call.note(*await asyncio.to_thread(delete_instances, call.broker.store, [key]))


@PROCESS_INSTANCES.post(
    "/process-instances/{processInstanceKey}/suspension",
    "suspendProcessInstance",
    since="8.10",
    body=CancelProcessInstanceRequest,
    body_required=False,
)
async def suspend_process_instance(call: Call) -> None:
    """Let a process instance stand still."""
    violations = Violations()
    violations.operation_reference(call.body.operation_reference)
    violations.check()
    await call.execute(SuspendProcessInstance(call.key("processInstanceKey")))


@PROCESS_INSTANCES.post(
    "/process-instances/{processInstanceKey}/resumption",
    "resumeProcessInstance",
    since="8.10",
    body=CancelProcessInstanceRequest,
    body_required=False,
)
async def resume_process_instance(call: Call) -> None:
    """Let a suspended process instance go on."""
    violations = Violations()
    violations.operation_reference(call.body.operation_reference)
    violations.check()
    await call.execute(ResumeProcessInstance(call.key("processInstanceKey")))


class BusinessIdAssignmentInstruction(Request, frozen=True):
    """The business id that an instance gets."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("businessId",)

    business_id: str | None = None


@PROCESS_INSTANCES.post(
    "/process-instances/{processInstanceKey}/business-id-assignment",
    "assignProcessInstanceBusinessId",
    since="8.10",
    body=BusinessIdAssignmentInstruction,
)
async def assign_business_id(call: Call) -> None:
    """Assign a business id to a running process instance that has none."""
    violations = Violations()
    violations.required(call.body.business_id, "businessId")
    business_id = violations.business_id(call.body.business_id)
    violations.check()
    await call.execute(AssignBusinessId(call.key("processInstanceKey"), business_id))


@PROCESS_INSTANCES.post(
    "/process-instances/{processInstanceKey}/modification",
    "modifyProcessInstance",
    body=ProcessInstanceModificationInstruction,
)
async def modify_process_instance(call: Call) -> None:
    """Move the tokens of a process instance by hand."""
    body: ProcessInstanceModificationInstruction = call.body
    key = call.key("processInstanceKey")
    elements: list[ActiveElement] = []
    if needs_elements(body):
        elements = await call.search.read(lambda run: active_elements(run, key))
    await call.execute(modification(key, body, elements))


@PROCESS_INSTANCES.post(
    "/process-instances/{processInstanceKey}/migration",
    "migrateProcessInstance",
    body=ProcessInstanceMigrationInstruction,
)
async def migrate_process_instance(call: Call) -> None:
    """Continue a process instance with another process definition."""
    body: ProcessInstanceMigrationInstruction = call.body
    violations = Violations()
    target = violations.key(body.target_process_definition_key, "targetProcessDefinitionKey")
    if not body.mapping_instructions:
        violations.add("No mappingInstructions provided")
    pairs = []
    for one in body.mapping_instructions or ():
        source_id = violations.text(one.source_element_id, "sourceElementId")
        pairs.append((source_id, violations.text(one.target_element_id, "targetElementId")))
    violations.operation_reference(body.operation_reference)
    violations.check()
    await call.execute(MigrateProcessInstance(call.key("processInstanceKey"), target, tuple(pairs)))


@PROCESS_INSTANCES.get(
    "/process-instances/{processInstanceKey}/sequence-flows",
    "getProcessInstanceSequenceFlows",
    since="8.8",
    answer=SequenceFlows,
)
async def get_process_instance_sequence_flows(call: Call) -> JsonBody:
    """Get the sequence flows that a process instance has taken, one item per taking."""
    item = await existing(call, SEARCHED, "processInstanceKey")
    key = call.key("processInstanceKey")

    def read(run: Run) -> list[str]:
        rows = run(
            "SELECT e.taken_flows FROM element_instance e WHERE e.process_instance_key = ? AND e.taken_flows <> '' "
            "ORDER BY e.key",
            [key],
        )
        return [flow for (flows,) in rows for flow in flows.split()]

    shared = {
        name: item[name]
        for name in (
            "processInstanceKey",
            "rootProcessInstanceKey",
            "processDefinitionKey",
            "processDefinitionId",
            "tenantId",
        )
    }
    flows = await call.search.read(read)
    return {"items": [{"sequenceFlowId": f"{key}_{flow}", "elementId": flow, **shared} for flow in flows]}


@PROCESS_INSTANCES.get(
    "/process-instances/{processInstanceKey}/statistics/element-instances",
    "getProcessInstanceStatistics",
    since="8.8",
    answer=ElementStatistics,
)
async def get_process_instance_statistics(call: Call) -> JsonBody:
    """Count the element instances of a process instance by element and state."""
    await existing(call, SEARCHED, "processInstanceKey")
    key = call.key("processInstanceKey")

    def read(run: Run) -> list[JsonBody]:
        return count_by_element(run, "e.process_instance_key = ?", [key])

    return {"items": await call.search.read(read)}


@PROCESS_INSTANCES.get(
    "/process-instances/{processInstanceKey}/statistics/wait-states",
    "getProcessInstanceWaitStateStatistics",
    since="8.10",
    answer=WaitStateStatistics,
)
async def get_process_instance_wait_state_statistics(call: Call) -> JsonBody:
    """Count what the elements of a process instance wait for."""
    await existing(call, SEARCHED, "processInstanceKey")
    key = call.key("processInstanceKey")

    def read(run: Run) -> list[JsonBody]:
        rows = run(
            f"SELECT t.element_id, COUNT(*) FROM {WAIT_STATES.rows} t WHERE t.process_instance_key = ? "  # noqa: S608
            "GROUP BY t.element_id ORDER BY t.element_id",
            [key],
        )
        return [{"elementId": element_id, "waitingCount": count} for element_id, count in rows]

    return {"items": await call.search.read(read)}


@PROCESS_INSTANCES.get(
    "/process-instances/{processInstanceKey}/call-hierarchy",
    "getProcessInstanceCallHierarchy",
    since="8.8",
    answer=list[CallHierarchyEntry],
)
async def get_process_instance_call_hierarchy(call: Call) -> list[JsonBody]:
    """Get the process instances that have called this one, outermost first, and this one at the end."""
    item = await existing(call, SEARCHED, "processInstanceKey")
    chain = [item]
    while item["parentProcessInstanceKey"] is not None and len(chain) < CALL_DEPTH_MAX:
        parent = await call.search.get(SEARCHED, int(item["parentProcessInstanceKey"]))
        if parent is None:
            break
        chain.insert(0, parent)
        item = parent
    return [
        {
            "processInstanceKey": one["processInstanceKey"],
            "processDefinitionKey": one["processDefinitionKey"],
            "processDefinitionName": one["processDefinitionName"] or one["processDefinitionId"],
        }
        for one in chain
    ]


def count_by_element(run: Run, condition: str, parameters: list[Any]) -> list[JsonBody]:
    """Element instances by element: how many are active, canceled, stuck and completed."""
    rows = run(
        "SELECT e.element_id, "  # noqa: S608 - a condition of a handler, its values are bound
        f"SUM(e.state < {int(ElementState.COMPLETED)}), SUM(e.state = {int(ElementState.TERMINATED)}), "
        f"SUM(e.incident_key <> 0), SUM(e.state = {int(ElementState.COMPLETED)}) "
        f"FROM element_instance e WHERE {condition} GROUP BY e.element_id ORDER BY e.element_id",
        parameters,
    )
    return [
        {"elementId": id_, "active": active, "canceled": canceled, "incidents": incidents, "completed": completed}
        for id_, active, canceled, incidents, completed in rows
    ]


def _creation(body: ProcessInstanceCreationInstruction) -> tuple[CreateProcessInstance, int | None]:
    violations = Violations()
    by_id, by_key = body.process_definition_id is not None, body.process_definition_key is not None
    key = -1
    if by_id and by_key:
        violations.add("Only one of [processDefinitionId, processDefinitionKey] is allowed")
    elif not by_id and not by_key:
        violations.add("At least one of [processDefinitionId, processDefinitionKey] is required")
    elif by_key:
        key = violations.key(body.process_definition_key, "processDefinitionKey")
        if body.process_definition_version is not None and body.process_definition_version != -1:
            violations.add("Only one of [processDefinitionKey, processDefinitionVersion] is allowed")
    elif body.process_definition_id is not None and violations.text(body.process_definition_id, "processDefinitionId"):
        violations.process_id(body.process_definition_id, "processDefinitionId")
    starts = body.start_instructions or []
    for start in starts:
        violations.text(start.element_id, "elementId")
    terminate_after = tuple(_terminate_after(one, violations) for one in body.runtime_instructions or ())
    violations.operation_reference(body.operation_reference)
    timeout_ms = body.request_timeout or 0
    if not 0 <= timeout_ms <= REQUEST_TIMEOUT_MS_MAX:
        violations.add(
            f"The value for requestTimeout is '{timeout_ms}' but must be within the [0,{REQUEST_TIMEOUT_MS_MAX}] range"
        )
    tags = violations.tags(body.tags)
    business_id = violations.business_id(body.business_id)
    tenant_id = violations.tenant(body.tenant_id, "Create Process Instance")
    violations.check()
    awaits = bool(body.await_completion)
    command = CreateProcessInstance(
        process_id=body.process_definition_id or "",
        version=-1 if body.process_definition_version is None else body.process_definition_version,
        process_definition_key=key,
        variables=document(body.variables),
        start_at=tuple(start.element_id or "" for start in starts),
        tenant_id=tenant_id,
        tags=tags,
        business_id=business_id,
        terminate_after=terminate_after,
        awaits_result=awaits,
        fetch_variables=tuple(body.fetch_variables or ()) if awaits else (),
    )
    return command, timeout_ms if awaits and timeout_ms > 0 else None


def _terminate_after(instruction: RuntimeInstruction, violations: Violations) -> str:
    kind = instruction.type or "TERMINATE_PROCESS_INSTANCE"
    if kind != "TERMINATE_PROCESS_INSTANCE":
        violations.add(
            f"Cannot map value '{kind[:50]}' for type 'type'. "
            "Use any of the following values: [TERMINATE_PROCESS_INSTANCE]"
        )
    return violations.text(instruction.after_element_id, "afterElementId")


def _created(created: ProcessInstanceCreated, variables: JsonObject) -> CreateProcessInstanceResult:
    return CreateProcessInstanceResult(
        process_definition_id=created.process_id,
        process_definition_version=created.version,
        tenant_id=created.tenant_id,
        variables=variables,
        process_definition_key=key_text(created.process_definition_key),
        process_instance_key=key_text(created.key),
        tags=list(created.tags),
        business_id=created.business_id or None,
    )
