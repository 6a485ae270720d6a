"""Requests over gRPC: a table from request class to method, message and result."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from google.protobuf.message import Message

from kiang.client import request as ask
from kiang.client import results
from kiang.client.connection import CONNECT_TIMEOUT_S, Connection
from kiang.client.credentials import Credentials
from kiang.client.job import Job, UserTaskProperties
from kiang.client.job_result import AdHocSubProcessResult, UserTaskResult, date_text
from kiang.client.request import Request, ResultT
from kiang.client.status import Unauthenticated, grpc_error
from kiang.client.variables import decode_value, decode_variables, encode_variables
from kiang.errors import ClientError, Unimplemented
from kiang.protocol.enums import JobKind, ListenerEventType
from kiang.protocol.keys import DeploymentKey, ProcessDefinitionKey, ProcessInstanceKey
from kiang.wire import gateway_pb2 as pb
from kiang.wire.channel import MessageStream, Metadata, RpcError
from kiang.wire.status import StatusCode

SERVICE = "/gateway_protocol.Gateway"


POLL_WINDOW_BYTES = 1024 * 1024
"""For the answer of a poll: a full batch of ordinary jobs arrives without waiting for the window to open."""

_NO_METADATA: Metadata = ()


@dataclass(frozen=True, slots=True)
class _Method:
    """One row of the table."""

    path: str
    encode: Callable[[Any], Message]
    answer: type[Message]
    decode: Callable[[Any], Any]


class GrpcTransport:
    """Carries requests over a gRPC channel. See `kiang.client.transport.Transport` for the contract."""

    def __init__(self, connection: Connection, credentials: Credentials) -> None:
        self._connection = connection
        self._credentials = credentials

    async def call(self, request: Request[ResultT], *, timeout_s: float) -> ResultT:
        """Execute a request."""
        kind = type(request)
        try:
            if kind is ask.ActivateJobs:
                return await self._activate(request, timeout_s)  # type: ignore[arg-type, return-value]
            method = _METHODS.get(kind)
            if method is None:
                raise Unimplemented(f"Expected to send {kind.__name__} over gRPC, but it exists only in the REST API.")
            return await self._unary(method, request, timeout_s)  # type: ignore[no-any-return]
        except Unauthenticated:
            if not self._credentials.invalidate():
                raise
        if kind is ask.ActivateJobs:
            return await self._activate(request, timeout_s)  # type: ignore[arg-type, return-value]
        return await self._unary(_METHODS[kind], request, timeout_s)  # type: ignore[no-any-return]

    async def _unary(self, method: _Method, request: Request[Any], timeout_s: float) -> Any:
        channel = self._connection.open_channel() or await self._connection.channel(timeout_s)
        try:
            answer = await channel.unary(
                method.path,
                method.encode(request),
                method.answer,
                timeout_s=timeout_s,
                metadata=await _metadata(self._credentials),
            )
        except RpcError as error:
            raise _client_error(error) from error
        return method.decode(answer)

    async def _activate(self, request: ask.ActivateJobs, timeout_s: float) -> list[Job]:
        channel = self._connection.open_channel() or await self._connection.channel(timeout_s)
        answers = channel.server_stream(
            f"{SERVICE}/ActivateJobs",
            pb.ActivateJobsRequest(
                type=request.job_type,
                worker=request.worker,
                timeout=request.timeout_ms,
                maxJobsToActivate=request.max_jobs,
                fetchVariable=request.fetch_variables,
                requestTimeout=request.request_timeout_ms,
                tenantIds=request.tenant_ids,
            ),
            pb.ActivateJobsResponse,
            timeout_s=timeout_s,
            metadata=await _metadata(self._credentials),
            window_bytes=POLL_WINDOW_BYTES,
        )
        jobs: list[Job] = []
        try:
            async for answer in answers:
                jobs.extend(map(job_from_message, answer.jobs))
        except RpcError as error:
            # What has arrived is ours: the engine will not give it to anybody else before its time is over.
            if not jobs:
                raise _client_error(error) from error
        except asyncio.CancelledError:
            answers.cancel()
            async for answer in answers:  # what had arrived, without waiting
                jobs.extend(map(job_from_message, answer.jobs))
            if not jobs:
                raise
        return jobs

    def stream(self, request: ask.StreamJobs) -> GrpcJobStream:
        """Open a stream of jobs."""
        message = pb.StreamActivatedJobsRequest(
            type=request.job_type,
            worker=request.worker,
            timeout=request.timeout_ms,
            fetchVariable=request.fetch_variables,
            tenantIds=request.tenant_ids,
        )
        return GrpcJobStream(self._connection, message, self._credentials)

    async def aclose(self) -> None:
        """Close the connection and what the credentials hold open."""
        await self._connection.aclose()
        await self._credentials.aclose()


class GrpcJobStream:
    """Jobs of a StreamActivatedJobs call. See `kiang.client.transport.JobStream`."""

    def __init__(
        self, connection: Connection, message: pb.StreamActivatedJobsRequest, credentials: Credentials
    ) -> None:
        self._connection = connection
        self._message = message
        self._credentials = credentials
        self._answers: MessageStream[pb.ActivatedJob] | None = None
        self._is_closed = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Job:
        answers = self._answers
        if answers is None:
            if self._is_closed:
                raise StopAsyncIteration
            answers = self._answers = await self._open()
        try:
            return job_from_message(await anext(answers))
        except RpcError as error:
            if error.code is StatusCode.UNAUTHENTICATED:
                self._credentials.invalidate()  # whoever opens the next stream does so with fresh ones
            raise _client_error(error) from error

    async def _open(self) -> MessageStream[pb.ActivatedJob]:
        channel = await self._connection.channel(CONNECT_TIMEOUT_S)
        metadata = await _metadata(self._credentials)
        return channel.server_stream(
            f"{SERVICE}/StreamActivatedJobs", self._message, pb.ActivatedJob, metadata=metadata
        )

    async def aclose(self) -> None:
        """Cancel the call."""
        self._is_closed = True
        if self._answers is not None:
            self._answers.cancel()


async def _metadata(credentials: Credentials) -> Metadata:
    headers = await credentials.headers()
    return tuple(headers.items()) if headers else _NO_METADATA


def _client_error(error: RpcError) -> ClientError:
    return grpc_error(error.code, error.message, is_unprocessed=error.not_processed)


def job_from_message(message: pb.ActivatedJob) -> Job:
    """The job that a gateway has sent."""
    return Job(
        message.key,
        message.type,
        process_instance_key=message.processInstanceKey,
        process_definition_id=message.bpmnProcessId,
        process_definition_version=message.processDefinitionVersion,
        process_definition_key=message.processDefinitionKey,
        element_id=message.elementId,
        element_instance_key=message.elementInstanceKey,
        headers_json=message.customHeaders or "{}",
        worker=message.worker,
        retries=message.retries,
        deadline_ms=message.deadline,
        variables_json=message.variables or "{}",
        tenant_id=message.tenantId,
        kind=JobKind(message.kind),
        listener_event_type=ListenerEventType(message.listenerEventType),
        tags=tuple(message.tags),
        user_task=_user_task(message.userTask) if message.HasField("userTask") else None,
    )


def _user_task(message: pb.UserTaskProperties) -> UserTaskProperties:
    def given(name: str) -> Any:
        return getattr(message, name) if message.HasField(name) else None

    return UserTaskProperties(
        action=given("action"),
        assignee=given("assignee"),
        candidate_groups=tuple(message.candidateGroups),
        candidate_users=tuple(message.candidateUsers),
        changed_attributes=tuple(message.changedAttributes),
        due_date=given("dueDate"),
        follow_up_date=given("followUpDate"),
        form_key=given("formKey"),
        priority=given("priority"),
        user_task_key=given("userTaskKey"),
    )


# ---- messages of the requests


def _encode_deploy(request: ask.Deploy) -> Message:
    return pb.DeployResourceRequest(
        resources=[pb.Resource(name=name, content=content) for name, content in request.resources],
        tenantId=request.tenant_id,
    )


def _encode_create(request: ask.CreateProcessInstance) -> pb.CreateProcessInstanceRequest:
    return pb.CreateProcessInstanceRequest(
        processDefinitionKey=request.process_definition_key,
        bpmnProcessId=request.process_definition_id,
        version=request.version,
        variables=request.variables,
        startInstructions=[pb.ProcessInstanceCreationStartInstruction(elementId=item) for item in request.start_at],
        tenantId=request.tenant_id,
        tags=request.tags,
    )


def _encode_create_with_result(request: ask.CreateProcessInstanceWithResult) -> Message:
    return pb.CreateProcessInstanceWithResultRequest(
        request=_encode_create(request.create),
        requestTimeout=request.request_timeout_ms,
        fetchVariables=request.fetch_variables,
    )


def _encode_modify(request: ask.ModifyProcessInstance) -> Message:
    kind = pb.ModifyProcessInstanceRequest
    return kind(
        processInstanceKey=request.process_instance_key,
        activateInstructions=[
            kind.ActivateInstruction(
                elementId=item.element_id,
                ancestorElementInstanceKey=item.ancestor_element_instance_key,
                variableInstructions=[
                    kind.VariableInstruction(variables=variables, scopeId=scope) for scope, variables in item.variables
                ],
            )
            for item in request.activate
        ],
        terminateInstructions=[kind.TerminateInstruction(elementInstanceKey=key) for key in request.terminate],
    )


def _encode_migrate(request: ask.MigrateProcessInstance) -> Message:
    kind = pb.MigrateProcessInstanceRequest
    return kind(
        processInstanceKey=request.process_instance_key,
        migrationPlan=kind.MigrationPlan(
            targetProcessDefinitionKey=request.target_process_definition_key,
            mappingInstructions=[
                kind.MappingInstruction(sourceElementId=source, targetElementId=target)
                for source, target in request.mappings
            ],
        ),
    )


def _encode_complete(request: ask.CompleteJob) -> Message:
    message = pb.CompleteJobRequest(jobKey=request.job_key, variables=request.variables)
    if request.result is not None:
        _RESULTS[type(request.result)](message.result, request.result)
    return message


def _fill_user_task_result(message: pb.JobResult, result: UserTaskResult) -> None:
    message.type = "userTask"
    message.denied = result.denied
    message.deniedReason = result.denied_reason
    given = result.corrections
    if given is None:
        return
    corrections = message.corrections
    corrections.SetInParent()
    for name, text in (
        ("assignee", given.assignee),
        ("dueDate", date_text(given.due_date)),
        ("followUpDate", date_text(given.follow_up_date)),
        ("priority", given.priority),
    ):
        if text is not None:
            setattr(corrections, name, text)
    for name, texts in (("candidateUsers", given.candidate_users), ("candidateGroups", given.candidate_groups)):
        if texts is not None:
            getattr(corrections, name).SetInParent()
            getattr(corrections, name).values.extend(texts)


def _fill_ad_hoc_result(message: pb.JobResult, result: AdHocSubProcessResult) -> None:
    message.type = "adHocSubProcess"
    message.isCompletionConditionFulfilled = result.is_completion_condition_fulfilled
    message.isCancelRemainingInstances = result.cancels_remaining_instances
    for item in result.activate:
        message.activateElements.add(elementId=item.element_id, variables=encode_variables(item.variables))


_RESULTS: dict[type[Any], Callable[[pb.JobResult, Any], None]] = {
    UserTaskResult: _fill_user_task_result,
    AdHocSubProcessResult: _fill_ad_hoc_result,
}


# ---- results of the answers


def _decode_nothing(_message: Message) -> None:
    return None


_ROLES = ("leader", "follower", "inactive")
_HEALTH = ("healthy", "unhealthy", "dead")
"""Names of the protocol's numbers, as REST has them."""


def _decode_topology(message: pb.TopologyResponse) -> results.Topology:
    return results.Topology(
        cluster_size=message.clusterSize,
        partitions_count=message.partitionsCount,
        replication_factor=message.replicationFactor,
        gateway_version=message.gatewayVersion,
        cluster_id=message.clusterId,
        brokers=tuple(
            results.BrokerInfo(
                node_id=broker.nodeId,
                host=broker.host,
                port=broker.port,
                version=broker.version,
                partitions=tuple(
                    results.Partition(
                        partition_id=partition.partitionId,
                        role=_ROLES[partition.role],
                        health=_HEALTH[partition.health],
                    )
                    for partition in broker.partitions
                ),
            )
            for broker in message.brokers
        ),
    )


def _decode_deployment(message: pb.DeployResourceResponse) -> results.Deployment:
    items = message.deployments
    return results.Deployment(
        deployment_key=DeploymentKey(message.key),
        tenant_id=message.tenantId,
        processes=tuple(
            results.DeployedProcess(
                process_definition_key=ProcessDefinitionKey(item.process.processDefinitionKey),
                process_definition_id=item.process.bpmnProcessId,
                version=item.process.version,
                resource_name=item.process.resourceName,
                tenant_id=item.process.tenantId,
            )
            for item in items
            if item.HasField("process")
        ),
        decisions=tuple(
            results.DeployedDecision(
                decision_definition_key=item.decision.decisionKey,
                decision_definition_id=item.decision.dmnDecisionId,
                name=item.decision.dmnDecisionName,
                version=item.decision.version,
                decision_requirements_id=item.decision.dmnDecisionRequirementsId,
                decision_requirements_key=item.decision.decisionRequirementsKey,
                tenant_id=item.decision.tenantId,
            )
            for item in items
            if item.HasField("decision")
        ),
        decision_requirements=tuple(
            results.DeployedDecisionRequirements(
                decision_requirements_key=item.decisionRequirements.decisionRequirementsKey,
                decision_requirements_id=item.decisionRequirements.dmnDecisionRequirementsId,
                name=item.decisionRequirements.dmnDecisionRequirementsName,
                version=item.decisionRequirements.version,
                resource_name=item.decisionRequirements.resourceName,
                tenant_id=item.decisionRequirements.tenantId,
            )
            for item in items
            if item.HasField("decisionRequirements")
        ),
        forms=tuple(
            results.DeployedForm(
                form_key=item.form.formKey,
                form_id=item.form.formId,
                version=item.form.version,
                resource_name=item.form.resourceName,
                tenant_id=item.form.tenantId,
            )
            for item in items
            if item.HasField("form")
        ),
    )


def _decode_created(message: pb.CreateProcessInstanceResponse) -> results.ProcessInstance:
    return results.ProcessInstance(
        process_instance_key=ProcessInstanceKey(message.processInstanceKey),
        process_definition_key=ProcessDefinitionKey(message.processDefinitionKey),
        process_definition_id=message.bpmnProcessId,
        version=message.version,
        tenant_id=message.tenantId,
        tags=tuple(message.tags),
    )


def _decode_result(message: pb.CreateProcessInstanceWithResultResponse) -> results.ProcessInstanceResult:
    return results.ProcessInstanceResult(
        process_instance_key=ProcessInstanceKey(message.processInstanceKey),
        process_definition_key=ProcessDefinitionKey(message.processDefinitionKey),
        process_definition_id=message.bpmnProcessId,
        version=message.version,
        tenant_id=message.tenantId,
        tags=tuple(message.tags),
        variables=decode_variables(message.variables),
    )


def _decode_decision(message: pb.EvaluateDecisionResponse) -> results.DecisionResult:
    return results.DecisionResult(
        decision_definition_key=message.decisionKey,
        decision_definition_id=message.decisionId,
        name=message.decisionName,
        version=message.decisionVersion,
        decision_requirements_id=message.decisionRequirementsId,
        decision_requirements_key=message.decisionRequirementsKey,
        output=decode_value(message.decisionOutput),
        tenant_id=message.tenantId,
        decision_evaluation_key=message.decisionEvaluationKey or message.decisionInstanceKey,
        failed_decision_id=message.failedDecisionId,
        failure_message=message.failureMessage,
        evaluated_decisions=tuple(
            results.EvaluatedDecision(
                decision_definition_key=item.decisionKey,
                decision_definition_id=item.decisionId,
                name=item.decisionName,
                version=item.decisionVersion,
                decision_type=item.decisionType,
                output=decode_value(item.decisionOutput),
                inputs=tuple(
                    results.EvaluatedInput(
                        input_id=each.inputId, input_name=each.inputName, value=decode_value(each.inputValue)
                    )
                    for each in item.evaluatedInputs
                ),
                matched_rules=tuple(
                    results.MatchedRule(
                        rule_id=rule.ruleId,
                        rule_index=rule.ruleIndex,
                        outputs=tuple(
                            results.EvaluatedOutput(
                                output_id=each.outputId,
                                output_name=each.outputName,
                                value=decode_value(each.outputValue),
                            )
                            for each in rule.evaluatedOutputs
                        ),
                    )
                    for rule in item.matchedRules
                ),
            )
            for item in message.evaluatedDecisions
        ),
    )


_METHODS: dict[type[Request[Any]], _Method] = {
    ask.GetTopology: _Method(
        f"{SERVICE}/Topology", lambda _: pb.TopologyRequest(), pb.TopologyResponse, _decode_topology
    ),
    ask.Deploy: _Method(f"{SERVICE}/DeployResource", _encode_deploy, pb.DeployResourceResponse, _decode_deployment),
    ask.DeleteResource: _Method(
        f"{SERVICE}/DeleteResource",
        lambda request: pb.DeleteResourceRequest(resourceKey=request.resource_key),
        pb.DeleteResourceResponse,
        _decode_nothing,
    ),
    ask.CreateProcessInstance: _Method(
        f"{SERVICE}/CreateProcessInstance", _encode_create, pb.CreateProcessInstanceResponse, _decode_created
    ),
    ask.CreateProcessInstanceWithResult: _Method(
        f"{SERVICE}/CreateProcessInstanceWithResult",
        _encode_create_with_result,
        pb.CreateProcessInstanceWithResultResponse,
        _decode_result,
    ),
    ask.CancelProcessInstance: _Method(
        f"{SERVICE}/CancelProcessInstance",
        lambda request: pb.CancelProcessInstanceRequest(processInstanceKey=request.process_instance_key),
        pb.CancelProcessInstanceResponse,
        _decode_nothing,
    ),
    ask.ModifyProcessInstance: _Method(
        f"{SERVICE}/ModifyProcessInstance", _encode_modify, pb.ModifyProcessInstanceResponse, _decode_nothing
    ),
    ask.MigrateProcessInstance: _Method(
        f"{SERVICE}/MigrateProcessInstance", _encode_migrate, pb.MigrateProcessInstanceResponse, _decode_nothing
    ),
    ask.SetVariables: _Method(
        f"{SERVICE}/SetVariables",
        lambda request: pb.SetVariablesRequest(
            elementInstanceKey=request.element_instance_key, variables=request.variables, local=request.local
        ),
        pb.SetVariablesResponse,
        lambda message: message.key,
    ),
    ask.ResolveIncident: _Method(
        f"{SERVICE}/ResolveIncident",
        lambda request: pb.ResolveIncidentRequest(incidentKey=request.incident_key),
        pb.ResolveIncidentResponse,
        _decode_nothing,
    ),
    ask.PublishMessage: _Method(
        f"{SERVICE}/PublishMessage",
        lambda request: pb.PublishMessageRequest(
            name=request.name,
            correlationKey=request.correlation_key,
            timeToLive=request.time_to_live_ms,
            messageId=request.message_id,
            variables=request.variables,
            tenantId=request.tenant_id,
        ),
        pb.PublishMessageResponse,
        lambda message: results.PublishedMessage(message_key=message.key, tenant_id=message.tenantId),
    ),
    ask.Broadcast: _Method(
        f"{SERVICE}/BroadcastSignal",
        lambda request: pb.BroadcastSignalRequest(
            signalName=request.signal_name, variables=request.variables, tenantId=request.tenant_id
        ),
        pb.BroadcastSignalResponse,
        lambda message: results.BroadcastSignal(signal_key=message.key, tenant_id=message.tenantId),
    ),
    ask.EvaluateDecision: _Method(
        f"{SERVICE}/EvaluateDecision",
        lambda request: pb.EvaluateDecisionRequest(
            decisionKey=request.decision_definition_key,
            decisionId=request.decision_definition_id,
            variables=request.variables,
            tenantId=request.tenant_id,
        ),
        pb.EvaluateDecisionResponse,
        _decode_decision,
    ),
    ask.CompleteJob: _Method(
        f"{SERVICE}/CompleteJob",
        _encode_complete,
        pb.CompleteJobResponse,
        _decode_nothing,
    ),
    ask.FailJob: _Method(
        f"{SERVICE}/FailJob",
        lambda request: pb.FailJobRequest(
            jobKey=request.job_key,
            retries=request.retries,
            errorMessage=request.error_message,
            retryBackOff=request.retry_backoff_ms,
            variables=request.variables,
        ),
        pb.FailJobResponse,
        _decode_nothing,
    ),
    ask.ThrowError: _Method(
        f"{SERVICE}/ThrowError",
        lambda request: pb.ThrowErrorRequest(
            jobKey=request.job_key,
            errorCode=request.error_code,
            errorMessage=request.error_message,
            variables=request.variables,
        ),
        pb.ThrowErrorResponse,
        _decode_nothing,
    ),
    ask.UpdateJobRetries: _Method(
        f"{SERVICE}/UpdateJobRetries",
        lambda request: pb.UpdateJobRetriesRequest(jobKey=request.job_key, retries=request.retries),
        pb.UpdateJobRetriesResponse,
        _decode_nothing,
    ),
    ask.UpdateJobTimeout: _Method(
        f"{SERVICE}/UpdateJobTimeout",
        lambda request: pb.UpdateJobTimeoutRequest(jobKey=request.job_key, timeout=request.timeout_ms),
        pb.UpdateJobTimeoutResponse,
        _decode_nothing,
    ),
}
