"""Process instances."""

from __future__ import annotations

from typing import Any

from kiang.gateway.rest.body import Answer, Request, Variables, document
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.limits import REQUEST_TIMEOUT_MS_MAX
from kiang.gateway.rest.operation import Resource
from kiang.gateway.rest.shapes import EMPTY_OBJECT, JsonObject, KeyText, json_object, key_text
from kiang.gateway.rest.validation import Key, Violations
from kiang.protocol.answers import ProcessInstanceCreated, ProcessInstanceResult
from kiang.protocol.commands import CancelProcessInstance, CreateProcessInstance

PROCESS_INSTANCES = Resource("Process instance")


class StartInstruction(Request, frozen=True):
    """An element to start at."""

    element_id: str | None = None


class RuntimeInstruction(Request, frozen=True):
    """Ends the instance behind an element."""

    type: str | None = None
    after_element_id: str | None = None


class ProcessInstanceCreationInstruction(Request, frozen=True):
    """What to start, by id or by key."""

    process_definition_id: str | None = None
    process_definition_key: Key = None
    process_definition_version: int | None = None
    variables: Variables | None = None
    tenant_id: str | None = None
    operation_reference: int | None = None
    start_instructions: list[StartInstruction] | None = None
    runtime_instructions: list[RuntimeInstruction] | None = None
    await_completion: bool | None = None
    fetch_variables: list[str] | None = None
    request_timeout: int | None = None
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


class CancelProcessInstanceRequest(Request, frozen=True):
    """Nothing but the client's own number."""

    operation_reference: int | None = None


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
    await call.execute(CancelProcessInstance(call.target_key("processInstanceKey")))


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
    if body.runtime_instructions:
        violations.add("The value for runtimeInstructions is not empty but must be: this server does not offer them")
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
        awaits_result=awaits,
        fetch_variables=tuple(body.fetch_variables or ()) if awaits else (),
    )
    return command, timeout_ms if awaits and timeout_ms > 0 else None


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
