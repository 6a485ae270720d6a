"""Each rpc, asked by the reference client."""

from __future__ import annotations

import asyncio
import json
import time

import grpc
import grpc.aio
import pytest
from tests.bpmn_builder import BpmnFile
from tests.unit.gateway_grpc.conftest import SERVICE, process

from kiang.gateway.grpc.rpcs import RPCS
from kiang.wire import gateway_pb2 as pb

FIRST_KEY = 2251799813685249
UNKNOWN_KEY = (1 << 51) + (1 << 50)


async def deploy(stub, *task_types, process_id="order"):
    resource = pb.Resource(name=f"{process_id}.bpmn", content=process(process_id, *task_types))
    return await stub.DeployResource(resources=[resource])


async def create(stub, **fields):
    return await stub.CreateProcessInstance(**{"bpmnProcessId": "order", "version": -1, **fields})


async def activate(stub, job_type="pay", **fields):
    request = {"type": job_type, "worker": "w", "timeout": 60_000, "maxJobsToActivate": 10, **fields}
    return [job async for response in stub.ActivateJobs(**request) for job in response.jobs]


async def refusal(call):
    """Status and text of a call that must be refused."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code().name, caught.value.details()


async def refusal_of_stream(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for _ in call:
            pass
    return caught.value.code().name, caught.value.details()


async def until(condition):
    """Give the loop its turns until something has happened."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.001)


def test_every_rpc_of_the_service_is_in_the_table():
    assert sorted(rpc.name for rpc in RPCS) == sorted(method.name for method in SERVICE.methods)


async def test_topology_is_one_healthy_partition(stub):
    topology = await stub.Topology()

    (broker,) = topology.brokers
    (partition,) = broker.partitions
    assert (topology.clusterSize, topology.partitionsCount, topology.replicationFactor) == (1, 1, 1)
    assert topology.gatewayVersion == broker.version
    assert (partition.partitionId, partition.role, partition.health) == (1, pb.Partition.LEADER, pb.Partition.HEALTHY)


async def test_a_deployment_tells_keys_and_versions(stub):
    first = await deploy(stub, "pay")
    again = await deploy(stub, "pay")
    changed = await deploy(stub, "pay", "ship")

    assert first.key == FIRST_KEY
    assert first.tenantId == "<default>"
    metadata = first.deployments[0].process
    assert (metadata.bpmnProcessId, metadata.version, metadata.resourceName) == ("order", 1, "order.bpmn")
    assert again.deployments[0].process == metadata
    assert changed.deployments[0].process.version == 2


async def test_the_deprecated_deployment_works_too(stub):
    response = await stub.DeployProcess(
        processes=[pb.ProcessRequestObject(name="a.bpmn", definition=process("order", "pay"))]
    )

    assert [item.bpmnProcessId for item in response.processes] == ["order"]


async def test_a_deployment_without_resources_is_refused(stub):
    assert await refusal(stub.DeployResource()) == (
        "INVALID_ARGUMENT",
        "Command 'CREATE' rejected with code 'INVALID_ARGUMENT': Expected to deploy at least one resource, but none given",
    )


async def test_an_instance_runs_from_job_to_job(stub):
    await deploy(stub, "pay", "ship")
    created = await create(stub, variables='{"amount": 30}')
    (job,) = await activate(stub)
    await stub.CompleteJob(jobKey=job.key, variables='{"paid": true}')
    (next_job,) = await activate(stub, "ship")

    assert (created.bpmnProcessId, created.version, created.tenantId) == ("order", 1, "<default>")
    assert job.processInstanceKey == created.processInstanceKey
    assert job.processDefinitionKey == created.processDefinitionKey
    assert (job.type, job.elementId, job.retries, job.worker, job.tenantId) == ("pay", "task0", 3, "w", "<default>")
    assert json.loads(job.customHeaders) == {"h": "1"}
    assert json.loads(job.variables) == {"amount": 30}
    assert job.kind == pb.ActivatedJob.BPMN_ELEMENT
    assert job.listenerEventType == pb.ActivatedJob.UNSPECIFIED
    assert abs(job.deadline - (time.time() * 1000 + 60_000)) < 10_000
    assert json.loads(next_job.variables) == {"amount": 30, "paid": True}


async def test_an_unset_version_is_no_version(stub):
    await deploy(stub, "pay")

    code, text = await refusal(stub.CreateProcessInstance(bpmnProcessId="order"))

    assert code == "NOT_FOUND"
    assert text.endswith("Expected to find process definition with process ID 'order' and version '0', but none found")


async def test_an_instance_is_created_by_the_key_of_its_definition(stub):
    deployment = await deploy(stub, "pay")
    key = deployment.deployments[0].process.processDefinitionKey

    created = await stub.CreateProcessInstance(processDefinitionKey=key, tags=["a", "b"], businessId="b-1")

    assert created.processDefinitionKey == key
    assert (list(created.tags), created.businessId) == (["a", "b"], "b-1")


async def test_a_result_comes_when_the_instance_has_completed(stub):
    await deploy(stub, "pay")
    request = pb.CreateProcessInstanceRequest(bpmnProcessId="order", version=-1, variables='{"a":1,"b":2}')
    call = asyncio.ensure_future(stub.CreateProcessInstanceWithResult(request=request, fetchVariables=["a", "paid"]))
    (job,) = await activate(stub)
    await stub.CompleteJob(jobKey=job.key, variables='{"paid":true}')
    result = await call

    assert json.loads(result.variables) == {"a": 1, "paid": True}
    assert result.processInstanceKey == job.processInstanceKey


async def test_a_result_that_does_not_come_in_time_is_late(stub):
    await deploy(stub, "pay")
    request = pb.CreateProcessInstanceRequest(bpmnProcessId="order", version=-1)

    code, _ = await refusal(stub.CreateProcessInstanceWithResult(request=request, requestTimeout=100))
    jobs = await activate(stub)

    assert code == "DEADLINE_EXCEEDED"
    assert len(jobs) == 1


async def test_a_failed_job_comes_again_and_without_retries_raises_an_incident(stub):
    await deploy(stub, "pay")
    await create(stub)
    (job,) = await activate(stub)
    await stub.FailJob(jobKey=job.key, retries=1, errorMessage="no", variables='{"tried":1}')
    (again,) = await activate(stub)
    await stub.FailJob(jobKey=job.key, retries=0)
    none = await activate(stub, requestTimeout=-1)
    await stub.UpdateJobRetries(jobKey=job.key, retries=2)

    assert again.key == job.key
    assert again.retries == 1
    assert json.loads(again.variables) == {"tried": 1}
    assert none == []


async def test_a_thrown_error_that_nothing_catches_is_accepted(stub):
    await deploy(stub, "pay")
    await create(stub)
    (job,) = await activate(stub)

    await stub.ThrowError(jobKey=job.key, errorCode="E", errorMessage="x", variables='{"a":1}')

    assert (await refusal(stub.CompleteJob(jobKey=job.key)))[0] == "FAILED_PRECONDITION"


async def test_the_timeout_of_a_job_can_be_changed(stub):
    await deploy(stub, "pay")
    await create(stub)
    (job,) = await activate(stub)
    await stub.UpdateJobTimeout(jobKey=job.key, timeout=1)
    (again,) = await activate(stub, requestTimeout=5_000)

    assert again.key == job.key


async def test_variables_are_set(stub):
    await deploy(stub, "pay")
    created = await create(stub)
    response = await stub.SetVariables(elementInstanceKey=created.processInstanceKey, variables='{"x":[1,2]}')
    (job,) = await activate(stub)

    assert response.key > FIRST_KEY
    assert json.loads(job.variables) == {"x": [1, 2]}


async def test_a_cancelled_instance_takes_its_jobs_along(stub):
    await deploy(stub, "pay")
    created = await create(stub)
    await stub.CancelProcessInstance(processInstanceKey=created.processInstanceKey)

    assert await activate(stub, requestTimeout=-1) == []


UNKNOWN_KEYS = {
    "CompleteJob": ({"jobKey": UNKNOWN_KEY}, "COMPLETE", "complete job with key '{key}', but no such job was found"),
    "FailJob": ({"jobKey": UNKNOWN_KEY}, "FAIL", "fail job with key '{key}', but no such job was found"),
    "ThrowError": ({"jobKey": UNKNOWN_KEY}, "THROW_ERROR", "throw an error for job with key '{key}', but no such job was found"),
    "UpdateJobRetries": ({"jobKey": UNKNOWN_KEY, "retries": 1}, "UPDATE_RETRIES", "update job with key '{key}', but no such job was found"),
    "UpdateJobTimeout": ({"jobKey": UNKNOWN_KEY}, "UPDATE_TIMEOUT", "update job with key '{key}', but no such job was found"),
    "ResolveIncident": ({"incidentKey": UNKNOWN_KEY}, "RESOLVE", "resolve incident with key '{key}', but no such incident was found"),
    "CancelProcessInstance": (
        {"processInstanceKey": UNKNOWN_KEY}, "CANCEL", "cancel a process instance with key '{key}', but no such process was found",
    ),
    "SetVariables": (
        {"elementInstanceKey": UNKNOWN_KEY}, "UPDATE", "update variables for element with key '{key}', but no such element was found",
    ),
}  # fmt: skip


@pytest.mark.parametrize("rpc", UNKNOWN_KEYS)
async def test_an_unknown_key_is_not_found(stub, rpc):
    fields, intent, text = UNKNOWN_KEYS[rpc]

    expected = f"Command '{intent}' rejected with code 'NOT_FOUND': Expected to {text.format(key=UNKNOWN_KEY)}"
    assert await refusal(getattr(stub, rpc)(**fields)) == ("NOT_FOUND", expected)


@pytest.mark.parametrize("rpc", UNKNOWN_KEYS)
@pytest.mark.parametrize(("key", "partition"), [(1, 0), (0, 0), (-5, -1), (5 << 51, 5)])
async def test_a_key_of_a_partition_that_does_not_exist_is_unavailable(stub, rpc, key, partition):
    field = next(iter(UNKNOWN_KEYS[rpc][0]))

    assert await refusal(getattr(stub, rpc)(**{field: key})) == (
        "UNAVAILABLE",
        f"Expected to execute command on partition {partition}, but either it does not exist, or the gateway is not yet aware of it",
    )


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ("[1]", "Property 'variables' is invalid: Expected document to be a root level object, but was 'ARRAY'"),
        ("7", "Property 'variables' is invalid: Expected document to be a root level object, but was 'INTEGER'"),
        ('{"a":18446744073709551616}', "MessagePack cannot serialize BigInteger larger than 2^64-1"),
    ],
)
@pytest.mark.parametrize(
    "rpc", ["CompleteJob", "FailJob", "ThrowError", "SetVariables", "CreateProcessInstance", "PublishMessage"]
)
async def test_variables_that_are_no_object_are_refused_before_any_engine_sees_them(stub, rpc, variables, text):
    assert await refusal(getattr(stub, rpc)(variables=variables)) == ("INVALID_ARGUMENT", text)


async def test_variables_that_are_no_json_are_refused(stub):
    code, text = await refusal(stub.CompleteJob(jobKey=UNKNOWN_KEY, variables="{a"))

    assert code == "INVALID_ARGUMENT"
    assert text.startswith("Invalid JSON value: {a")


TENANT_RPCS = ["CreateProcessInstance", "DeployResource", "PublishMessage", "BroadcastSignal", "EvaluateDecision"]


@pytest.mark.parametrize("rpc", TENANT_RPCS)
async def test_another_tenant_is_refused(stub, rpc):
    assert await refusal(getattr(stub, rpc)(tenantId="acme")) == (
        "INVALID_ARGUMENT",
        f"Expected to handle gRPC request {rpc} with tenant identifier 'acme', but multi-tenancy is disabled",
    )


@pytest.mark.parametrize("rpc", ["ActivateJobs", "StreamActivatedJobs"])
async def test_another_tenant_gets_no_jobs(stub, rpc):
    call = getattr(stub, rpc)(type="t", timeout=1, tenantIds=["<default>", "acme"])

    assert await refusal_of_stream(call) == (
        "INVALID_ARGUMENT",
        f"Expected to handle gRPC request {rpc} with tenant identifier 'acme', but multi-tenancy is disabled",
    )


async def test_the_default_tenant_may_be_named(stub):
    await deploy(stub, "pay")
    await create(stub, tenantId="<default>")

    assert len(await activate(stub, tenantIds=["<default>"])) == 1


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"maxJobsToActivate": 0}, "max jobs to activate to be greater than zero, but it was '0'"),
        ({"timeout": 0}, "timeout to be greater than zero, but it was '0'"),
        ({"job_type": " "}, "type to be present, but it was blank"),
        (
            {"maxJobsToActivate": -1, "timeout": -1, "job_type": ""},
            "max jobs to activate to be greater than zero, but it was '-1'",
        ),
    ],
)
async def test_a_request_for_jobs_that_cannot_be_right_is_refused(stub, fields, text):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await activate(stub, **fields)

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert (
        caught.value.details()
        == f"Command 'ACTIVATE' rejected with code 'INVALID_ARGUMENT': Expected to activate job batch with {text}"
    )


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"timeout": 1}, "Expected to stream activated jobs with type to be present, but it was blank"),
        ({"type": "t"}, "Expected to stream activated jobs with timeout to be greater than zero, but it was 0"),
    ],
)
async def test_a_stream_that_cannot_be_right_is_refused(stub, fields, text):
    assert await refusal_of_stream(stub.StreamActivatedJobs(**fields)) == ("INVALID_ARGUMENT", text)


async def test_a_long_poll_without_jobs_waits_and_ends_empty(stub):
    begun = time.monotonic()
    jobs = await activate(stub, requestTimeout=200)

    assert jobs == []
    assert time.monotonic() - begun > 0.15


async def test_a_long_poll_is_answered_as_soon_as_there_is_a_job(stub):
    await deploy(stub, "pay")
    waiting = asyncio.create_task(activate(stub))
    await asyncio.sleep(0)
    created = await create(stub)
    (job,) = await asyncio.wait_for(waiting, 5)

    assert job.processInstanceKey == created.processInstanceKey


async def test_a_long_poll_whose_client_went_away_takes_no_job(stub, broker):
    await deploy(stub, "pay")
    call = stub.ActivateJobs(type="pay", worker="gone", timeout=60_000, maxJobsToActivate=1)
    await until(lambda: broker._polls.count == 1)
    call.cancel()
    await until(lambda: broker._polls.count == 0)
    await create(stub)
    (job,) = await activate(stub)

    assert job.worker == "w"


async def test_a_stream_gets_jobs_as_they_come_and_those_that_wait(stub):
    await deploy(stub, "pay")
    await create(stub)
    stream = stub.StreamActivatedJobs(type="pay", worker="s", timeout=60_000, fetchVariable=["a"])
    first = await stream.read()
    await create(stub, variables='{"a":1,"b":2}')
    second = await stream.read()
    await stub.FailJob(jobKey=second.key, retries=5)
    again = await stream.read()
    stream.cancel()

    assert first.worker == "s"
    assert json.loads(second.variables) == {"a": 1}
    assert (again.key, again.retries) == (second.key, 5)


async def test_messages_and_signals_have_keys(stub):
    message = await stub.PublishMessage(name="m", correlationKey="k", timeToLive=1000, messageId="id")
    signal = await stub.BroadcastSignal(signalName="s", variables='{"a":1}')

    assert (message.tenantId, signal.tenantId) == ("<default>", "<default>")
    assert FIRST_KEY <= message.key < signal.key
    code, text = await refusal(stub.PublishMessage(name="m", correlationKey="k", timeToLive=1000, messageId="id"))
    assert code == "ALREADY_EXISTS"
    assert text.endswith(
        "Expected to publish a new message with id 'id', but a message with that id was already published"
    )


async def test_conditions_start_instances(stub):
    b = BpmnFile("guarded")
    b.start("s", b.conditional_event("=amount > 100")).service_task("t", job_type="pay").end("e").chain("s", "t", "e")
    content = b.xml()
    deployed = await stub.DeployResource(resources=[pb.Resource(name="guarded.bpmn", content=content)])
    key = deployed.deployments[0].process.processDefinitionKey

    none = await stub.EvaluateConditional(variables='{"amount": 1}')
    one = await stub.EvaluateConditional(variables='{"amount": 101}', processDefinitionKey=key)
    unknown = await refusal(stub.EvaluateConditional(variables="{}", processDefinitionKey=4711))
    other = await refusal(stub.EvaluateConditional(variables="{}", tenantId="other"))

    assert list(none.processInstances) == []
    assert none.conditionalEvaluationKey > 0
    assert [instance.processDefinitionKey for instance in one.processInstances] == [key]
    (job,) = await activate(stub)
    assert (job.processInstanceKey, job.variables) == (one.processInstances[0].processInstanceKey, '{"amount":101}')
    assert (unknown[0], other[0]) == ("NOT_FOUND", "INVALID_ARGUMENT")


async def test_an_instance_ends_after_the_element_that_its_instruction_names(stub):
    await deploy(stub, "pay", "ship")

    def after(element_id):
        return [{"terminate": {"afterElementId": element_id}}]

    created = await create(stub, runtimeInstructions=after("task0"))
    (job,) = await activate(stub)
    await stub.CompleteJob(jobKey=job.key)
    unknown = await refusal(create(stub, runtimeInstructions=after("nothing")))
    empty = await refusal(create(stub, runtimeInstructions=[{}]))

    assert await activate(stub, "ship", requestTimeout=-1) == []
    assert (await refusal(stub.CancelProcessInstance(processInstanceKey=created.processInstanceKey)))[0] == "NOT_FOUND"
    assert unknown[0] == empty[0] == "INVALID_ARGUMENT"
    assert "no element found with id 'nothing'" in unknown[1]
    assert "afterElementId" in empty[1]


async def test_an_instance_is_modified_and_migrated(stub):
    await deploy(stub, "pay", "ship")
    created = await create(stub)
    (job,) = await activate(stub)
    await stub.ModifyProcessInstance(
        processInstanceKey=created.processInstanceKey,
        activateInstructions=[
            pb.ModifyProcessInstanceRequest.ActivateInstruction(
                elementId="task1",
                variableInstructions=[pb.ModifyProcessInstanceRequest.VariableInstruction(variables='{"m":1}')],
            )
        ],
        terminateInstructions=[
            pb.ModifyProcessInstanceRequest.TerminateInstruction(elementInstanceKey=job.elementInstanceKey)
        ],
    )
    (moved,) = await activate(stub, "ship")
    target = await deploy(stub, "pay", "ship", "close")
    await stub.MigrateProcessInstance(
        processInstanceKey=created.processInstanceKey,
        migrationPlan=pb.MigrateProcessInstanceRequest.MigrationPlan(
            targetProcessDefinitionKey=target.deployments[0].process.processDefinitionKey,
            mappingInstructions=[
                pb.MigrateProcessInstanceRequest.MappingInstruction(sourceElementId="task1", targetElementId="task1")
            ],
        ),
    )
    await stub.CompleteJob(jobKey=moved.key)
    (last,) = await activate(stub, "close")

    assert json.loads(moved.variables) == {"m": 1}
    assert last.processInstanceKey == created.processInstanceKey


async def test_a_resource_is_deleted(stub):
    deployment = await deploy(stub, "pay")
    await stub.DeleteResource(resourceKey=deployment.deployments[0].process.processDefinitionKey)

    assert (await refusal(create(stub)))[0] == "NOT_FOUND"


async def test_a_broker_that_has_stopped_is_unavailable(stub, broker):
    await broker.stop()

    assert (await refusal(stub.CompleteJob(jobKey=UNKNOWN_KEY)))[0] == "UNAVAILABLE"
