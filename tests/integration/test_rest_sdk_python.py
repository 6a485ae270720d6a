"""The official Python SDK (camunda-orchestration-sdk), unchanged: every operation that we offer, at least once.

The SDK is strict: an answer without a required field, with a value out of an enumeration or with a malformed date is an
exception in it. What it cannot ask for (a body that is no object, an unknown path) is tested elsewhere.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from camunda_orchestration_sdk import CamundaAsyncClient, CamundaClient, models
from camunda_orchestration_sdk.errors import (
    BadRequestError,
    ConflictError,
    NotFoundError,
    ServiceUnavailableError,
    UnexpectedStatus,
)
from tests.bpmn_builder import BpmnFile
from tests.integration.rest_server import rest_server
from tests.integration.sdk_processes import write_processes

from kiang.gateway.rest.resources import OPERATIONS


class Recorder:
    """Notes which operations were called and answered without an error."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self.called: set[tuple[str, str]] = set()
        self.patterns = [
            (
                operation,
                re.compile(
                    ("^" if operation.path.startswith("/cluster/") else "^/v2")
                    + re.sub(r"\{\w+\}", "[^/]+", re.escape(operation.path).replace(r"\{", "{").replace(r"\}", "}"))
                    + "$"
                ),
            )
            for operation in sorted(OPERATIONS, key=lambda operation: operation.path.count("{"))
        ]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def noting(message: Any) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                for operation, pattern in self.patterns:
                    if operation.method == scope["method"] and pattern.match(scope["path"]):
                        self.called.add((operation.method, operation.path))
                        break
            await send(message)

        await self.application(scope, receive, noting)


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[tuple[str, Recorder]]:
    """A server in a thread with an event loop of its own, for the blocking client."""
    ready, stop, box = threading.Event(), asyncio.Event(), []
    folder: Path = tmp_path_factory.mktemp("sdk")

    async def serve() -> None:
        async with rest_server(folder, record=Recorder) as (server, recorder):
            box.extend([f"http://127.0.0.1:{server.port}", recorder, asyncio.get_running_loop()])
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(20)
    yield box[0], box[1]
    box[2].call_soon_threadsafe(stop.set)
    thread.join(20)


@pytest.fixture(scope="module")
def client(server) -> Iterator[CamundaClient]:
    configuration = {"CAMUNDA_REST_ADDRESS": server[0], "CAMUNDA_AUTH_STRATEGY": "NONE"}
    with CamundaClient(configuration=configuration) as client:
        yield client


@pytest.fixture(scope="module")
def deployed(client: CamundaClient, tmp_path_factory) -> Any:
    folder = tmp_path_factory.mktemp("files")
    return client.deploy_resources_from_files([str(path) for path in write_processes(folder)])


def make(model: str, **values: Any) -> Any:
    """A request of the SDK by the name of its model and the names of the API."""
    return getattr(models, model).from_dict(values)


def create(client: CamundaClient, process: str, **more: Any) -> str:
    answer = client.create_process_instance(data=make("ProcessCreationById", processDefinitionId=process, **more))
    return answer.process_instance_key


def activate(client: CamundaClient, type_: str, count: int = 1) -> Any:
    request = make("JobActivationRequest", type=type_, timeout=60_000, maxJobsToActivate=count, requestTimeout=3000)
    return client.activate_jobs(data=request).jobs


def search(client: CamundaClient, method: str, model: str, filter_: dict | None = None, **more: Any) -> list[Any]:
    return getattr(client, method)(data=make(model, filter=filter_ or {}, **more)).items


def test_cluster(client: CamundaClient) -> None:
    assert client.get_topology().brokers[0].partitions[0].partition_id == 1
    assert client.get_status() is None
    assert client.get_license().valid_license
    assert client.get_system_configuration().deployment.max_request_size > 0
    assert client.get_authentication().tenants[0].tenant_id == "<default>"


def test_deployment(deployed: Any) -> None:
    assert sorted(p.process_definition_id for p in deployed.processes) == [
        "asks",
        "free",
        "rains",
        "simple",
        "tour",
        "waits",
    ]
    assert [d.decision_definition_id for d in deployed.decisions] == ["price"]
    assert [f.form_id for f in deployed.forms] == ["review"]


def test_definitions(client: CamundaClient, deployed: Any) -> None:
    [found] = search(
        client, "search_process_definitions", "ProcessDefinitionSearchQuery", {"processDefinitionId": "tour"}
    )
    assert (found.name, found.version, found.state) == ("Tour", 1, "ACTIVE")
    assert client.get_process_definition(found.process_definition_key).resource_name == "tour.bpmn"
    assert "<bpmn:process" in client.get_process_definition_xml(found.process_definition_key)


def test_instance_from_start_to_end(client: CamundaClient, deployed: Any) -> None:
    key = create(client, "tour", variables={"a": 1, "text": "x" * 9000}, tags=["vip"], businessId="b-7")

    [found] = search(client, "search_process_instances", "ProcessInstanceSearchQuery", {"processInstanceKey": key})
    assert (found.state, found.tags, found.business_id, found.end_date) == ("ACTIVE", ["vip"], "b-7", None)
    assert isinstance(found.start_date, dt.datetime)
    assert client.get_process_instance(key).process_definition_id == "tour"
    [job] = activate(client, "work")
    assert (job.process_instance_key, job.variables.to_dict()["a"], job.custom_headers.to_dict()) == (
        key,
        1,
        {"h": "1"},
    )
    client.update_job(job.job_key, data=make("JobUpdateRequest", changeset={"retries": 5, "timeout": 70_000}))
    client.fail_job(job.job_key, data=make("JobFailRequest", retries=1, errorMessage="again"))
    [job] = activate(client, "work")
    client.fail_job(job.job_key, data=make("JobFailRequest", retries=0, errorMessage="broken"))
    [incident] = client.search_process_instance_incidents(key).items
    assert (incident.error_type, incident.error_message, incident.job_key) == ("JOB_NO_RETRIES", "broken", job.job_key)
    assert client.get_incident(incident.incident_key).state == "ACTIVE"
    assert search(client, "search_incidents", "IncidentSearchQuery", {"processInstanceKey": key}) == [incident]
    [again] = client.search_element_instance_incidents(
        incident.element_instance_key, data=make("IncidentSearchQuery")
    ).items
    assert again == incident
    client.update_job(job.job_key, data=make("JobUpdateRequest", changeset={"retries": 1}))
    client.resolve_incident(incident.incident_key)
    [job] = activate(client, "work")
    client.complete_job(job.job_key, data=make("JobCompletionRequest", variables={"b": {"c": [1, 2]}}))
    [shown] = search(client, "search_jobs", "JobSearchQuery", {"jobKey": job.job_key})
    assert (shown.state, shown.kind, shown.business_id) == ("COMPLETED", "BPMN_ELEMENT", "b-7")

    [task] = search(client, "search_user_tasks", "UserTaskSearchQuery", {"processInstanceKey": key})
    assert (task.state, task.assignee, task.process_name) == ("CREATED", None, "Tour")
    assert client.get_user_task(task.user_task_key) == task
    assert client.get_user_task_form(task.user_task_key).form_id == "review"
    client.assign_user_task(task.user_task_key, data=make("UserTaskAssignmentRequest", assignee="ann"))
    client.unassign_user_task(task.user_task_key)
    client.update_user_task(
        task.user_task_key,
        data=make("UserTaskUpdateRequest", changeset={"priority": 70, "dueDate": "2036-01-01T00:00:00Z"}),
    )
    changed = client.get_user_task(task.user_task_key)
    assert (changed.priority, changed.due_date.year, changed.assignee) == (70, 2036, None)
    names = sorted(v.name for v in client.search_user_task_variables(task.user_task_key).items)
    assert names == ["a", "b", "text"]
    assert sorted(v.name for v in client.search_user_task_effective_variables(task.user_task_key).items) == names
    client.complete_user_task(task.user_task_key, data=make("UserTaskCompletionRequest", variables={"ok": True}))

    assert client.get_process_instance(key).state == "COMPLETED"
    flows = client.get_process_instance_sequence_flows(key).items
    assert sorted(flow.element_id for flow in flows) == ["review-e", "s-work", "work-review"]
    counts = {item.element_id: item.completed for item in client.get_process_instance_statistics(key).items}
    assert counts == {"s": 1, "work": 1, "review": 1, "e": 1}
    assert [entry.process_instance_key for entry in client.get_process_instance_call_hierarchy(key)] == [key]
    elements = search(client, "search_element_instances", "ElementInstanceSearchQuery", {"processInstanceKey": key})
    assert [element.element_id for element in elements] == ["s", "work", "review", "e"]
    assert client.get_element_instance(elements[1].element_instance_key) == elements[1]
    variables = {
        v.name: v for v in search(client, "search_variables", "VariableSearchQuery", {"processInstanceKey": key})
    }
    assert json.loads(variables["b"].value) == {"c": [1, 2]}
    assert variables["text"].is_truncated
    assert len(client.get_variable(variables["text"].variable_key).value) == 9002


def test_result_of_an_awaited_instance(client: CamundaClient, deployed: Any) -> None:
    def work() -> None:
        [job] = activate(client, "simple")
        client.complete_job(job.job_key, data=make("JobCompletionRequest", variables={"sum": 3}))

    worker = threading.Thread(target=work)
    worker.start()
    answer = client.create_process_instance(
        data=make("ProcessCreationById", processDefinitionId="simple", awaitCompletion=True, fetchVariables=["sum"])
    )
    worker.join(10)

    assert answer.variables.to_dict() == {"sum": 3}


def test_by_key_variables_errors_and_cancellation(client: CamundaClient, deployed: Any) -> None:
    [definition] = [p for p in deployed.processes if p.process_definition_id == "simple"]
    answer = client.create_process_instance(
        data=make("ProcessCreationByKey", processDefinitionKey=definition.process_definition_key)
    )
    key = answer.process_instance_key
    client.create_element_instance_variables(key, data=make("SetVariableRequest", variables={"x": None}, local=True))
    [variable] = search(client, "search_variables", "VariableSearchQuery", {"processInstanceKey": key})
    assert (variable.name, variable.value) == ("x", "null")
    [job] = activate(client, "simple")
    client.throw_job_error(job.job_key, data=make("JobErrorRequest", errorCode="E", errorMessage="no"))
    [incident] = search(client, "search_incidents", "IncidentSearchQuery", {"processInstanceKey": key})
    assert incident.error_type == "UNHANDLED_ERROR_EVENT"

    client.cancel_process_instance(key, data=make("CancelProcessInstanceRequest"))

    assert client.get_process_instance(key).state == "TERMINATED"


def test_modification_and_migration(client: CamundaClient, deployed: Any) -> None:
    key = create(client, "tour")
    [work] = search(
        client,
        "search_element_instances",
        "ElementInstanceSearchQuery",
        {"processInstanceKey": key, "elementId": "work"},
    )

    client.modify_process_instance(
        key,
        data=make(
            "ProcessInstanceModificationInstruction",
            activateInstructions=[{"elementId": "review", "variableInstructions": [{"variables": {"m": 1}}]}],
            terminateInstructions=[{"elementInstanceKey": work.element_instance_key}],
        ),
    )

    [task] = search(client, "search_user_tasks", "UserTaskSearchQuery", {"processInstanceKey": key})
    assert task.element_id == "review"
    assert client.get_element_instance(work.element_instance_key).state == "TERMINATED"
    [tour] = [p for p in deployed.processes if p.process_definition_id == "tour"]
    client.migrate_process_instance(
        key,
        data=make(
            "ProcessInstanceMigrationInstruction",
            targetProcessDefinitionKey=tour.process_definition_key,
            mappingInstructions=[{"sourceElementId": "review", "targetElementId": "review"}],
        ),
    )
    assert client.get_process_instance(key).process_definition_key == tour.process_definition_key


def test_messages_and_signals(client: CamundaClient, deployed: Any) -> None:
    first, second = create(client, "waits", variables={"id": "1"}), create(client, "waits", variables={"id": "2"})
    found = search(
        client, "search_message_subscriptions", "MessageSubscriptionSearchQuery", {"processInstanceKey": first}
    )
    assert [(s.message_name, s.correlation_key, s.message_subscription_state) for s in found] == [
        ("done", "1", "CREATED")
    ]

    published = client.publish_message(
        data=make("MessagePublicationRequest", name="done", correlationKey="1", timeToLive=0)
    )
    correlated = client.correlate_message(data=make("MessageCorrelationRequest", name="done", correlationKey="2"))
    signal = client.broadcast_signal(data=make("SignalBroadcastRequest", signalName="nobody", variables={"a": 1}))

    assert correlated.process_instance_key == second
    assert signal.tenant_id == published.tenant_id == "<default>"
    assert client.get_process_instance(first).state == client.get_process_instance(second).state == "COMPLETED"
    found = search(
        client,
        "search_correlated_message_subscriptions",
        "CorrelatedMessageSubscriptionSearchQuery",
        {"processInstanceKey": first},
    )
    assert [one.message_key for one in found] == [published.message_key]
    with pytest.raises(NotFoundError):
        client.correlate_message(data=make("MessageCorrelationRequest", name="done", correlationKey="9"))


def test_decisions(client: CamundaClient, deployed: Any) -> None:
    answer = client.evaluate_decision(
        data=make("DecisionEvaluationByID", decisionDefinitionId="price", variables={"size": 12})
    )
    assert (answer.output, answer.evaluated_decisions[0].matched_rules[0].rule_id) == ("9", "r2")
    [definition] = search(
        client, "search_decision_definitions", "DecisionDefinitionSearchQuery", {"decisionDefinitionId": "price"}
    )
    assert client.get_decision_definition(definition.decision_definition_key) == definition
    assert "decisionTable" in client.get_decision_definition_xml(definition.decision_definition_key)
    [graph] = search(client, "search_decision_requirements", "DecisionRequirementsSearchQuery")
    assert client.get_decision_requirements(graph.decision_requirements_key) == graph
    assert "decisionTable" in client.get_decision_requirements_xml(graph.decision_requirements_key)
    [instance] = search(
        client,
        "search_decision_instances",
        "DecisionInstanceSearchQuery",
        {"decisionEvaluationKey": answer.decision_evaluation_key},
    )
    whole = client.get_decision_instance(instance.decision_evaluation_instance_key)
    assert (whole.result, whole.evaluated_inputs[0].input_value) == ("9", "12")


def test_statistics_and_wait_states(client: CamundaClient, deployed: Any) -> None:
    keys = {p.process_definition_id: p.process_definition_key for p in deployed.processes}
    key = create(client, "simple")
    [job] = activate(client, "simple")
    client.fail_job(job.job_key, data=make("JobFailRequest", retries=0, errorMessage="statistics"))

    [waiting] = search(
        client, "search_element_instance_wait_states", "ElementInstanceWaitStateQuery", {"processInstanceKey": key}
    )
    assert (waiting.details.job_type, waiting.element_id) == ("simple", "task")
    assert [w.waiting_count for w in client.get_process_instance_wait_state_statistics(key).items] == [1]
    counts = client.get_process_definition_statistics(
        keys["simple"], data=make("ProcessDefinitionElementStatisticsQuery", filter={"processInstanceKey": key})
    ).items
    assert {c.element_id: (c.active, c.completed, c.incidents) for c in counts} == {"s": (0, 1, 0), "task": (1, 0, 1)}
    found = {s.process_definition_id: s for s in client.get_process_definition_instance_statistics().items}
    assert found["simple"].active_instances_with_incident_count >= 1
    [version] = client.get_process_definition_instance_version_statistics(
        data=make("ProcessDefinitionInstanceVersionStatisticsQuery", filter={"processDefinitionId": "simple"})
    ).items
    assert version.process_definition_key == keys["simple"]
    waits = create(client, "waits", variables={"id": "never"})
    subscriptions = client.get_process_definition_message_subscription_statistics().items
    assert [s.active_subscriptions for s in subscriptions if s.process_definition_key == keys["waits"]] == [1]
    [error] = [e for e in client.get_process_instance_statistics_by_error().items if e.error_message == "statistics"]
    [by_definition] = client.get_process_instance_statistics_by_definition(
        data=make("IncidentProcessInstanceStatisticsByDefinitionQuery", filter={"errorHashCode": error.error_hash_code})
    ).items
    assert by_definition.active_instances_with_error_count == error.active_instances_with_error_count == 1
    for one in (key, waits):
        client.cancel_process_instance(one, data=make("CancelProcessInstanceRequest"))


def test_audit_log(client: CamundaClient, deployed: Any) -> None:
    key = create(client, "tour", variables={"secret": "4711"})
    [job] = activate(client, "work")
    client.complete_job(job.job_key, data=make("JobCompletionRequest"))
    [task] = search(client, "search_user_tasks", "UserTaskSearchQuery", {"processInstanceKey": key})
    client.assign_user_task(task.user_task_key, data=make("UserTaskAssignmentRequest", assignee="ann"))
    client.cancel_process_instance(key, data=make("CancelProcessInstanceRequest"))

    entries = search(client, "search_audit_logs", "AuditLogSearchQueryRequest", {"processInstanceKey": key})
    assert [(e.entity_type.value, e.operation_type.value, e.result.value) for e in entries] == [
        ("PROCESS_INSTANCE", "CREATE", "SUCCESS"),
        ("USER_TASK", "ASSIGN", "SUCCESS"),
        ("PROCESS_INSTANCE", "CANCEL", "SUCCESS"),
    ]
    assert (entries[0].actor_type, entries[0].process_definition_id) == ("ANONYMOUS", "tour")
    assert isinstance(entries[0].timestamp, dt.datetime)
    assert client.get_audit_log(entries[1].audit_log_key) == entries[1]
    assert client.search_user_task_audit_logs(
        task.user_task_key, data=make("UserTaskAuditLogSearchQueryRequest", filter={"operationType": "ASSIGN"})
    ).items == [entries[1]]
    ascending = [{"field": "timestamp", "order": "ASC"}]
    newest = [{"field": "timestamp", "order": "DESC"}]
    filter_ = {"category": {"$in": ["DEPLOYED_RESOURCES", "USER_TASKS"]}, "processInstanceKey": key}
    for sort, expected in ((ascending, entries), (newest, entries[::-1])):
        found = search(client, "search_audit_logs", "AuditLogSearchQueryRequest", filter_, sort=sort)
        assert found == expected


def test_statistics_about_jobs_and_usage(client: CamundaClient, deployed: Any) -> None:
    create(client, "simple")
    [job] = activate(client, "simple")
    client.fail_job(job.job_key, data=make("JobFailRequest", retries=0, errorMessage="counted"))
    now = dt.datetime.now(dt.UTC)
    span = {"from_": now - dt.timedelta(hours=1), "to": now + dt.timedelta(hours=1)}
    window = {"from": span["from_"].isoformat(), "to": span["to"].isoformat()}

    everything = client.get_global_job_statistics(**span)
    one_type = client.get_global_job_statistics(**span, job_type="simple")
    assert everything.created.count >= one_type.created.count >= one_type.failed.count >= 1
    assert (everything.is_incomplete, isinstance(one_type.failed.last_updated_at, dt.datetime)) == (False, True)
    [by_type] = client.get_job_type_statistics(
        data=make("JobTypeStatisticsQuery", filter={**window, "jobType": {"$like": "simp*"}})
    ).items
    assert (by_type.job_type, by_type.created, by_type.workers) == ("simple", one_type.created, 0)
    of_type = {**window, "jobType": "simple"}
    assert client.get_job_worker_statistics(data=make("JobWorkerStatisticsQuery", filter=of_type)).items == []
    series = client.get_job_time_series_statistics(data=make("JobTimeSeriesStatisticsQuery", filter=of_type)).items
    assert sum(item.created.count for item in series) == one_type.created.count
    errors = client.get_job_error_statistics(data=make("JobErrorStatisticsQuery", filter=of_type)).items
    assert "counted" in [error.error_message for error in errors]

    usage = client.get_usage_metrics(start_time=span["from_"], end_time=span["to"], with_tenants=True)
    assert usage.active_tenants == 1
    assert usage.tenants["<default>"].process_instances == usage.process_instances >= 1
    client.cancel_process_instance(job.process_instance_key, data=make("CancelProcessInstanceRequest"))


def test_forms_conditions_and_ad_hoc_elements(client: CamundaClient, deployed: Any) -> None:
    keys = {p.process_definition_id: p.process_definition_key for p in deployed.processes}
    form = client.get_start_process_form(keys["asks"])
    assert client.get_form_by_key(form.form_key) == form
    assert client.get_process_definition(keys["asks"]).has_start_form

    started = client.evaluate_conditionals(data=make("ConditionalEvaluationInstruction", variables={"rain": 7}))
    assert [one.process_definition_key for one in started.process_instances] == [keys["rains"]]
    assert (
        client.evaluate_conditionals(
            data=make("ConditionalEvaluationInstruction", variables={"rain": 1})
        ).process_instances
        == []
    )

    key = create(client, "free")
    [ad_hoc] = search(
        client, "search_element_instances", "ElementInstanceSearchQuery", {"processInstanceKey": key, "elementId": "ad"}
    )
    client.activate_ad_hoc_sub_process_activities(
        ad_hoc.element_instance_key,
        data=make("AdHocSubProcessActivateActivitiesInstruction", elements=[{"elementId": "a", "variables": {"x": 1}}]),
    )
    [job] = activate(client, "free-a")
    assert job.variables.to_dict()["x"] == 1
    client.complete_job(job.job_key)


def test_suspension(client: CamundaClient, deployed: Any) -> None:
    key = create(client, "simple")

    client.suspend_process_instance(key, data=make("SuspendProcessInstanceRequest"))

    shown = client.get_process_instance(key)
    assert (shown.state, shown.suspended_date is not None) == ("SUSPENDED", True)
    found = search(client, "search_process_instances", "ProcessInstanceSearchQuery", {"state": "SUSPENDED"})
    assert [one.process_instance_key for one in found] == [key]
    active = search(client, "search_process_instances", "ProcessInstanceSearchQuery", {"state": "ACTIVE"})
    assert key not in [one.process_instance_key for one in active]
    client.resume_process_instance(key, data=make("ResumeProcessInstanceRequest"))
    assert client.get_process_instance(key).state == "ACTIVE"
    client.cancel_process_instance(key, data=make("CancelProcessInstanceRequest"))


def finished(client: CamundaClient, created: Any) -> Any:
    from camunda_orchestration_sdk import ConsistencyOptions

    return client.get_batch_operation(
        created.batch_operation_key,
        consistency=ConsistencyOptions(
            wait_up_to_ms=10_000, poll_interval_ms=20, predicate=lambda b: b.end_date is not None
        ),
    )


def test_batch_operations(client: CamundaClient, deployed: Any) -> None:
    keys = [create(client, "simple", businessId=f"batch-{n}") for n in range(5)]
    mine = {"processInstanceKey": {"$in": keys}}
    [simple] = [p for p in deployed.processes if p.process_definition_id == "simple"]
    for job in search(client, "search_jobs", "JobSearchQuery", mine):
        client.fail_job(job.job_key, data=make("JobFailRequest", retries=0))
    plain = "ProcessInstanceCancellationBatchOperationRequest"

    resolved = client.resolve_incidents_batch_operation(
        data=make("ProcessInstanceIncidentResolutionBatchOperationRequest", filter=mine)
    )
    assert (finished(client, resolved).operations_completed_count, resolved.batch_operation_type) == (
        5,
        "RESOLVE_INCIDENT",
    )
    assert [j.retries for j in search(client, "search_jobs", "JobSearchQuery", mine)] == [1] * 5
    one = client.resolve_process_instance_incidents(keys[0])
    assert finished(client, one).operations_total_count == 0

    plan = {
        "targetProcessDefinitionKey": simple.process_definition_key,
        "mappingInstructions": [{"sourceElementId": "task", "targetElementId": "task"}],
    }
    migrated = client.migrate_process_instances_batch_operation(
        data=make("ProcessInstanceMigrationBatchOperationRequest", filter=mine, migrationPlan=plan)
    )
    assert finished(client, migrated).operations_completed_count == 5
    moved = client.modify_process_instances_batch_operation(
        data=make(
            "ProcessInstanceModificationBatchOperationRequest",
            filter={"processInstanceKey": keys[0]},
            moveInstructions=[{"sourceElementId": "task", "targetElementId": "e"}],
        )
    )
    assert finished(client, moved).operations_completed_count == 1
    assert client.get_process_instance(keys[0]).state == "COMPLETED"
    for method, model, state in [
        ("suspend_process_instances_batch_operation", "ProcessInstanceSuspensionBatchOperationRequest", "SUSPENDED"),
        ("resume_process_instances_batch_operation", "ProcessInstanceResumptionBatchOperationRequest", "ACTIVE"),
    ]:
        assert finished(client, getattr(client, method)(data=make(model, filter=mine))).operations_completed_count == 4
        assert client.get_process_instance(keys[1]).state == state
    canceled = client.cancel_process_instances_batch_operation(data=make(plain, filter=mine))
    assert finished(client, canceled).operations_completed_count == 4
    assert {client.get_process_instance(key).state for key in keys[1:]} == {"TERMINATED"}

    items = search(
        client,
        "search_batch_operation_items",
        "BatchOperationItemSearchQuery",
        {"batchOperationKey": canceled.batch_operation_key},
    )
    assert [(item.state, item.process_instance_key) for item in items] == [("COMPLETED", key) for key in keys[1:]]
    found = search(client, "search_batch_operations", "BatchOperationSearchQuery", {"state": "COMPLETED"})
    assert canceled.batch_operation_key in [one.batch_operation_key for one in found]


def test_what_has_ended_is_deleted(client: CamundaClient, deployed: Any) -> None:
    keys = [create(client, "simple") for _ in range(2)]
    for key in keys:
        client.cancel_process_instance(key, data=make("CancelProcessInstanceRequest"))
    client.delete_process_instance(keys[0], data=make("DeleteProcessInstanceRequest"))
    with pytest.raises(NotFoundError):
        client.get_process_instance(keys[0])
    batch = client.delete_process_instances_batch_operation(
        data=make("ProcessInstanceDeletionBatchOperationRequest", filter={"processInstanceKey": {"$in": keys}})
    )
    assert finished(client, batch).operations_completed_count == 1

    for _ in range(2):
        client.evaluate_decision(
            data=make("DecisionEvaluationByID", decisionDefinitionId="price", variables={"size": 3})
        )
    evaluations = search(client, "search_decision_instances", "DecisionInstanceSearchQuery", {})
    first, second = [item.decision_evaluation_key for item in evaluations][-2:]
    client.delete_decision_instance(first, data=make("DeleteDecisionInstanceRequest"))
    batch = client.delete_decision_instances_batch_operation(
        data=make("DecisionInstanceDeletionBatchOperationRequest", filter={"decisionEvaluationKey": second})
    )
    assert finished(client, batch).operations_completed_count == 1
    left = search(client, "search_decision_instances", "DecisionInstanceSearchQuery", {})
    assert len(left) == len(evaluations) - 2


def test_names_of_variables(client: CamundaClient, deployed: Any) -> None:
    [simple] = [p for p in deployed.processes if p.process_definition_id == "simple"]
    for names in (["amount", "customer"], ["amount", "another"]):
        key = create(client, "simple", variables=dict.fromkeys(names, 1))
        client.cancel_process_instance(key, data=make("CancelProcessInstanceRequest"))

    found = client.search_process_definition_variable_names(simple.process_definition_key).items
    filtered = client.search_process_definition_variable_names(
        simple.process_definition_key,
        data=make("ProcessDefinitionVariableNameSearchQuery", filter={"name": {"$like": "a*"}}),
    ).items

    assert {"amount", "another", "customer"} <= {item.name for item in found}
    assert len({item.name for item in found}) == len(found)
    assert sorted(item.name for item in filtered) == ["amount", "another"]


def test_jobs_are_updated_by_a_batch(client: CamundaClient, deployed: Any) -> None:
    key = create(client, "simple")
    mine = {"processInstanceKey": key}
    [job] = search(client, "search_jobs", "JobSearchQuery", mine)
    client.update_job(job.job_key, data=make("JobUpdateRequest", changeset={"priority": 7}))
    [job] = search(client, "search_jobs", "JobSearchQuery", mine)
    assert (job.priority, job.retries) == (7, 3)

    request = make("JobBatchUpdateRequest", filter=mine, changeset={"retries": 9, "priority": -1})
    batch = client.update_jobs_batch_operation(data=request)

    assert (batch.batch_operation_type, finished(client, batch).operations_completed_count) == ("UPDATE_JOB", 1)
    [job] = search(client, "search_jobs", "JobSearchQuery", mine)
    assert (job.priority, job.retries) == (-1, 9)
    client.cancel_process_instance(key, data=make("CancelProcessInstanceRequest"))


def test_batch_operations_are_suspended_resumed_and_canceled(client: CamundaClient, deployed: Any) -> None:
    keys = [create(client, "simple") for _ in range(600)]
    request = make("ProcessInstanceCancellationBatchOperationRequest", filter={"processInstanceKey": {"$in": keys}})
    batch = client.cancel_process_instances_batch_operation(data=request)

    client.suspend_batch_operation(batch.batch_operation_key)

    shown = client.get_batch_operation(batch.batch_operation_key)
    assert (shown.state, shown.operations_total_count) == ("SUSPENDED", 600)
    client.resume_batch_operation(batch.batch_operation_key)
    client.cancel_batch_operation(batch.batch_operation_key)
    assert client.get_batch_operation(batch.batch_operation_key).state == "CANCELED"
    with pytest.raises(NotFoundError):
        client.cancel_batch_operation("12345")
    rest = client.cancel_process_instances_batch_operation(data=request)
    finished(client, rest)
    active = search(
        client,
        "search_process_instances",
        "ProcessInstanceSearchQuery",
        {"processInstanceKey": {"$in": keys}, "state": "ACTIVE"},
    )
    assert active == []


def test_documents_and_expressions(client: CamundaClient, deployed: Any) -> None:
    from io import BytesIO

    from camunda_orchestration_sdk.types import File

    def file(name: str) -> File:
        return File(payload=BytesIO(b"content"), file_name=name, mime_type="text/plain")

    reference = client.create_document(data=models.CreateDocumentData(file=file("a.txt")))
    batch = client.create_documents(data=models.CreateDocumentsData(files=[file("b.txt")]))
    assert batch.created_documents[0].metadata.file_name == "b.txt"
    assert client.get_document(reference.document_id, content_hash=reference.content_hash).payload.read() == b"content"
    assert "signature=" in client.create_document_link(reference.document_id, data=make("DocumentLinkRequest")).url
    client.delete_document(reference.document_id)
    with pytest.raises(NotFoundError):
        client.get_document(reference.document_id)
    key = create(client, "simple", variables={"b": 2})
    value = client.evaluate_expression(  # without a scope this version of the SDK fails by itself
        data=make("ExpressionEvaluationRequest", expression="=a * b", variables={"a": 4}, scopeKey=key)
    )
    client.cancel_process_instance(key, data=make("CancelProcessInstanceRequest"))
    assert value.result == 8


def test_cluster_variables(client: CamundaClient, deployed: Any) -> None:
    metadata = {"owner": "team", "version": 2}
    made = client.create_global_cluster_variable(
        data=make("CreateClusterVariableRequest", name="limits", value={"most": 5}, metadata=metadata, kind="JSON")
    )
    client.create_tenant_cluster_variable(
        "<default>", data=make("CreateClusterVariableRequest", name="limits", value={"most": 7})
    )
    assert (made.value, made.scope.value, made.tenant_id) == ('{"most":5}', "GLOBAL", None)
    assert made.metadata.to_dict() == metadata
    changed = client.update_global_cluster_variable(
        "limits", data=make("UpdateClusterVariableRequest", value={"most": 6})
    )
    assert (changed.value, changed.metadata.to_dict()) == ('{"most":6}', metadata)
    client.update_tenant_cluster_variable(
        "<default>", "limits", data=make("UpdateClusterVariableRequest", value={"most": 8})
    )
    assert client.get_global_cluster_variable("limits").value == '{"most":6}'
    assert client.get_tenant_cluster_variable("<default>", "limits").scope.value == "TENANT"
    filters = {
        "name": {"$like": "lim*"},
        "scope": "GLOBAL",
        "metadata": {"version": {"$gte": 2}, "owner": {"$eq": "team"}},
    }
    found = client.search_cluster_variables(
        data=make("ClusterVariableSearchQueryRequest", filter=filters, sort=[{"field": "name"}]), truncate_values=False
    )
    assert [item.value for item in found.items] == ['{"most":6}']
    key = create(client, "simple")
    value = client.evaluate_expression(
        data=make("ExpressionEvaluationRequest", expression="=camunda.vars.env.limits.most", scopeKey=key)
    )
    client.cancel_process_instance(key, data=make("CancelProcessInstanceRequest"))
    assert value.result == 8
    client.delete_tenant_cluster_variable("<default>", "limits")
    client.delete_global_cluster_variable("limits")
    with pytest.raises(NotFoundError):
        client.get_global_cluster_variable("limits")


def test_global_task_listeners(client: CamundaClient) -> None:
    made = client.create_global_task_listener(
        data=make("CreateGlobalTaskListenerRequest", id="audit", type="note", eventTypes=["all"])
    )
    assert (made.retries, made.after_non_global, made.priority, made.source.value) == (3, False, 50, "API")
    changed = client.update_global_task_listener(
        "audit",
        data=make(
            "UpdateGlobalTaskListenerRequest", type="note", eventTypes=["completing", "canceling"], afterNonGlobal=True
        ),
    )
    assert client.get_global_task_listener("audit").to_dict() == changed.to_dict()
    filters = {"eventTypes": ["canceling"], "priority": {"$gte": 50}, "type": "note"}
    found = client.search_global_task_listeners(
        data=make("GlobalTaskListenerSearchQueryRequest", filter=filters, sort=[{"field": "priority"}])
    )
    assert [item.id for item in found.items] == ["audit"]
    client.delete_global_task_listener("audit")
    with pytest.raises(NotFoundError):
        client.get_global_task_listener("audit")


def test_a_business_id_is_assigned_late(client: CamundaClient, deployed: Any) -> None:
    key = create(client, "simple")
    assignment = make("ProcessInstanceBusinessIdAssignmentInstruction", businessId="order-9")
    client.assign_process_instance_business_id(key, data=assignment)
    assert client.get_process_instance(key).business_id == "order-9"
    with pytest.raises(ConflictError):
        client.assign_process_instance_business_id(
            key, data=make("ProcessInstanceBusinessIdAssignmentInstruction", businessId="order-10")
        )
    client.cancel_process_instance(key, data=make("CancelProcessInstanceRequest"))


def test_files_of_other_kinds(client: CamundaClient) -> None:
    from io import BytesIO

    from camunda_orchestration_sdk.types import File

    script = File(payload=BytesIO(b'{"id": "pick", "versionTag": "v1"}'), file_name="pick.rpa")
    answer = client.create_deployment(data=models.CreateDeploymentData(resources=[script]))
    deployed = answer.deployments[0].resource
    assert deployed.resource_id == "pick"
    key = deployed.resource_key
    assert client.get_resource(key).version_tag == "v1"
    assert client.get_resource_content(key).to_dict()["id"] == "pick"
    assert client.get_resource_content_binary(key).payload.read().startswith(b"{")
    found = search(client, "search_resources", "ResourceSearchQuery", {"resourceId": "pick"})
    assert [item.resource_key for item in found] == [key]
    client.delete_resource(key, data=None)
    with pytest.raises(NotFoundError):
        client.get_resource(key)


def test_agents(client: CamundaClient, tmp_path: Path) -> None:
    b = BpmnFile("research").start("s")
    b.service_task("think", job_type="think", extensions='<zeebe:agentDefinition agentType="external"/>')
    (tmp_path / "research.bpmn").write_bytes(b.end("e").chain("s", "think", "e").xml())
    client.deploy_resources_from_files([str(tmp_path / "research.bpmn")])
    [definition] = search(
        client, "search_agent_definitions", "AgentDefinitionSearchQuery", {"processDefinitionId": "research"}
    )
    assert client.get_agent_definition(definition.agent_definition_key).agent_type == "EXTERNAL_AGENT"
    create(client, "research")
    request = make("JobActivationRequest", type="think", timeout=60_000, maxJobsToActivate=1, withLease=True)
    [job] = client.activate_jobs(data=request).jobs
    where = {
        "elementInstanceKey": job.element_instance_key,
        "jobKey": job.job_key,
        "jobLeaseToken": job.job_lease_token,
    }
    said = {"loopIteration": 1, "producedAt": "2026-11-25T10:00:00Z"}
    text = [{"contentType": "TEXT", "text": "Be nice."}]
    setup = {"historyItemId": "setup", "role": "CONFIGURATION", "content": [], "model": "m", "provider": "p", **said}
    created = client.create_agent_instance(
        data=make("AgentInstanceCreationRequest", **where, history=[{**setup, "systemPrompt": text}])
    )
    key = created.agent_instance_key
    metrics = {"inputTokens": 3}
    answer = {"historyItemId": "a", "role": "ASSISTANT", "content": text, "metrics": metrics, **said}
    update = make(
        "AgentInstanceUpdateRequest", **where, status="THINKING", history=[answer, answer | {"historyItemId": "b"}]
    )
    updated = client.update_agent_instance(key, data=update)
    assert [item.is_duplicate for item in updated.created_history] == [False, False]
    agent = client.get_agent_instance(key)
    assert (agent.status, agent.metrics.input_tokens, agent.definition.model) == ("THINKING", 6, "m")
    [found] = search(client, "search_agent_instances", "AgentInstanceSearchQuery", {"status": "THINKING"})
    assert found == agent
    with pytest.raises(ConflictError):
        client.complete_job(job.job_key, data=make("JobCompletionRequest"))
    client.complete_job(job.job_key, data=make("JobCompletionRequest", jobLeaseToken=job.job_lease_token))
    history = client.search_agent_instance_history(
        key, data=make("AgentInstanceHistorySearchQuery", filter={"role": "ASSISTANT"})
    ).items
    assert [(item.history_item_id, item.commit_status) for item in history] == [("a", "COMMITTED"), ("b", "COMMITTED")]
    assert client.get_agent_instance(key).status == "COMPLETED"


def test_users(client: CamundaClient) -> None:
    first = client.create_admin_user(data=make("UserRequest", username="root", password="secret"))
    assert first.username == "root"
    client.create_user(data=make("UserRequest", username="ann", password="secret", name="Ann"))
    assert client.get_user("ann").name == "Ann"
    assert client.update_user("ann", data=make("UserUpdateRequest", email="ann@test.test")).email == "ann@test.test"
    assert [user.username for user in client.search_users().items] == ["root", "ann"]
    client.delete_user("ann")
    with pytest.raises(NotFoundError):
        client.get_user("ann")


KINDS = {
    "group": ("Group", {"groupId": "team", "name": "Team"}),
    "role": ("Role", {"roleId": "boss", "name": "Boss"}),
    "tenant": ("Tenant", {"tenantId": "acme", "name": "Acme"}),
    "mapping_rule": (
        "MappingRule",
        {"mappingRuleId": "staff", "claimName": "department", "claimValue": "staff", "name": "Staff"},
    ),
}
MEMBERS = {"user": "root", "client": "robot", "group": "team", "role": "boss", "mapping_rule": "staff"}


@pytest.fixture
def identities(client: CamundaClient) -> Iterator[None]:
    for kind, (model, fields) in KINDS.items():
        getattr(client, f"create_{kind}")(data=make(f"{model}CreateRequest", **fields))
    yield
    for kind, (_, fields) in KINDS.items():
        id_ = next(iter(fields.values()))
        getattr(client, f"delete_{kind}")(id_)
        with pytest.raises(NotFoundError):
            getattr(client, f"get_{kind}")(id_)


def test_groups_roles_tenants_and_mapping_rules(client: CamundaClient, identities: None) -> None:
    for kind, (model, fields) in KINDS.items():
        id_ = next(iter(fields.values()))
        changed = {**dict(list(fields.items())[1:]), "name": "Another name"}
        updated = getattr(client, f"update_{kind}")(id_, data=make(f"{model}UpdateRequest", **changed))
        assert updated.name == getattr(client, f"get_{kind}")(id_).name == "Another name"
        method = "search_mapping_rule" if kind == "mapping_rule" else f"search_{kind}s"
        [found] = search(client, method, f"{model}SearchQueryRequest", {"name": "Another name"})
        assert found.name == "Another name"


@pytest.mark.parametrize(
    ("kind", "holder", "members"),
    [
        ("group", "team", ("user", "client", "mapping_rule")),
        ("role", "boss", ("user", "client", "group", "mapping_rule")),
        ("tenant", "acme", ("user", "client", "group", "role", "mapping_rule")),
    ],
)
def test_members(client: CamundaClient, identities: None, kind: str, holder: str, members: tuple[str, ...]) -> None:
    for member in members:
        id_ = MEMBERS[member]
        if kind == "role":
            assign, unassign, first, second = f"assign_role_to_{member}", f"unassign_role_from_{member}", holder, id_
        else:
            assign, unassign, first, second = (
                f"assign_{member}_to_{kind}",
                f"unassign_{member}_from_{kind}",
                holder,
                id_,
            )
        what = "group_ids" if (kind, member) == ("tenant", "group") else f"{member}s"
        getattr(client, assign)(first, second)
        [found] = getattr(client, f"search_{what}_for_{kind}")(holder).items
        assert id_ in found.to_dict().values()
        getattr(client, unassign)(first, second)
        assert getattr(client, f"search_{what}_for_{kind}")(holder).items == []


def test_roles_of_a_group(client: CamundaClient, identities: None) -> None:
    client.assign_role_to_group("boss", "team")
    assert [role.role_id for role in client.search_roles_for_group("team").items] == ["boss"]


def test_authorizations(client: CamundaClient) -> None:
    request = {
        "ownerId": "root",
        "ownerType": "USER",
        "resourceId": "order",
        "resourceType": "PROCESS_DEFINITION",
        "permissionTypes": ["READ_PROCESS_INSTANCE"],
    }
    key = client.create_authorization(data=make("AuthorizationIdBasedRequest", **request)).authorization_key
    [found] = search(client, "search_authorizations", "AuthorizationSearchQuery", {"ownerId": "root"})
    assert (found.authorization_key, found.permission_types) == (key, ["READ_PROCESS_INSTANCE"])
    changed = {**request, "permissionTypes": ["CREATE_PROCESS_INSTANCE", "READ_PROCESS_INSTANCE"]}
    client.update_authorization(key, data=make("AuthorizationIdBasedRequest", **changed))
    assert len(client.get_authorization(key).permission_types) == 2
    assert client.search_own_authorizations().items == []
    client.delete_authorization(key)
    with pytest.raises(NotFoundError):
        client.get_authorization(key)


def test_exporting(client: CamundaClient) -> None:
    client.pause_exporting()
    assert client.get_exporting_status().status == "PAUSED"
    client.resume_exporting()
    assert client.get_exporting_status().status == "EXPORTING"


def test_errors_reach_the_caller_as_problems(client: CamundaClient, deployed: Any) -> None:
    with pytest.raises(NotFoundError) as missing:
        client.complete_job(str((1 << 51) + (1 << 50)))
    assert missing.value.parsed.title == "NOT_FOUND"
    with pytest.raises(BadRequestError) as wrong:
        search(client, "search_jobs", "JobSearchQuery", {"jobKey": "x"})
    assert "is not a valid key" in wrong.value.parsed.detail
    with pytest.raises(UnexpectedStatus) as unknown:
        create(client, "nothing")
    assert unknown.value.status_code == 404


async def test_the_job_worker_of_the_sdk(server, client: CamundaClient, deployed: Any) -> None:
    configuration = {"CAMUNDA_REST_ADDRESS": server[0], "CAMUNDA_AUTH_STRATEGY": "NONE"}
    keys = [await asyncio.to_thread(create, client, "simple", variables={"n": n}) for n in range(3)]
    from camunda_orchestration_sdk import WorkerConfig

    async with CamundaAsyncClient(configuration=configuration) as workers:

        async def double(job: Any) -> dict[str, Any]:
            return {"m": job.variables.to_dict()["n"] * 2}

        workers.create_job_worker(
            config=WorkerConfig(job_type="simple", job_timeout_milliseconds=30_000, request_timeout_milliseconds=1000),
            callback=double,
            execution_strategy="async",
        )
        running = asyncio.create_task(workers.run_workers())
        async with asyncio.timeout(20):
            while True:
                found = await asyncio.to_thread(
                    search, client, "search_process_instances", "ProcessInstanceSearchQuery",
                    {"processInstanceKey": {"$in": keys}, "state": "COMPLETED"},
                )  # fmt: skip
                if len(found) == len(keys):
                    break
                await asyncio.sleep(0.05)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    values = search(client, "search_variables", "VariableSearchQuery", {"processInstanceKey": keys[2], "name": "m"})
    assert [v.value for v in values] == ["4"]


def test_deletion_and_the_clock_come_last(client: CamundaClient, deployed: Any) -> None:
    [waits] = [p for p in deployed.processes if p.process_definition_id == "waits"]

    answer = client.delete_resource(waits.process_definition_key, data=make("DeleteResourceRequest"))

    assert answer.resource_key == waits.process_definition_key
    assert client.get_process_definition(waits.process_definition_key).state == "DELETED"
    client.pin_clock(data=make("ClockPinRequest", timestamp=2_000_000_000_000))
    key = create(client, "simple")
    assert client.get_process_instance(key).start_date.year == 2033
    client.reset_clock()


def until_finished(client: CamundaClient, backup_id: int) -> None:
    while client.get_runtime_backup(backup_id).state == "IN_PROGRESS":
        pass
    while client.get_history_backup(backup_id).state == "IN_PROGRESS":
        pass


def test_backups(client: CamundaClient) -> None:
    assert client.take_runtime_backup(data=make("TakeRuntimeBackupRequest", backupId=7)).backup_id == 7
    history = client.take_history_backup(data=make("TakeHistoryBackupRequest", backupId=7))
    assert history.scheduled_snapshots == ["kiang_history_7_part_1_of_1"]
    with pytest.raises(ConflictError):
        client.take_runtime_backup(data=make("TakeRuntimeBackupRequest", backupId=6))
    until_finished(client, 7)

    found = client.get_runtime_backup(7)
    assert (found.state, found.details[0].partition_id) == ("COMPLETED", 1)
    assert client.get_history_backup(7).details[0].state == "SUCCESS"
    assert [one.backup_id for one in client.list_runtime_backups(prefix="7*")] == [7]
    assert [one.backup_id for one in client.list_history_backups(verbose=False)] == [7]
    state = client.get_runtime_backup_state()
    assert state.backup_states[0].checkpoint_id == state.ranges[0].start.checkpoint_id == 7
    client.delete_runtime_backup_state()
    assert client.get_runtime_backup_state().ranges == []
    assert client.sync_runtime_backup_state() == state
    client.delete_runtime_backup(7)
    client.delete_history_backup(7)
    with pytest.raises(NotFoundError):
        client.get_runtime_backup(7)


def test_backups_of_a_cluster(client: CamundaClient) -> None:
    taken = client.take_runtime_backup_as_cluster_admin(data=make("TakeRuntimeBackupRequest", backupId=8))
    assert taken.physical_tenants[0].outcome == "TRIGGERED"
    client.take_history_backup_as_cluster_admin(data=make("TakeHistoryBackupRequest", backupId=8))
    until_finished(client, 8)

    found = client.get_runtime_backup_as_cluster_admin(8, physical_tenant_id="default")
    assert (found.state, found.physical_tenants[0].physical_tenant_id) == ("COMPLETED", "default")
    assert client.get_history_backup_as_cluster_admin(8).physical_tenants[0].state == "COMPLETED"
    assert len(client.list_runtime_backups_as_cluster_admin()) == 1
    assert len(client.list_history_backups_as_cluster_admin()) == 1
    state = client.get_runtime_backup_state_as_cluster_admin()
    client.delete_runtime_backup_state_as_cluster_admin()
    assert client.sync_runtime_backup_state_as_cluster_admin() == state
    client.delete_runtime_backup_as_cluster_admin(8)
    client.delete_history_backup_as_cluster_admin(8)


def test_the_cluster_as_its_administrators_see_it(client: CamundaClient) -> None:
    topology = client.get_cluster_topology()
    assert topology.physical_tenants[0].brokers[0].partitions[0].state == "active"
    assert client.get_cluster_status().status == "HEALTHY"
    assert client.get_cluster_upgrade_status().status == "MIGRATED"
    assert client.get_cluster_rebalance().partitions[0].state == "BALANCED"
    assert client.trigger_cluster_rebalance(data=make("ClusterRebalanceRequest")).state == "BALANCED"
    assert client.cancel_cluster_rebalance().was_running is False
    client.pause_cluster_exporting(soft=True)
    assert client.get_cluster_exporting_status().status == "PAUSED"
    client.resume_cluster_exporting()
    assert client.get_exporting_status().status == "EXPORTING"


def test_secrets(client: CamundaClient) -> None:
    assert client.list_secrets().references == ["camunda.secrets.TOKEN"]
    asked = ["camunda.secrets.TOKEN", "camunda.secrets.OTHER", "TOKEN"]
    found = client.resolve_secrets(data=make("SecretResolveRequest", references=asked))
    assert [(one.reference, one.value) for one in found.resolved] == [(asked[0], "a-secret")]
    assert [(one.reference, one.code) for one in found.errors] == [
        (asked[1], "NOT_FOUND"),
        (asked[2], "INVALID_REFERENCE"),
    ]


def test_recovery_mode_and_restores_come_very_last(client: CamundaClient) -> None:
    client.take_runtime_backup(data=make("TakeRuntimeBackupRequest", backupId=9))
    while client.get_runtime_backup(9).state == "IN_PROGRESS":
        pass
    change = client.change_cluster_mode(mode=models.Mode("RECOVERING"))
    assert change.planned_changes[0].operations[0].mode == "RECOVERING"
    assert client.change_cluster_mode_as_cluster_admin(mode=models.Mode("RECOVERING")).planned_changes == []
    with pytest.raises(ServiceUnavailableError):
        client.broadcast_signal(data=make("SignalBroadcastRequest", signalName="s"))
    planned = client.restore_as_cluster_admin(data=make("ClusterRestoreRequest", backupIds=[9]), dry_run=True)

    begun = client.restore(data=make("RestoreRequest", backupIds=[9]))

    assert begun == planned
    assert client.get_restore_status().status == "IN_PROGRESS"


NOT_IN_THE_SDK = {"getOpenApi", "getOpenApiPage", "createAgentInstanceHistoryItem"}


def test_every_operation_was_called(server) -> None:
    missing = {o.id for o in OPERATIONS if (o.method, o.path) not in server[1].called}

    assert missing <= NOT_IN_THE_SDK
