"""Requests over REST v2: a table from request class to method, path, body and result."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import msgspec

from kiang.client import request as ask
from kiang.client import results
from kiang.client.job import Job, UserTaskProperties
from kiang.client.job_result import AdHocSubProcessResult, Corrections, UserTaskResult, date_text
from kiang.client.request import Request, ResultT
from kiang.client.settings import ClientSettings
from kiang.client.status import NotReached, Unauthenticated, http_error
from kiang.client.tls import ssl_context
from kiang.client.transport import JobStream
from kiang.client.variables import decode_value, encode_variables
from kiang.errors import ClientError, DeadlineExceeded, InternalError, Unavailable, Unimplemented
from kiang.protocol.enums import JobKind, ListenerEventType
from kiang.protocol.keys import DeploymentKey, ProcessDefinitionKey, ProcessInstanceKey

CONNECTIONS_MAX = 64
"""Open at once; HTTP/1.1 carries one request per connection, and each long poll keeps one."""
CONNECT_TIMEOUT_S = 10.0
RESPONSE_SIZE_MAX_BYTES = 64 * 1024 * 1024

_print = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class _Call:
    """What one request looks like on the wire."""

    method: str
    path: str
    body: bytes | None = None
    files: list[tuple[str, tuple[str, bytes]]] | None = None
    form: Mapping[str, str] = field(default_factory=dict)


class RestTransport:
    """Carries requests over HTTP. See `kiang.client.transport.Transport` for the contract."""

    def __init__(self, settings: ClientSettings) -> None:
        self._base = settings.rest_url
        self._credentials = settings.credentials
        self._ssl = ssl_context(settings.tls) if self._base.startswith("https") else None
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def _open(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is None or self._loop is not loop:
            # Another `asyncio.run`: the connections of the former one ended with its loop.
            connector = aiohttp.TCPConnector(limit=CONNECTIONS_MAX, ssl=self._ssl or True)
            self._session = aiohttp.ClientSession(
                connector=connector, headers={"accept": "application/json"}, trust_env=True
            )
            self._loop = loop
        return self._session

    async def call(self, request: Request[ResultT], *, timeout_s: float) -> ResultT:
        """Execute a request."""
        operation = _OPERATIONS.get(type(request))
        if operation is None:
            raise Unimplemented(f"Expected to send {type(request).__name__} over REST, but it has no such operation.")
        call = operation.encode(request)
        try:
            answer = await self._send(call, timeout_s)
        except Unauthenticated:
            if not self._credentials.invalidate():
                raise
            answer = await self._send(call, timeout_s)
        try:
            return operation.decode(answer)  # type: ignore[no-any-return]
        except (msgspec.MsgspecError, KeyError, TypeError, ValueError) as error:
            raise InternalError(
                f"Expected an answer of {call.path} as the API describes it, but: {error!r}."
            ) from error

    async def _send(self, call: _Call, timeout_s: float) -> bytes:
        headers = dict(await self._credentials.headers())
        data: bytes | aiohttp.FormData | None = call.body
        if call.body is not None:
            headers["content-type"] = "application/json"
        elif call.files is not None:
            data = aiohttp.FormData(call.form)
            for name, (file_name, content) in call.files:
                data.add_field(name, content, filename=file_name, content_type="application/octet-stream")
        try:
            async with self._open().request(
                call.method,
                self._base + call.path,
                data=data,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=timeout_s, sock_connect=CONNECT_TIMEOUT_S),
            ) as answer:
                if (answer.content_length or 0) > RESPONSE_SIZE_MAX_BYTES:
                    raise InternalError(
                        f"Expected an answer of at most {RESPONSE_SIZE_MAX_BYTES} bytes from {self._base}{call.path}, "
                        f"but it has {answer.content_length}. Ask for less: a smaller page, fewer variables."
                    )
                content = await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotReached(f"Expected to reach {self._base}, but no connection could be made: {error}.") from error
        except TimeoutError as error:
            raise DeadlineExceeded(
                f"Expected an answer of {self._base} within {timeout_s:g} s, but there was none."
            ) from error
        except aiohttp.ClientError as error:
            raise Unavailable(
                f"Expected an answer of {self._base}, but the connection broke: {type(error).__name__}."
            ) from error
        if answer.status < 400:
            return content
        raise _refusal(answer.status, content)

    def stream(self, request: ask.StreamJobs) -> JobStream:
        """REST has no streams."""
        raise Unimplemented(f"Expected to stream jobs of type {request.job_type!r}, but the REST API has only polling.")

    async def aclose(self) -> None:
        """Close all connections."""
        session, self._session = self._session, None
        if session is not None and self._loop is asyncio.get_running_loop():
            await session.close()
        await self._credentials.aclose()


class _Problem(msgspec.Struct):
    title: str | None = None
    detail: str | None = None


def _refusal(status: int, content: bytes) -> ClientError:
    try:
        problem = msgspec.json.decode(content, type=_Problem)
    except msgspec.MsgspecError:
        problem = _Problem()  # a proxy's page, or a framework's own error
    return http_error(status, problem.title or "", problem.detail or "")


# ---- requests


def _post(path: str, **members: Any) -> _Call:
    """A POST whose members with the value None are left out."""
    return _Call("POST", path, _print({name: value for name, value in members.items() if value is not None}))


def _raw(text: str) -> msgspec.Raw | None:
    """A JSON object as it is; None for the empty one."""
    return None if text == "{}" else msgspec.Raw(text.encode())


def _key(key: int) -> str | None:
    return str(key) if key > 0 else None


def _encode_deploy(request: ask.Deploy) -> _Call:
    files = [("resources", (name, content)) for name, content in request.resources]
    return _Call("POST", "/deployments", files=files, form={"tenantId": request.tenant_id})


def _create_members(request: ask.CreateProcessInstance) -> dict[str, Any]:
    by_id = bool(request.process_definition_id)
    return {
        "processDefinitionId": request.process_definition_id or None,
        "processDefinitionVersion": request.version if by_id else None,
        "processDefinitionKey": None if by_id else str(request.process_definition_key),
        "variables": _raw(request.variables),
        "startInstructions": [{"elementId": item} for item in request.start_at] or None,
        "tenantId": request.tenant_id,
        "tags": list(request.tags) or None,
    }


def _encode_create(request: ask.CreateProcessInstance) -> _Call:
    return _post("/process-instances", **_create_members(request))


def _encode_create_with_result(request: ask.CreateProcessInstanceWithResult) -> _Call:
    return _post(
        "/process-instances",
        **_create_members(request.create),
        awaitCompletion=True,
        requestTimeout=request.request_timeout_ms,
        fetchVariables=list(request.fetch_variables) or None,
    )


def _encode_modify(request: ask.ModifyProcessInstance) -> _Call:
    def activate(item: ask.ActivateElement) -> dict[str, Any]:
        instruction: dict[str, Any] = {
            "elementId": item.element_id,
            "variableInstructions": [
                {"variables": msgspec.Raw(variables.encode()), "scopeId": scope} for scope, variables in item.variables
            ],
        }
        if item.ancestor_element_instance_key > 0:
            instruction["ancestorElementInstanceKey"] = str(item.ancestor_element_instance_key)
        return instruction

    return _post(
        f"/process-instances/{request.process_instance_key}/modification",
        activateInstructions=[activate(item) for item in request.activate],
        terminateInstructions=[{"elementInstanceKey": str(key)} for key in request.terminate],
    )


def _encode_activate(request: ask.ActivateJobs) -> _Call:
    return _post(
        "/jobs/activation",
        type=request.job_type,
        worker=request.worker,
        timeout=request.timeout_ms,
        maxJobsToActivate=request.max_jobs,
        fetchVariable=list(request.fetch_variables) or None,
        requestTimeout=request.request_timeout_ms,
        tenantIds=list(request.tenant_ids) or None,
    )


def _encode_job_update(request: ask.UpdateJobRetries | ask.UpdateJobTimeout) -> _Call:
    change = (
        {"retries": request.retries} if isinstance(request, ask.UpdateJobRetries) else {"timeout": request.timeout_ms}
    )
    return _Call("PATCH", f"/jobs/{request.job_key}", _print({"changeset": change}))


def _user_task_result(result: UserTaskResult) -> dict[str, Any]:
    members: dict[str, Any] = {"type": "userTask", "denied": result.denied}
    if result.denied_reason:
        members["deniedReason"] = result.denied_reason
    given = result.corrections
    if given is not None:
        members["corrections"] = _changes(given)
    return members


def _changes(given: Corrections) -> dict[str, Any]:
    return {
        "assignee": given.assignee,
        "dueDate": date_text(given.due_date),
        "followUpDate": date_text(given.follow_up_date),
        "candidateUsers": given.candidate_users,
        "candidateGroups": given.candidate_groups,
        "priority": given.priority,
    }


def _encode_user_task_assignment(request: ask.AssignUserTask) -> _Call:
    path = f"/user-tasks/{request.user_task_key}"
    if not request.assignee:
        return _Call("DELETE", f"{path}/assignee")
    return _post(
        f"{path}/assignment",
        assignee=request.assignee,
        allowOverride=request.allow_override,
        action=request.action or None,
    )


def _encode_user_task_update(request: ask.UpdateUserTask) -> _Call:
    changes = {name: value for name, value in _changes(request.changes).items() if value is not None}
    changes.pop("assignee", None)  # that is an assignment
    body: dict[str, Any] = {"changeset": changes}
    if request.action:
        body["action"] = request.action
    return _Call("PATCH", f"/user-tasks/{request.user_task_key}", _print(body))


def _ad_hoc_result(result: AdHocSubProcessResult) -> dict[str, Any]:
    return {
        "type": "adHocSubProcess",
        "isCompletionConditionFulfilled": result.is_completion_condition_fulfilled,
        "isCancelRemainingInstances": result.cancels_remaining_instances,
        "activateElements": [
            {"elementId": item.element_id, "variables": msgspec.Raw(encode_variables(item.variables).encode())}
            for item in result.activate
        ],
    }


_RESULTS: dict[type[Any], Callable[[Any], dict[str, Any]]] = {
    UserTaskResult: _user_task_result,
    AdHocSubProcessResult: _ad_hoc_result,
}


# ---- answers


def _decode_nothing(_answer: bytes) -> None:
    return None


def _decode_topology(answer: bytes) -> results.Topology:
    body = msgspec.json.decode(answer)
    return results.Topology(
        cluster_size=body["clusterSize"],
        partitions_count=body["partitionsCount"],
        replication_factor=body["replicationFactor"],
        gateway_version=body["gatewayVersion"],
        cluster_id=body.get("clusterId") or "",
        brokers=tuple(
            results.BrokerInfo(
                node_id=broker["nodeId"],
                host=broker["host"],
                port=broker["port"],
                version=broker["version"],
                partitions=tuple(
                    results.Partition(partition_id=item["partitionId"], role=item["role"], health=item["health"])
                    for item in broker["partitions"]
                ),
            )
            for broker in body["brokers"]
        ),
    )


def _decode_deployment(answer: bytes) -> results.Deployment:
    body = msgspec.json.decode(answer)

    def each(name: str) -> list[dict[str, Any]]:
        return [item[name] for item in body["deployments"] if item.get(name)]

    return results.Deployment(
        deployment_key=DeploymentKey(int(body["deploymentKey"])),
        tenant_id=body["tenantId"],
        processes=tuple(
            results.DeployedProcess(
                process_definition_key=ProcessDefinitionKey(int(item["processDefinitionKey"])),
                process_definition_id=item["processDefinitionId"],
                version=item["processDefinitionVersion"],
                resource_name=item["resourceName"],
                tenant_id=item["tenantId"],
            )
            for item in each("processDefinition")
        ),
        decisions=tuple(
            results.DeployedDecision(
                decision_definition_key=int(item["decisionDefinitionKey"]),
                decision_definition_id=item["decisionDefinitionId"],
                name=item["name"],
                version=item["version"],
                decision_requirements_id=item["decisionRequirementsId"],
                decision_requirements_key=int(item["decisionRequirementsKey"]),
                tenant_id=item["tenantId"],
            )
            for item in each("decisionDefinition")
        ),
        decision_requirements=tuple(
            results.DeployedDecisionRequirements(
                decision_requirements_key=int(item["decisionRequirementsKey"]),
                decision_requirements_id=item["decisionRequirementsId"],
                name=item["decisionRequirementsName"],
                version=item["version"],
                resource_name=item["resourceName"],
                tenant_id=item["tenantId"],
            )
            for item in each("decisionRequirements")
        ),
        forms=tuple(
            results.DeployedForm(
                form_key=int(item["formKey"]),
                form_id=item["formId"],
                version=item["version"],
                resource_name=item["resourceName"],
                tenant_id=item["tenantId"],
            )
            for item in each("form")
        ),
    )


def _instance_members(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "process_instance_key": ProcessInstanceKey(int(body["processInstanceKey"])),
        "process_definition_key": ProcessDefinitionKey(int(body["processDefinitionKey"])),
        "process_definition_id": body["processDefinitionId"],
        "version": body["processDefinitionVersion"],
        "tenant_id": body["tenantId"],
        "tags": tuple(body.get("tags") or ()),
    }


def _decode_created(answer: bytes) -> results.ProcessInstance:
    return results.ProcessInstance(**_instance_members(msgspec.json.decode(answer)))


def _decode_result(answer: bytes) -> results.ProcessInstanceResult:
    body = msgspec.json.decode(answer)
    return results.ProcessInstanceResult(**_instance_members(body), variables=body.get("variables") or {})


def _decode_published(answer: bytes) -> results.PublishedMessage:
    body = msgspec.json.decode(answer)
    return results.PublishedMessage(message_key=int(body["messageKey"]), tenant_id=body["tenantId"])


def _decode_correlated(answer: bytes) -> results.CorrelatedMessage:
    body = msgspec.json.decode(answer)
    return results.CorrelatedMessage(
        message_key=int(body["messageKey"]),
        process_instance_key=ProcessInstanceKey(int(body["processInstanceKey"])),
        tenant_id=body["tenantId"],
    )


def _decode_signal(answer: bytes) -> results.BroadcastSignal:
    body = msgspec.json.decode(answer)
    return results.BroadcastSignal(signal_key=int(body["signalKey"]), tenant_id=body["tenantId"])


def _decode_decision(answer: bytes) -> results.DecisionResult:
    body = msgspec.json.decode(answer)
    return results.DecisionResult(
        decision_definition_key=int(body["decisionDefinitionKey"]),
        decision_definition_id=body["decisionDefinitionId"],
        name=body["decisionDefinitionName"],
        version=body["decisionDefinitionVersion"],
        decision_requirements_id=body["decisionRequirementsId"],
        decision_requirements_key=int(body["decisionRequirementsKey"]),
        output=decode_value(body.get("output") or ""),
        tenant_id=body["tenantId"],
        decision_evaluation_key=int(body.get("decisionEvaluationKey") or body.get("decisionInstanceKey") or 0),
        failed_decision_id=body.get("failedDecisionDefinitionId") or "",
        failure_message=body.get("failureMessage") or "",
        evaluated_decisions=tuple(
            results.EvaluatedDecision(
                decision_definition_key=int(item["decisionDefinitionKey"]),
                decision_definition_id=item["decisionDefinitionId"],
                name=item["decisionDefinitionName"],
                version=item["decisionDefinitionVersion"],
                decision_type=item["decisionDefinitionType"],
                output=decode_value(item.get("output") or ""),
                inputs=tuple(
                    results.EvaluatedInput(
                        input_id=each["inputId"], input_name=each["inputName"], value=decode_value(each["inputValue"])
                    )
                    for each in item["evaluatedInputs"]
                ),
                matched_rules=tuple(
                    results.MatchedRule(
                        rule_id=rule["ruleId"],
                        rule_index=rule["ruleIndex"],
                        outputs=tuple(
                            results.EvaluatedOutput(
                                output_id=each["outputId"],
                                output_name=each["outputName"],
                                value=decode_value(each["outputValue"]),
                            )
                            for each in rule["evaluatedOutputs"]
                        ),
                    )
                    for rule in item["matchedRules"]
                ),
            )
            for item in body["evaluatedDecisions"]
        ),
    )


class _JobBody(msgspec.Struct, rename="camel"):
    type: str
    process_definition_id: str
    process_definition_version: int
    process_definition_key: int
    process_instance_key: int
    element_id: str
    element_instance_key: int
    worker: str
    retries: int
    deadline: int
    custom_headers: msgspec.Raw = msgspec.Raw(b"{}")
    variables: msgspec.Raw = msgspec.Raw(b"{}")
    tenant_id: str = ""
    job_key: int = 0
    key: int = 0  # 8.6 says `key`
    kind: str = "BPMN_ELEMENT"
    listener_event_type: str = "UNSPECIFIED"
    tags: tuple[str, ...] = ()
    user_task: UserTaskProperties | None = None


class _JobsBody(msgspec.Struct):
    jobs: list[_JobBody]


_decode_jobs_body = msgspec.json.Decoder(_JobsBody, strict=False).decode


def _decode_jobs(answer: bytes) -> list[Job]:
    return [
        Job(
            item.job_key or item.key,
            item.type,
            process_instance_key=item.process_instance_key,
            process_definition_id=item.process_definition_id,
            process_definition_version=item.process_definition_version,
            process_definition_key=item.process_definition_key,
            element_id=item.element_id,
            element_instance_key=item.element_instance_key,
            headers_json=bytes(item.custom_headers),
            worker=item.worker,
            retries=item.retries,
            deadline_ms=item.deadline,
            variables_json=bytes(item.variables),
            tenant_id=item.tenant_id,
            kind=JobKind[item.kind],
            listener_event_type=ListenerEventType[item.listener_event_type],
            tags=item.tags,
            user_task=item.user_task,
        )
        for item in _decode_jobs_body(answer).jobs
    ]


@dataclass(frozen=True, slots=True)
class _Operation:
    """One row of the table."""

    encode: Callable[[Any], _Call]
    decode: Callable[[bytes], Any] = _decode_nothing


_OPERATIONS: dict[type[Request[Any]], _Operation] = {
    ask.GetTopology: _Operation(lambda _: _Call("GET", "/topology"), _decode_topology),
    ask.Deploy: _Operation(_encode_deploy, _decode_deployment),
    ask.DeleteResource: _Operation(lambda request: _post(f"/resources/{request.resource_key}/deletion")),
    ask.CreateProcessInstance: _Operation(_encode_create, _decode_created),
    ask.CreateProcessInstanceWithResult: _Operation(_encode_create_with_result, _decode_result),
    ask.CancelProcessInstance: _Operation(
        lambda request: _post(f"/process-instances/{request.process_instance_key}/cancellation")
    ),
    ask.ModifyProcessInstance: _Operation(_encode_modify),
    ask.MigrateProcessInstance: _Operation(
        lambda request: _post(
            f"/process-instances/{request.process_instance_key}/migration",
            targetProcessDefinitionKey=str(request.target_process_definition_key),
            mappingInstructions=[
                {"sourceElementId": source, "targetElementId": target} for source, target in request.mappings
            ],
        )
    ),
    ask.SetVariables: _Operation(
        lambda request: _Call(
            "PUT",
            f"/element-instances/{request.element_instance_key}/variables",
            _print({"variables": msgspec.Raw(request.variables.encode()), "local": request.local}),
        ),
        lambda _answer: 0,
    ),
    ask.ResolveIncident: _Operation(lambda request: _post(f"/incidents/{request.incident_key}/resolution")),
    ask.PublishMessage: _Operation(
        lambda request: _post(
            "/messages/publication",
            name=request.name,
            correlationKey=request.correlation_key,
            timeToLive=request.time_to_live_ms,
            messageId=request.message_id or None,
            variables=_raw(request.variables),
            tenantId=request.tenant_id,
        ),
        _decode_published,
    ),
    ask.CorrelateMessage: _Operation(
        lambda request: _post(
            "/messages/correlation",
            name=request.name,
            correlationKey=request.correlation_key,
            variables=_raw(request.variables),
            tenantId=request.tenant_id,
        ),
        _decode_correlated,
    ),
    ask.Broadcast: _Operation(
        lambda request: _post(
            "/signals/broadcast",
            signalName=request.signal_name,
            variables=_raw(request.variables),
            tenantId=request.tenant_id,
        ),
        _decode_signal,
    ),
    ask.EvaluateDecision: _Operation(
        lambda request: _post(
            "/decision-definitions/evaluation",
            decisionDefinitionId=request.decision_definition_id or None,
            decisionDefinitionKey=None if request.decision_definition_id else _key(request.decision_definition_key),
            variables=_raw(request.variables),
            tenantId=request.tenant_id,
        ),
        _decode_decision,
    ),
    ask.ActivateJobs: _Operation(_encode_activate, _decode_jobs),
    ask.CompleteJob: _Operation(
        lambda request: _post(
            f"/jobs/{request.job_key}/completion",
            variables=_raw(request.variables),
            result=None if request.result is None else _RESULTS[type(request.result)](request.result),
        )
    ),
    ask.FailJob: _Operation(
        lambda request: _post(
            f"/jobs/{request.job_key}/failure",
            retries=request.retries,
            errorMessage=request.error_message,
            retryBackOff=request.retry_backoff_ms,
            variables=_raw(request.variables),
        )
    ),
    ask.ThrowError: _Operation(
        lambda request: _post(
            f"/jobs/{request.job_key}/error",
            errorCode=request.error_code,
            errorMessage=request.error_message or None,
            variables=_raw(request.variables),
        )
    ),
    ask.UpdateJobRetries: _Operation(_encode_job_update),
    ask.UpdateJobTimeout: _Operation(_encode_job_update),
    ask.GetProcessDefinitionXml: _Operation(
        lambda request: _Call("GET", f"/process-definitions/{request.process_definition_key}/xml"), bytes
    ),
    ask.CompleteUserTask: _Operation(
        lambda request: _post(
            f"/user-tasks/{request.user_task_key}/completion",
            variables=_raw(request.variables),
            action=request.action or None,
        )
    ),
    ask.AssignUserTask: _Operation(_encode_user_task_assignment),
    ask.UpdateUserTask: _Operation(_encode_user_task_update),
    ask.PinClock: _Operation(
        lambda request: (
            _Call("POST", "/clock/reset")
            if request.at_ms is None
            else _Call("PUT", "/clock", _print({"timestamp": request.at_ms}))
        )
    ),
    ask.Administer: _Operation(
        lambda request: _Call(request.method, request.path, request.body.encode() if request.body else None), bytes
    ),
    ask.Search: _Operation(lambda request: _Call("POST", f"/{request.entities}/search", request.query.encode()), bytes),
}
